"""How often attempts bring a new path: what earlier problems say about one whose record is known.

Problems differ in difficulty and rungs in skill. A rung's chance at a problem is the logistic function of the
difference, as in the Rasch model of test theory; how difficulties are spread is left open (a nonparametric mixture over
a grid, which takes two humps as readily as one). Both are fitted by expectation-maximisation. Stopping early does not
bias the fit: the likelihood of a record holds however it came about.
"""

import math
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from datagen.sampling.record import RECORDED, Record, Tally

_CHANCES = (0.0, 0.005, 0.01, 0.02, 0.03, *(step / 20 for step in range(1, 20)), 0.97, 0.98, 0.99, 0.995, 1.0)
"""The grid: the chances of the first rung at problems of each difficulty."""
_STEPS = 100
_STRENGTH = 0.5
"""Problems that the distribution believed before any was seen counts for."""
_RUNG_GAIN, _SKILL_SPREAD = 1.0, 1.5
"""How much better a rung is thought to be than the one before it, and how sure that is; in logits."""
_MOST_SKILL = 8.0

Vector = NDArray[np.float64]


class Rates:
    """What is believed of the rungs.

    Attributes:
        chances: of a new path by an attempt; for each rung one for each difficulty.
        weights: shares of the problems at each difficulty; they sum to 1.
    """

    def __init__(self, weights: Vector, skills: Mapping[int, float]) -> None:
        self.weights = weights
        self.chances = {rung: _chances(skill) for rung, skill in skills.items()}
        self._logs = {rung: _logs(chances) for rung, chances in self.chances.items()}

    @classmethod
    def fit(cls, rungs: int, records: Mapping[Record, int]) -> Self:
        """The likeliest rates.

        Args:
            rungs: how many the ladder has.
            records: of problems that are through, and how often each occurs; none leaves what is believed beforehand.
        """
        expected = {rung: _RUNG_GAIN * max(rung, 0) for rung in range(RECORDED, rungs)}
        weights, skills = _believed_beforehand(), dict(expected)
        seen = sorted(records)
        if not seen:
            return cls(weights, skills)
        often = np.array([float(records[record]) for record in seen])
        tallies = {
            rung: np.array([[(tally := _tally(record, rung)).new, tally.asked - tally.new] for record in seen], float)
            for rung in skills
        }
        for _ in range(_STEPS):
            likely = np.sum(
                [tallies[rung] @ np.stack(_logs(_chances(skill))) for rung, skill in skills.items()], axis=0
            )
            held = np.exp(likely - likely.max(axis=1, keepdims=True)) * weights
            held *= (often / held.sum(axis=1))[:, None]
            weights = held.sum(axis=0) + _STRENGTH * _believed_beforehand()
            weights /= weights.sum()
            for rung in skills:
                if rung != 0:  # the grid is in terms of the first
                    skills[rung] = _nearer(skills[rung], expected[rung], held.T @ tallies[rung])
        rounded = np.round(weights, 6)  # machines differ in the last digits, and plans must not
        return cls(rounded / rounded.sum(), {rung: round(skill, 3) for rung, skill in skills.items()})

    def belief(self, record: Record) -> Vector:
        """How probable each difficulty is for a problem with a record; sums to 1."""
        likely = np.zeros_like(self.weights)
        for rung, (right, wrong) in self._logs.items():
            tally = _tally(record, rung)
            likely += tally.new * right + (tally.asked - tally.new) * wrong
        held: Vector = np.exp(likely - likely.max()) * self.weights
        held /= held.sum()
        return held


def _tally(record: Record, rung: int) -> Tally:
    return record.recorded if rung == RECORDED else record.rungs[rung]


def _believed_beforehand() -> Vector:
    """Jeffreys' distribution, Beta(1/2, 1/2), on the grid."""
    grid = np.array(_CHANCES)
    edges = np.concatenate([[0.0], (grid[1:] + grid[:-1]) / 2, [1.0]])
    shares: Vector = np.diff(2 / math.pi * np.arcsin(np.sqrt(edges)))
    return shares


def _chances(skill: float) -> Vector:
    grid = np.array(_CHANCES)
    factor = math.exp(skill)
    return grid * factor / (1 - grid + grid * factor)


def _logs(chances: Vector) -> tuple[Vector, Vector]:
    """Logarithms of the chance and of its opposite; an impossible thing is only very improbable."""
    return np.log(np.maximum(chances, 1e-9)), np.log(np.maximum(1 - chances, 1e-9))


def _nearer(skill: float, expected: float, counted: NDArray[np.float64]) -> float:
    """One step of Newton's method towards the likeliest skill.

    Args:
        skill: so far.
        expected: beforehand.
        counted: difficulties × (new, not new), as attempts are believed to belong to them.
    """
    chances = _chances(skill)
    asked = counted.sum(axis=1)
    slope = float((counted[:, 0] - asked * chances).sum()) - (skill - expected) / _SKILL_SPREAD**2
    curve = float((asked * chances * (1 - chances)).sum()) + 1 / _SKILL_SPREAD**2
    step = min(max(slope / curve, -1.0), 1.0)
    return min(max(skill + step, -_MOST_SKILL), _MOST_SKILL)
