"""Slots stay busy: barriers cost a run next to nothing, however long single answers take."""

from tests.benchmarks.slots import sampled, without_barriers
from tests.benchmarks.virtual_time import run_in_virtual_time


def test_barriers_make_a_run_hardly_longer_than_its_requests_alone() -> None:
    teacher = run_in_virtual_time(sampled(200, slots=8))
    alone = without_barriers(teacher.latencies, slots=8)
    assert teacher.changes[-1][0] < 1.05 * alone[-1][0]
