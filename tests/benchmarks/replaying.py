"""Problems replayed through the plan: outcomes drawn by each problem's own rates, asked for as a run asks, or by rule.

Every rule is played on the same draws, so that differences between rules are not differences of luck. Ours is played
block by block through `Blocks` and `next_wave`, as the sampler does it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datagen.sampling.blocks import Blocks, Usage
from datagen.sampling.plan import Outcome, Rules, next_wave, record_of
from datagen.sampling.policy import Bounds

RECORDED_OUTCOMES = Path(__file__).parents[2].parent / "shared" / "data" / "solutions" / "skythought.parquet"
_SEED = 6

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Played:
    """What a rule paid and brought over all draws.

    Attributes:
        paid: of each draw's problems, in money.
        served: of each draw, problems that got all their paths.
        waves: how many problems took so many waves, by number.
    """

    paid: list[float] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    waves: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))

    def plus(self, paid: float, served: int, waves: Numbers) -> Self:
        """With another draw."""
        counted = np.bincount(waves, minlength=len(self.waves))
        counted[: len(self.waves)] += self.waves
        return type(self)([*self.paid, float(paid)], [*self.served, int(served)], counted)

    @property
    def each(self) -> float:
        """Paid for each served problem."""
        return sum(self.paid) / max(sum(self.served), 1)

    @property
    def median_waves(self) -> int:
        return int(np.searchsorted(self.waves.cumsum(), self.waves.sum() / 2))

    @property
    def mean_waves(self) -> float:
        return float(self.waves @ np.arange(len(self.waves)) / self.waves.sum())

    def yield_of(self, other: "Played") -> float:
        """Problems served for each that another rule serves."""
        return sum(self.served) / max(sum(other.served), 1)


class Draw:
    """One draw: problems in an order, and what each attempt at each of them would bring.

    Args:
        rates: problems × rungs.
        most: attempts.
        number: which draw.

    Attributes:
        brings: problems × rungs × attempts; whether one is a path.
        found: problems × rungs × (attempts + 1); paths among so many first attempts.
    """

    def __init__(self, rates: NDArray[np.float64], most: int, number: int) -> None:
        draw = np.random.default_rng((_SEED, number))
        ordered = rates[draw.permutation(len(rates))]
        self.brings = draw.random((*ordered.shape, most)) < ordered[..., None]
        self.found = np.zeros((*ordered.shape, most + 1), np.int64)
        self.found[..., 1:] = self.brings.cumsum(axis=2)


def fixed(draw: Draw, target: int, attempts: int, rung: int = 0) -> tuple[int, int, Numbers]:
    """So many attempts at every problem: attempts paid, problems served, waves of each problem."""
    found = draw.found[:, rung, attempts]
    return attempts * len(found), int((found >= target).sum()), np.ones(len(found), np.int64)


def one_by_one(draw: Draw, target: int, most: int, rung: int = 0) -> tuple[int, int, Numbers]:
    """Another attempt as long as paths are missing."""
    found = draw.found[:, rung, : most + 1]
    paid = np.where(found[:, -1] >= target, (found < target).sum(axis=1), most)
    return int(paid.sum()), int((found[:, -1] >= target).sum()), paid


def constant(draw: Draw, bounds: Bounds, rung: int = 0) -> tuple[int, int, Numbers]:
    """Waves as large as what is missing; given up after so many attempts without a path."""
    found = draw.found[:, rung]
    problems = np.arange(len(found))
    asked, waves = np.zeros(len(found), np.int64), np.zeros(len(found), np.int64)
    while True:
        have = found[problems, asked]
        most = np.where(have, bounds.max_attempts, min(bounds.give_up_after, bounds.max_attempts))
        wave = np.minimum(bounds.target_correct - have, most - asked).clip(min=0)
        if not wave.any():
            return int(asked.sum()), int((have >= bounds.target_correct).sum()), waves
        asked, waves = asked + wave, waves + (wave > 0)


def ours(draw: Draw, bounds: Bounds, ladder: Rules | None = None, costs: Sequence[float] = (1.0,)) -> tuple:
    """As a run asks: money paid, problems served, waves of each problem."""
    rules = ladder or Rules(tuple((str(rung),) for rung in range(len(costs))), bounds)
    return asyncio.run(_played(draw, rules, costs))


async def _played(draw: Draw, rules: Rules, costs: Sequence[float]) -> tuple[float, int, Numbers]:
    blocks = Blocks(len(rules.ladder), rules.bounds, lambda used: costs)
    rungs = {teacher: rung for rung, teachers in enumerate(rules.ladder) for teacher in teachers}
    place_of = {teacher: place for place, teacher in enumerate(rules.teachers)}
    paid, served, waves = 0.0, 0, np.zeros(len(draw.brings), np.int64)
    for place, brings in enumerate(draw.brings):
        policy = await blocks.policy(place)
        outcomes: list[Outcome] = []
        while wave := next_wave(rules, outcomes, policy):
            waves[place] += 1
            for ask in wave:
                is_path = brings[place_of[ask.teacher], ask.attempt]
                outcomes.append(Outcome(ask.teacher, f"{ask.teacher} {ask.attempt}" if is_path else None))
                paid += costs[rungs[ask.teacher]]
        record = record_of(rules, outcomes)
        served += record.paths >= rules.bounds.target_correct
        blocks.finished(place, record, [Usage(tally.asked) for tally in record.rungs])
    return paid, served, waves
