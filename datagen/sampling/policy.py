"""When the next wave is worth its price: for each record of a problem the rung to ask and how often, or to give up.

Paths are worth a price, those that make an example and those that are enough, and a wave is sent as long as what it is
expected to lead to is worth more than what it is expected to cost. The expectation looks ahead over all ways in
which the rung's attempts can go, wave by wave, with a step to a higher rung at the end of each (dynamic programming
over the belief that the record leaves). The worths are the smallest at which no more than a small share is lost of
the examples, and of the problems with enough paths, that asking up to `max_attempts` would bring. So the rules are few:
what is lost is bounded, and the rest is the cheapest way there.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datagen.sampling.rates import Rates, Vector
from datagen.sampling.record import Record, Tally

POLICY_VERSION = 1
"""Another one may ask other things of the same records."""

_LOST = 0.0035
"""The share of problems that giving up may lose, of those that asking everything would serve."""
_LOST_WITHIN_BOUND = 0.0005
"""The same, of those that asking everything within `give_up_after` would serve, where that serves fewer."""
_WAVE = 0.05
"""What a further wave costs beside its attempts, in attempts: slots idle less when waves are few."""
_MOST_WORTH = 4096.0
"""In attempts."""
_CLOSE = 1.05
_MOST_STARTS = 8
"""Kinds of recorded solutions that the worth is worked out over; the rest is like them."""
_TOO_RARE = 1e-6
_HARDLY = 1e-9
"""A gain of less is none: machines differ in the last digits, and plans must not."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What no plan goes beyond.

    Attributes:
        target_correct: enough distinct correct paths of a problem.
        max_attempts: paid attempts of a problem, over all rungs.
        give_up_after: paid attempts without one correct path.
        fewest_paths: without which a problem makes no example; 0 where only those with `target_correct` count.
    """

    target_correct: int
    max_attempts: int
    give_up_after: int
    fewest_paths: int = 0

    def unserved(self, paths: int) -> tuple[int, int]:
        """How many paths are missing to an example, and to enough."""
        return max(self.fewest_paths - paths, 0), max(self.target_correct - paths, 0)


@dataclass(frozen=True, slots=True)
class Worth:
    """What paths of a problem are worth, in the unit of the costs.

    Attributes:
        example: that there are `fewest_paths`.
        enough: that there are `target_correct`, beside that.
    """

    example: float
    enough: float

    def of(self, bounds: Bounds, paths: int) -> float:
        """What so many paths are worth."""
        to_example, to_enough = bounds.unserved(paths)
        return (0.0 if to_example else self.example) + (0.0 if to_enough else self.enough)


@dataclass(frozen=True, slots=True)
class Step:
    """A wave: so many attempts by a rung."""

    rung: int
    attempts: int


def first_step(bounds: Bounds, record: Record) -> Step | None:
    """The wave that every plan begins with, whatever is known: as many attempts as there are paths missing.

    Args:
        bounds: of every plan.
        record: of recorded solutions alone.
    """
    missing = bounds.target_correct - record.paths
    most = bounds.max_attempts if record.paths else min(bounds.max_attempts, bounds.give_up_after)
    return Step(0, min(missing, most)) if missing > 0 and record.rungs else None


class Policy:
    """Says for a record what comes next.

    Args:
        bounds: of every plan.
        rates: what is believed of the rungs.
        costs: of an attempt by each rung, in any unit; all above 0.
        starts: what problems bring from their sources, and how often; none stands for nothing brought.
    """

    def __init__(
        self, bounds: Bounds, rates: Rates, costs: Sequence[float], starts: Mapping[Record, int] | None = None
    ) -> None:
        self._rates = rates
        self._costs = costs
        self._rungs = [_Rung(bounds, rates.chances[rung], costs[rung]) for rung in range(len(costs))]
        self._steps: dict[Record, Step | None] = {}
        self._looked: dict[tuple[Record, int], _Ahead] = {}
        self._bounds = replace(bounds, give_up_after=bounds.max_attempts)
        self._most_worth = _MOST_WORTH * max(costs)
        self._worth = Worth(self._most_worth, self._most_worth)
        self._calibrate(bounds, starts or {Record(Tally(), (Tally(),) * len(costs)): 1})

    def next(self, record: Record) -> Step | None:
        """The wave that a record makes worthwhile; None when it has enough or is given up."""
        if record not in self._steps:
            self._steps[record] = self._decide(record)
        return self._steps[record]

    def chance(self, record: Record) -> float:
        """That the missing paths would come if every attempt that is left were made by the likeliest rung.

        Missing are those to an example; where there is one, those to enough paths.
        """
        to_example, to_enough = self._bounds.unserved(record.paths)
        missing, left = to_example or to_enough, self._bounds.max_attempts - record.paid
        if missing <= 0 or left <= 0:
            return float(missing <= 0)
        belief = self._rates.belief(record)
        return max(float(rung.served[missing, left] @ belief) for rung in self._rungs[record.reached :])

    def _decide(self, record: Record) -> Step | None:
        missing = self._bounds.target_correct - record.paths
        left = self._bounds.max_attempts - record.paid
        if missing <= 0 or left <= 0 or (not record.paths and record.paid >= self._bounds.give_up_after):
            return None
        if not record.paid:
            return first_step(self._bounds, record)
        best, most = None, 0.0
        for number in range(record.reached, len(self._rungs)):
            tally = record.rungs[number]
            ahead = self._ahead(record.before(number), number)
            gain = float(ahead.gains[tally.new, tally.asked])
            if gain > most + _HARDLY * self._most_worth:
                best, most = Step(number, int(ahead.sizes[tally.new, tally.asked])), gain
        return best

    def _ahead(self, start: Record, number: int) -> "_Ahead":
        """What asking a rung is worth at every record that it can lead to from one at which it was not asked yet."""
        if (start, number) not in self._looked:
            belief, later = self._rates.belief(start), self._rungs[number + 1 :]
            self._looked[start, number] = self._rungs[number].look_ahead(
                self._bounds, belief, later, start, self._worth, _HARDLY * self._most_worth
            )
        return self._looked[start, number]

    def _calibrate(self, bounds: Bounds, starts: Mapping[Record, int]) -> None:
        """Find the least worths at which hardly a problem is lost, in steps of a twentieth: of enough, then of some."""
        common = sorted(starts, key=lambda start: (-starts[start], start))[:_MOST_STARTS]
        counted = {start: starts[start] for start in common}
        everything = self._served(counted)
        self._bounds = bounds
        self._looked.clear()
        wanted = [(1 - _LOST) * share for share in everything]
        if bounds.give_up_after < bounds.max_attempts:
            bounded = self._served(counted)
            wanted = [min(share, (1 - _LOST_WITHIN_BOUND) * one) for share, one in zip(wanted, bounded, strict=True)]
        enough = self._least(lambda worth: self._served_at(Worth(0.0, worth), counted)[1] >= wanted[1])
        served = self._served_at(Worth(0.0, enough), counted)
        if 0 < bounds.fewest_paths < bounds.target_correct and served[0] < wanted[0]:
            example = self._least(lambda worth: self._served_at(Worth(worth, enough), counted)[0] >= wanted[0])
            self._look_again(Worth(example, enough))

    def _least(self, does: Callable[[float], bool]) -> float:
        """The least worth that does, or the most that there is."""
        low, high = min(self._costs), self._most_worth
        while high > low * _CLOSE:
            worth = math.sqrt(low * high)
            low, high = (low, worth) if does(worth) else (worth, high)
        return high

    def _served_at(self, worth: Worth, starts: Mapping[Record, int]) -> tuple[float, float]:
        self._look_again(worth)
        return self._served(starts)

    def _look_again(self, worth: Worth) -> None:
        """Begin anew with another worth."""
        self._worth = worth
        self._looked.clear()

    def _served(self, starts: Mapping[Record, int]) -> tuple[float, float]:
        """The shares of problems that make examples and that have enough, as far as the rates are right."""
        in_all, examples, enough = sum(starts.values()), 0.0, 0.0
        reached: list[dict[Record, Vector]] = [{} for _ in range(self._bounds.max_attempts + 1)]  # by paid attempts
        reached[0] = {start: self._rates.belief(start) * (often / in_all) for start, often in starts.items()}
        for paid, records in enumerate(reached):
            for record, held in records.items():
                share = float(held.sum())
                step = self._decide(record) if share > _TOO_RARE else None
                if step is None:
                    to_example, to_enough = self._bounds.unserved(record.paths)
                    examples += 0.0 if to_example else share
                    enough += 0.0 if to_enough else share
                else:
                    further = reached[paid + step.attempts]
                    for new, chances in enumerate(self._rungs[step.rung].ways[step.attempts - 1][: step.attempts + 1]):
                        after = record.after(step.rung, step.attempts, new)
                        further[after] = further.get(after, 0.0) + held * chances
        return examples, enough


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What asking one rung is worth; new paths of that rung × its attempts so far.

    Attributes:
        gains: of the best wave, what it is expected to lead to less its cost and what stopping is worth.
        sizes: attempts of that wave.
    """

    gains: Vector
    sizes: NDArray[np.int64]


