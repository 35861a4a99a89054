"""The most spread-out choice of so many things that fit together: maximum dispersion under a budget.

Which choice is best is NP-hard to say. From every thing that can be part of one a choice is grown, always by what adds
most; then single things are exchanged as long as that helps, and the best of all is taken. Without a budget, and where
distances are a metric, either step alone reaches half of the best (Hassin, Rubinstein and Tamir, 1997; Borodin et al.,
2012); of so few things the two together nearly always find it. Weights are whole numbers and ties go to the earlier
thing, so the choice is the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.int64]
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What there is to choose from: n things, the earlier preferred among equals.

    Attributes:
        apart: (n, n), how far apart each pair is; symmetric, 0 on the diagonal.
        tokens: (n,), what each costs.
        kinds: (n,), the kind of each, from 0; within a kind the costs rise.
    """

    apart: Weights
    tokens: Weights
    kinds: Weights


def most_spread(pool: Pool, numbers: Sequence[int], room: int) -> list[int]:
    """Choose so many of each kind with the largest sum of distances that was found.

    Args:
        pool: what there is.
        numbers: how many of each kind, one or more in all; the cheapest ones must fit.
        room: most tokens of them all.

    Returns:
        Their places in the pool, rising.
    """
    cheapest = [place for kind, number in enumerate(numbers) for place in np.flatnonzero(pool.kinds == kind)[:number]]
    if len(cheapest) == len(pool.tokens):
        return sorted(map(int, cheapest))
    starts = [grown for first in range(len(pool.tokens)) if (grown := _grow(pool, numbers, room, first))]
    found = [sorted(_exchange(pool, room, start)) for start in starts]
    return min(found, key=lambda choice: (-_spread(pool, choice), choice))


def _spread(pool: Pool, choice: Sequence[int]) -> int:
    return int(pool.apart[np.ix_(choice, choice)].sum())


def _grow(pool: Pool, numbers: Sequence[int], room: int, first: int) -> list[int]:
    """A choice that holds one thing, always enlarged by what adds most; empty when nothing that fits holds it."""
    left = np.array(numbers)
    choice: list[int] = []
    gains = np.zeros(len(pool.tokens), np.int64)
    while left.any():
        can = _can_join(pool, choice, left, room)
        place = int(np.where(can, gains, _NEVER).argmax()) if choice else first
        if not can[place]:
            return []
        choice.append(place)
        left[pool.kinds[place]] -= 1
        gains += pool.apart[place]
    return choice


def _can_join(pool: Pool, choice: Sequence[int], left: Weights, room: int) -> npt.NDArray[np.bool_]:
    """Which things can join so that the cheapest others still complete the choice."""
    free = np.ones(len(pool.tokens), np.bool_)
    free[list(choice)] = False
    spare = room - pool.tokens[list(choice)].sum()
    last = np.zeros(len(left), np.int64)
    for kind, number in enumerate(left):
        cheapest = np.flatnonzero(free & (pool.kinds == kind))[:number]
        spare -= pool.tokens[cheapest].sum()
        last[kind] = pool.tokens[cheapest[-1]] if len(cheapest) else 0
    # Who joins stands for the dearest of the cheapest that are left of its kind, or is one of these.
    fits: npt.NDArray[np.bool_] = pool.tokens - last[pool.kinds] <= spare
    return free & (left[pool.kinds] > 0) & fits


def _exchange(pool: Pool, room: int, choice: list[int]) -> list[int]:
    """Exchange one for another of its kind, always the best exchange, until none helps."""
    chosen = list(choice)
    while True:
        gains = pool.apart[chosen].sum(axis=0)
        spare = room - pool.tokens[chosen].sum()
        most, best = 0, None
        for number, place in enumerate(chosen):
            may = (pool.kinds == pool.kinds[place]) & (pool.tokens - pool.tokens[place] <= spare)
            may[chosen] = False
            gain = np.where(may, gains - pool.apart[place] - gains[place], _NEVER)
            other = int(gain.argmax())
            if gain[other] > most:
                most, best = int(gain[other]), (number, other)
        if best is None:
            return chosen
        number, other = best
        chosen[number] = other
