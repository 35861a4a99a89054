"""The most spread-out choice: it fits, and hardly any other choice would lie further apart."""

import random
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.select.spread import Pool, most_spread


def world(draw: random.Random) -> tuple[Pool, list[int], int]:
    """Things of two kinds, how many of each are wanted, and room for these at least."""
    kinds = sorted([0, *(draw.choice((0, 0, 1)) for _ in range(draw.randint(1, 8)))])
    tokens = [token for _, token in sorted((kind, draw.randint(1, 50)) for kind in kinds)]
    apart = np.zeros((len(kinds), len(kinds)), np.int64)
    for one, other in combinations(range(len(kinds)), 2):
        apart[one, other] = apart[other, one] = draw.randint(0, 100)
    numbers = [draw.randint(1, min(kinds.count(0), 4)), draw.randint(0, min(kinds.count(1), 3))]
    cheapest = tokens[: numbers[0]] + tokens[kinds.count(0) :][: numbers[1]]
    return Pool(apart, np.array(tokens), np.array(kinds)), numbers, sum(cheapest) + draw.randint(0, 60)


def fits(pool: Pool, numbers: Sequence[int], room: int, choice: Sequence[int]) -> bool:
    kinds = [int(pool.kinds[place]) for place in choice]
    return [kinds.count(0), kinds.count(1)] == list(numbers) and pool.tokens[list(choice)].sum() <= room


def spread(pool: Pool, choice: Sequence[int]) -> int:
    return sum(int(pool.apart[one, other]) for one, other in combinations(choice, 2))


@settings(deadline=None, max_examples=100)
@given(st.randoms(use_true_random=False))
def test_a_choice_has_so_many_of_each_kind_and_fits(draw: random.Random) -> None:
    pool, numbers, room = world(draw)
    choice = most_spread(pool, numbers, room)
    assert choice == sorted(set(choice))
    assert fits(pool, numbers, room, choice)


def test_hardly_any_choice_could_lie_further_apart() -> None:
    draw, shares = random.Random(3), []
    for _ in range(300):
        pool, numbers, room = world(draw)
        every = combinations(range(len(pool.tokens)), sum(numbers))
        best = max(spread(pool, choice) for choice in every if fits(pool, numbers, room, choice))
        shares.append(spread(pool, most_spread(pool, numbers, room)) / best if best else 1.0)
    assert min(shares) > 0.95
    assert sum(share == 1.0 for share in shares) >= 297


def test_what_lies_furthest_apart_is_left_out_when_it_does_not_fit() -> None:
    apart = np.array([[0, 1, 5, 9], [1, 0, 5, 9], [5, 5, 0, 9], [9, 9, 9, 0]])
    pool = Pool(apart, np.array([10, 11, 12, 90]), np.zeros(4, np.int64))
    assert most_spread(pool, [2], 200) == [0, 3]
    assert most_spread(pool, [2], 50) == [0, 2]
    assert most_spread(pool, [2], 21) == [0, 1]
