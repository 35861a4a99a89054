"""How fast a teacher is asked: told limits hold in every minute, and learnt ones are found again."""

import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.pace import Rate, TokenGuess, Window


@given(st.integers(1, 100_000), st.lists(st.floats(0, 0.05), max_size=300))
def test_a_told_rate_holds_in_every_minute_and_is_used(per_minute: int, lateness: list[float]) -> None:
    rate = Rate(per_minute)
    now, sent = 0.0, []
    late = iter(lateness)
    while now < 130 and len(sent) < 400:
        while (wait := rate.wait_for(1, now)) > 0:
            now += wait + next(late, 0.0)
        rate.take(1, now)
        sent.append(now)
    for place, time in enumerate(sent):
        assert place - bisect_left(sent, time - 59.999) + 1 <= per_minute
    if not lateness and sent[-1] > 2:
        assert len(sent) >= per_minute * sent[-1] / 60 * 0.99


def test_what_is_larger_than_the_bucket_leaves_a_debt() -> None:
    rate = Rate(60_000)
    rate.take(5_000, 0.0)
    assert rate.wait_for(5_000, 0.0) == pytest.approx(5.0, rel=0.01)
    rate.take(-4_000, 0.0)
    assert rate.wait_for(5_000, 0.0) == pytest.approx(1.0, rel=0.02)


def test_an_answer_is_as_long_as_it_may_be_until_one_was_seen() -> None:
    guess = TokenGuess()
    assert guess.of(400, 1000) == 1100
    guess.learn(300)
    guess.learn(500)
    assert guess.of(400, 1000) == 500
    assert guess.of(400, 200) == 300


def played(window: Window, allowed: int, rounds: int, noise: float = 0.0) -> list[float]:
    """The window after each round trip with an endpoint that takes so many at a time, and refuses some anyway."""
    sizes = []
    rng = random.Random(0)
    for _ in range(rounds):
        numbers = [window.send() for _ in range(int(window.size))]
        for place, number in enumerate(numbers):
            if place >= allowed or rng.random() < noise:
                window.refused(number)
            else:
                window.taken(number)
        sizes.append(window.size)
    return sizes


def test_the_window_falls_to_what_an_endpoint_takes_and_rises_again() -> None:
    window = Window(256)
    sizes = played(window, allowed=20, rounds=60)
    assert all(12 <= size <= 45 for size in sizes[20:])
    assert played(window, allowed=1000, rounds=40)[-1] == 256


def test_an_endpoint_that_takes_one_at_a_time_is_asked_one_or_two_at_a_time() -> None:
    assert max(played(Window(64), allowed=1, rounds=200)[100:]) < 10


@pytest.mark.parametrize("most", [4, 64, 256])
def test_refusals_at_random_do_not_narrow_the_window(most: int) -> None:
    sizes = played(Window(most), allowed=1000, rounds=8000 // most, noise=0.1)
    assert min(sizes) >= most * 0.6
    assert sum(sizes) / len(sizes) > most * 0.95


def test_one_overload_is_answered_once() -> None:
    window = Window(100)
    numbers = [window.send() for _ in range(100)]
    assert sum(window.refused(number) for number in numbers) == 1
    assert window.size == pytest.approx(70)


def test_the_window_never_closes() -> None:
    window = Window(8)
    for _ in range(2000):
        window.refused(window.send())
    assert window.size == 1