class _Rung:
    """One rung's chances, worked out for each difficulty.

    Attributes:
        cost: of an attempt.
        ways: attempts of a wave (from 1) × new paths × difficulties: how probable.
        served: missing paths × attempts left × difficulties: the chance that asking on brings them all.
        asked: the same for how many attempts that takes.
    """

    def __init__(self, bounds: Bounds, chances: Vector, cost: float) -> None:
        target, most = bounds.target_correct, bounds.max_attempts
        wave = min(most, 2 * target + 4)
        failing = 1 - chances
        self.cost = cost
        self._right = chances ** np.arange(target + 1)[:, None]
        self._wrong = failing ** np.arange(most + 1)[:, None]
        self.ways = np.zeros((wave, wave + 1, len(chances)))
        row = np.zeros((wave + 1, len(chances)))
        row[0] = 1.0
        for attempts in range(wave):
            shifted = np.vstack([np.zeros((1, len(chances))), row[:-1]])
            row = row * failing + shifted * chances
            self.ways[attempts] = row
        self.served = np.zeros((target + 1, most + 1, len(chances)))
        self.asked = np.zeros_like(self.served)
        self.served[0] = 1.0
        for missing in range(1, target + 1):
            for left in range(1, most + 1):
                for table, own in ((self.served, 0.0), (self.asked, 1.0)):
                    table[missing, left] = (
                        own + chances * table[missing - 1, left - 1] + failing * table[missing, left - 1]
                    )

    def look_ahead(
        self,
        bounds: Bounds,
        belief: Vector,
        later: Sequence["_Rung"],
        start: Record,
        worth: Worth,
        hardly: float,
    ) -> _Ahead:
        """What asking this rung is worth at best from a record at which it was not asked yet, and after.

        Args:
            bounds: of the plan.
            belief: over difficulties, at the start.
            later: the rungs above it.
            start: the record.
            worth: of paths.
            hardly: what a further attempt of a wave must bring beside its cost.
        """
        _, missing = bounds.unserved(start.paths)
        left = bounds.max_attempts - start.paid
        unsolved = None if start.paths else bounds.give_up_after - start.paid
        stopped = [worth.of(bounds, start.paths + new) for new in range(missing + 1)]
        values = np.repeat(np.array(stopped)[:, None], left + 1, axis=1)
        ahead = _Ahead(np.zeros((missing, left)), np.ones((missing, left), np.int64))
        wave = np.arange(1, len(self.ways) + 1)
        price = self.cost * (wave + _WAVE) + hardly * wave
        for asked in range(left - 1, -1, -1):
            for new in range(min(missing - 1, asked), -1, -1):
                bound = left - asked if new or unsolved is None else min(left, unsolved) - asked
                most = min(bound, len(self.ways))
                held = belief * self._right[new] * self._wrong[asked - new]
                share = float(held.sum())
                if most <= 0 or share <= 0.0:
                    continue
                held /= share
                then = np.minimum(new + np.arange(most + 1), missing)
                brought = (self.ways[:most, : most + 1] @ held) * values[then, asked + wave[:most, None]]
                sent = brought.sum(axis=1) - price[:most]
                size = int(sent.argmax())
                ahead.gains[new, asked], ahead.sizes[new, asked] = sent[size] - stopped[new], size + 1
                to_go = bounds.unserved(start.paths + new)
                climbed = max((rung.to_the_end(held, to_go, left - asked, worth) for rung in later), default=0.0)
                values[new, asked] = max(stopped[new], climbed, float(sent[size]))
        return ahead

    def to_the_end(self, belief: Vector, missing: tuple[int, int], left: int, worth: Worth) -> float:
        """What it is worth to ask this rung until there are enough paths, or an example, or no attempts left.

        Args:
            belief: over difficulties.
            missing: paths to an example, and to enough.
            left: attempts.
            worth: of paths.
        """
        to_example, to_enough = missing
        example = worth.example * self.served[to_example, left]
        enough = example + worth.enough * self.served[to_enough, left] - self.cost * self.asked[to_enough, left]
        some = example - self.cost * self.asked[to_example, left]
        return max(float(enough @ belief), float(some @ belief))
