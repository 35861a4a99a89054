"""Problems replayed through the plan: outcomes drawn by each problem's own rates, asked for as a run asks, or by rule.

Every rule is played on the same draws, so that differences between rules are not differences of luck. Ours is played
block by block through `Blocks` and `next_wave`, as the sampler does it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datagen.sampling.blocks import Blocks, Usage
from datagen.sampling.plan import Outcome, Rules, next_wave, record_of
from datagen.sampling.policy import Bounds

RECORDED_OUTCOMES = Path(__file__).parents[2].parent / "shared" / "data" / "solutions" / "skythought.parquet"
_SEED = 6

Numbers = NDArray[np.int64]
Rates = NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """How problems ended, in plan order.

    Attributes:
        paid: for each, in money; an attempt costs 1 where nothing is said of prices.
        served: whether it got all its paths.
        waves: that it took.
    """

    paid: NDArray[np.float64]
    served: NDArray[np.bool_]
    waves: Numbers


class Played:
    """What a rule paid and brought over all draws."""

    def __init__(self) -> None:
        self.paid, self.served = 0.0, 0
        self._waves: Numbers = np.zeros(0, np.int64)

    def add(self, ends: Ends) -> None:
        """Count another draw in."""
        self.paid += float(ends.paid.sum())
        self.served += int(ends.served.sum())
        counted = np.bincount(ends.waves, minlength=len(self._waves))
        counted[: len(self._waves)] += self._waves
        self._waves = counted

    @property
    def each(self) -> float:
        """Paid for each served problem."""
        return self.paid / max(self.served, 1)

    @property
    def median_waves(self) -> int:
        return int(np.searchsorted(self._waves.cumsum(), self._waves.sum() / 2))

    @property
    def mean_waves(self) -> float:
        return float(self._waves @ np.arange(len(self._waves)) / self._waves.sum())

    def yield_of(self, other: "Played") -> float:
        """Problems served for each that another rule serves."""
        return self.served / max(other.served, 1)


class Draw:
    """One draw: problems in an order, and what each attempt at each of them would bring.

    Args:
        rates: problems × teachers.
        most: attempts.
        number: which draw.

    Attributes:
        brings: problems × teachers × attempts; whether one is a path.
        found: problems × teachers × (attempts + 1); paths among so many first attempts.
    """

    def __init__(self, rates: Rates, most: int, number: int) -> None:
        draw = np.random.default_rng((_SEED, number))
        ordered = rates[draw.permutation(len(rates))]
        self.brings = draw.random((*ordered.shape, most)) < ordered[..., None]
        self.found = np.zeros((*ordered.shape, most + 1), np.int64)
        self.found[..., 1:] = self.brings.cumsum(axis=2)


def fixed(draw: Draw, target: int, attempts: int, teacher: int = 0) -> Ends:
    """So many attempts at every problem."""
    found = draw.found[:, teacher, attempts]
    return Ends(np.full(len(found), float(attempts)), found >= target, np.ones(len(found), np.int64))


def one_by_one(draw: Draw, target: int, most: int) -> Ends:
    """Another attempt as long as paths are missing."""
    found = draw.found[:, 0, : most + 1]
    asked = (found[:, :-1] < target).sum(axis=1)
    return Ends(asked.astype(float), found[:, -1] >= target, asked)


def constant(draw: Draw, bounds: Bounds) -> Ends:
    """Waves as large as what is missing; given up after so many attempts without a path."""
    found = draw.found[:, 0]
    problems = np.arange(len(found))
    asked, waves = np.zeros(len(found), np.int64), np.zeros(len(found), np.int64)
    while True:
        have = found[problems, asked]
        most = np.where(have, bounds.max_attempts, min(bounds.give_up_after, bounds.max_attempts))
        wave = np.minimum(bounds.target_correct - have, most - asked).clip(min=0)
        if not wave.any():
            return Ends(asked.astype(float), have >= bounds.target_correct, waves)
        asked, waves = asked + wave, waves + (wave > 0)


def ours(
    draw: Draw, bounds: Bounds, ladder: Sequence[Sequence[int]] = ((0,),), prices: Sequence[float] = (1.0,)
) -> Ends:
    """As a run asks.

    Args:
        draw: of outcomes.
        bounds: of every plan.
        ladder: the teachers of each rung, by their number in the draw.
        prices: of an attempt by each teacher.
    """
    return asyncio.run(_asked(draw, Rules(tuple(tuple(map(str, rung)) for rung in ladder), bounds), prices))


async def _asked(draw: Draw, rules: Rules, prices: Sequence[float]) -> Ends:
    costs = [sum(prices[int(teacher)] for teacher in rung) / len(rung) / max(prices) for rung in rules.ladder]
    blocks = Blocks(len(rules.ladder), rules.bounds, lambda used: costs)
    count = len(draw.brings)
    ends = Ends(np.zeros(count), np.zeros(count, np.bool_), np.zeros(count, np.int64))
    for place, brings in enumerate(draw.brings):
        policy = await blocks.policy(place)
        outcomes: list[Outcome] = []
        while wave := next_wave(rules, outcomes, policy):
            ends.waves[place] += 1
            for ask in wave:
                is_path = brings[int(ask.teacher), ask.attempt]
                outcomes.append(Outcome(ask.teacher, f"{ask.teacher} {ask.attempt}" if is_path else None))
                ends.paid[place] += prices[int(ask.teacher)]
        record = record_of(rules, outcomes)
        ends.served[place] = record.paths >= rules.bounds.target_correct
        blocks.finished(place, record, [Usage(tally.asked) for tally in record.rungs])
    return ends


def recorded_rates() -> Rates:
    """Of each problem of the recorded outcomes, the share of models that solved it."""
    rows = pd.read_parquet(RECORDED_OUTCOMES, columns=["problem", "judged_correct"])
    return rows.groupby("problem").judged_correct.mean().to_numpy(np.float64)
