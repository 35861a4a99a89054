"""The sampler in virtual time: barriers leave no slot idle, and the order of arrival leaves no trace."""

import asyncio
import random
from pathlib import Path

from datagen.journal import Journal
from datagen.teachers.base import Completion, Request
from tests.benchmarks.slots import Thinker, sampled, without_barriers
from tests.benchmarks.virtual_time import run_in_virtual_time

RATES = [random.Random(number).betavariate(0.8, 0.5) for number in range(200)]
SLOTS = 8


def journal(folder: Path) -> Journal:
    return Journal(folder / "completions.jsonl")


def keys(folder: Path) -> list[str]:
    with journal(folder) as kept:
        return [record["key"] for record in kept.records(("key",))]


def test_barriers_make_a_run_hardly_longer_than_its_requests_alone() -> None:
    teacher = run_in_virtual_time(sampled(RATES, SLOTS))
    alone = without_barriers(teacher.latencies, SLOTS)
    assert teacher.changes[-1][0] < 1.05 * alone[-1][0]


def test_a_run_that_goes_on_from_any_moment_asks_what_an_undisturbed_one_asks(tmp_path: Path) -> None:
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    whole.mkdir()
    resumed.mkdir()
    run_in_virtual_time(sampled(RATES, SLOTS, whole))
    arrived = keys(whole)
    with journal(whole) as kept, journal(resumed) as part:
        for key in arrived[: len(arrived) * 3 // 5 : 2]:  # a wave's tail and whole problems are missing
            part.append(key, kept.get(key))
    again = run_in_virtual_time(sampled(RATES, SLOTS, resumed, luck=1))
    assert sorted(keys(resumed)) == sorted(arrived)
    assert len(again.latencies) == len(arrived) - len(arrived[: len(arrived) * 3 // 5 : 2])


class Late(Thinker):
    """Answers after a thousand seconds; for a while it is not known how many it takes at a time."""

    async def ask(self, request: Request) -> Completion:
        if not self.changes:
            asyncio.get_running_loop().call_later(50, setattr, self, "slots", 100)
        self._changed(1)
        await asyncio.sleep(1000)
        self._changed(-1)
        return Completion("", "So \\boxed{0}.", "stop", 100, 10)


def test_slots_that_are_known_late_are_filled_before_anything_is_answered() -> None:
    teacher = run_in_virtual_time(sampled([1.0] * 160, 1, teacher=Late({}, 1)))
    before = max(in_use for moment, in_use in teacher.changes if moment < 50)
    after = max(in_use for moment, in_use in teacher.changes if moment < 52)
    assert before < 1 + 64
    assert after >= 100
