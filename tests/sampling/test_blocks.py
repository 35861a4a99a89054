"""What earlier problems teach: the same whatever the order in which they end, and nothing before they have."""

import asyncio
import random

import pytest

from datagen.sampling.blocks import Blocks, HeldUpError, Usage
from datagen.sampling.policy import Bounds
from datagen.sampling.record import Record, Tally

BOUNDS = Bounds(4, 16, 8)
RECORDS = [Record(Tally(), (Tally(6, number % 7),)) for number in range(64)]


def blocks() -> Blocks:
    return Blocks(1, BOUNDS, lambda used: (1.0,))


def end(some: Blocks, place: int) -> None:
    some.finished(place, RECORDS[place], [Usage(6, 600, 6000)])


def test_the_order_in_which_problems_end_changes_no_policy() -> None:
    async def worths(order: list[int]) -> list[float]:
        some = blocks()
        for place in order:
            end(some, place)
        policies = [await some.policy(place) for place in (0, 8, 16, 32, 127)]
        return [policy.chance(Record(Tally(), (Tally(6, 2),))) for policy in policies]

    plain = list(range(64))
    shuffled = random.Random(4).sample(plain, len(plain))
    first = asyncio.run(worths(plain))
    assert first == asyncio.run(worths(shuffled))
    assert first[0] == first[1], "the first two blocks know nothing"
    assert first[2] != first[0]


def test_a_policy_waits_for_the_last_problem_that_it_rests_on_and_for_no_other() -> None:
    async def watch() -> None:
        some = blocks()
        assert some.policy_now(32) is None
        waiting = asyncio.create_task(some.policy(32))
        for place in range(15):
            end(some, place)
        await asyncio.sleep(0)
        assert not waiting.done()
        end(some, 15)
        assert await waiting is some.policy_now(63)
        assert some.policy_now(64) is None

    asyncio.run(watch())


def test_a_problem_that_is_left_holds_up_those_that_rest_on_it_and_no_others() -> None:
    async def watch() -> None:
        some = blocks()
        waiting = asyncio.create_task(some.policy(40))
        await asyncio.sleep(0)
        some.left(3)
        with pytest.raises(HeldUpError):
            await waiting
        with pytest.raises(HeldUpError):
            await some.policy(70)
        assert await some.policy(12)

    asyncio.run(watch())
