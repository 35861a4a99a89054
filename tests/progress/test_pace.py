"""Speeds and the time left, on a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.progress.counts import Progress, Spent
from datagen.progress.pace import Pace, Watcher
from datagen.teachers.base import Traffic


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asking(total: int = 1000) -> Progress:
    return Progress(total=total, traffic=lambda: Traffic(8, 3, {"timeout": 2}), spent=lambda: Spent(1.5, 700))


def work(watcher: Watcher, progress: Progress, clock: Clock, seconds: int, per_second: float) -> None:
    """Let a stage work evenly, and look at it every half second."""
    begun, done = clock.now, progress.done
    while clock.now < begun + seconds:
        clock.now += 0.5
        progress.done = done + int((clock.now - begun) * per_second)
        progress.settled = progress.done * 3
        progress.completions = progress.settled - progress.kept
        progress.completion_tokens = progress.completions * 100
        watcher.look()


def test_speeds_and_time_left_of_even_work_are_what_they_are(clock: Clock) -> None:
    progress = asking()
    watcher = Watcher(progress, clock)
    work(watcher, progress, clock, seconds=100, per_second=2)
    view = watcher.look()
    assert view.done == 200
    assert view.left_s == pytest.approx(400, rel=0.02)
    assert view.elapsed_s == 100
    assert view.asking is not None
    assert view.asking.completions_per_second == pytest.approx(6, rel=0.02)
    assert view.asking.tokens_per_second == pytest.approx(600, rel=0.02)
    assert (view.asking.traffic.in_flight, view.asking.spent) == (8, Spent(1.5, 700))


def test_the_time_left_is_not_named_before_it_can_be_known(clock: Clock) -> None:
    progress = asking()
    watcher = Watcher(progress, clock)
    assert watcher.look().left_s is None
    work(watcher, progress, clock, seconds=9, per_second=10)
    assert watcher.look().left_s is None, "too short a time"
    progress = asking()
    watcher = Watcher(progress, clock)
    work(watcher, progress, clock, seconds=90, per_second=0.1)
    assert watcher.look().left_s is None, "too few problems"


def test_what_was_there_before_does_not_make_the_rest_look_quick(clock: Clock) -> None:
    progress = asking(total=10_000)
    watcher = Watcher(progress, clock)
    for _ in range(40):  # a resumed run takes 5,000 problems from its journal
        clock.now += 0.5
        progress.done += 125
        progress.kept = progress.settled = progress.done * 3
        assert watcher.look().left_s is None
    work(watcher, progress, clock, seconds=50, per_second=1)
    assert watcher.look().left_s == pytest.approx(10_000 - 5_050, rel=0.05)


def test_problems_that_are_all_through_at_once_are_timed_by_their_completions_too(clock: Clock) -> None:
    progress = asking(total=50)
    watcher = Watcher(progress, clock)
    for completions in range(0, 500, 4):  # ten a problem at eight a second, and all fifty problems are open
        clock.now += 0.5
        progress.completions = completions
        progress.done = max(0, (completions - 300) // 4)
        progress.settled = progress.done * 9  # those that take few are through first
        view = watcher.look()
        if progress.done in range(15, 45):
            assert view.left_s is not None
            really = (500 - completions) / 8
            assert really / 2.5 < view.left_s < really * 2.5


def test_a_slower_end_is_seen_soon(clock: Clock) -> None:
    progress = asking()
    watcher = Watcher(progress, clock)
    work(watcher, progress, clock, seconds=60, per_second=15)
    assert watcher.look().left_s == pytest.approx(100 / 15, rel=0.05)
    work(watcher, progress, clock, seconds=60, per_second=0.5)
    assert watcher.look().left_s == pytest.approx(70 / 0.5, rel=0.1)


def test_a_stage_that_stands_still_takes_longer_and_longer(clock: Clock) -> None:
    progress = asking()
    watcher = Watcher(progress, clock)
    work(watcher, progress, clock, seconds=60, per_second=5)
    before = watcher.look().left_s
    clock.now += 600
    after = watcher.look().left_s
    assert before is not None
    assert after is not None
    assert after > 5 * before


def test_answers_that_take_half_an_hour_have_a_speed_too(clock: Clock) -> None:
    pace = Pace()
    for number in range(40):
        clock.now += 1800
        pace.add(clock.now, number)
    assert pace.per_second() == pytest.approx(1 / 1800)


def test_a_stage_that_asks_nobody_is_timed_from_its_start(clock: Clock) -> None:
    progress = Progress("verify", "solutions", total=500)
    watcher = Watcher(progress, clock)
    for _ in range(20):
        watcher.look()
        clock.now += 1
        progress.done += 10
    view = watcher.look()
    assert view.asking is None
    assert view.left_s == pytest.approx(30)


def test_nothing_is_left_when_all_is_done(clock: Clock) -> None:
    progress = asking(total=0)
    assert Watcher(progress, clock).look().left_s == 0


@given(st.lists(st.tuples(st.floats(0, 1e4), st.integers(0, 1000), st.integers(0, 10**6)), max_size=80))
def test_a_speed_is_never_negative_and_never_above_the_highest_that_there_was(
    steps: list[tuple[float, int, int]],
) -> None:
    pace = Pace()
    now, counts, highest = 0.0, (0, 0), 0.0
    pace.add(now, *counts)
    for seconds, more, most in steps:
        now, counts = now + seconds, (counts[0] + more, counts[1] + most)
        if more:
            highest = max(highest, more / seconds if seconds else float("inf"))
        pace.add(now, *counts)
        speeds = [pace.per_second(which) for which in (0, 1)]
        assert all(speed is None or speed >= 0 for speed in speeds)
        assert speeds[0] is None or speeds[0] <= highest * (1 + 1e-9)
        assert pace.gained(0) <= counts[0]


@given(st.integers(1, 5000))
def test_what_is_remembered_stays_small(looks: int) -> None:
    pace = Pace()
    for number in range(looks):
        pace.add(number * 0.5, number)
    assert len(pace._seen) <= 122
