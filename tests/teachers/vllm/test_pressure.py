"""How much a server is given: enough in a simulated engine, little thrown away, and never starved for a figure."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.vllm.pressure import LEAST_MARGIN, LOST, MARGIN_SHARE, STEADY, Pressure
from datagen.teachers.vllm.readings import Reading
from tests.teachers.vllm.engine import Engine, Result, run

MOST = 256
COUNTS = st.integers(0, 1000)
READINGS = st.builds(Reading, COUNTS, COUNTS, st.floats(0, 1), COUNTS, COUNTS, COUNTS)


def long(chance: random.Random) -> tuple[int, int]:
    """A short prompt and a chain of thought, most of 2,000 to 10,000 tokens."""
    return 12, max(1, int(chance.lognormvariate(5.5, 0.8)))


def even(chance: random.Random) -> tuple[int, int]:
    return 12, chance.randint(20, 60)


def short(chance: random.Random) -> tuple[int, int]:
    return 20, max(1, int(chance.lognormvariate(2.5, 0.6)))


def fixed(engine: Callable[[], Engine], room: int) -> Result:
    return run(engine(), lambda reading, in_flight: room, room, 3000, 1000)


@pytest.mark.parametrize(
    ("job", "blocks", "rooms", "fewer"),
    [
        (long, 30_000, (75, 80, 85, 90, 95), 5),
        (long, 12_000, (34, 37, 40, 43), 3),
        (even, 4_000, (105, 110, 115), 10),
        (short, 4_000, (125, 130, 135), 10),
    ],
    ids=["long", "long, few at a time", "even", "short"],
)
def test_where_the_kv_cache_is_too_small_it_comes_near_the_best_room_and_throws_little_away(
    job: Callable[[random.Random], tuple[int, int]], blocks: int, rooms: tuple[int, ...], fewer: int
) -> None:
    def engine() -> Engine:
        return Engine(blocks, most_running=512, job=job)

    best, full = max(fixed(engine, room).rate for room in rooms), fixed(engine, MOST)
    steered = run(engine(), Pressure(MOST).read, MOST, 3000, 1000)
    assert steered.rate >= 0.97 * best
    assert full.rate < 0.9 * best
    assert steered.preemptions * fewer < full.preemptions


def test_where_all_fits_nothing_is_held_back() -> None:
    assert set(run(Engine(100_000, 512, even), Pressure(MOST).read, MOST, 400, 100).rooms) == {MOST}


def test_where_an_engine_takes_so_many_its_queue_is_short_and_never_empty() -> None:
    engine = Engine(40_000, most_running=64, job=even)
    queues: list[int] = []
    pressure = Pressure(MOST)

    def room(reading: Reading, in_flight: int) -> int:
        queues.append(reading.waiting)
        return pressure.read(reading, in_flight)

    steered = run(engine, room, MOST, 1500, 500)
    late = queues[len(queues) // 3 :]
    assert max(late) <= 64 // MARGIN_SHARE + LEAST_MARGIN
    assert min(late) > 0
    assert steered.rate >= 0.99 * fixed(lambda: Engine(40_000, 64, even), MOST).rate


def test_a_room_that_became_too_small_opens_again() -> None:
    engine = Engine(4_000, 512, even)
    pressure = Pressure(MOST)
    run(engine, pressure.read, MOST, 600, 100)
    narrow = pressure.room
    engine.blocks, engine.free = 40_000, engine.free + 36_000
    run(engine, pressure.read, narrow, 300, 100)
    assert narrow < MOST / 2
    assert pressure.room == MOST


@given(st.lists(st.tuples(st.none() | READINGS, COUNTS), max_size=200), st.integers(1, 300))
def test_whatever_is_read_the_room_is_one_at_least_and_concurrency_at_most(
    told: list[tuple[Reading | None, int]], most: int
) -> None:
    pressure = Pressure(most)
    for reading, in_flight in told:
        room = pressure.lose() if reading is None else pressure.read(reading, in_flight)
        assert room == pressure.room
        assert 1 <= room <= most
        assert pressure.preempted >= 0


def narrowed() -> Pressure:
    pressure = Pressure(MOST)
    for number in range(STEADY + 1):
        pressure.read(Reading(32, MOST - 32, 0.5, 0, number, number), MOST)
    assert pressure.room == 32 + LEAST_MARGIN
    return pressure


def test_a_page_that_does_not_come_any_more_opens_the_room() -> None:
    pressure = narrowed()
    rooms = [pressure.lose() for _ in range(LOST)]
    assert rooms == [32 + LEAST_MARGIN] * (LOST - 1) + [MOST]
    assert pressure.last is None


def test_a_page_that_says_the_same_for_ever_opens_the_room() -> None:
    pressure = narrowed()
    assert pressure.last is not None
    for _ in range(LOST):
        pressure.read(pressure.last, 40)
    assert pressure.room == MOST


def test_a_server_that_was_started_again_is_another_one() -> None:
    pressure = Pressure(MOST)
    pressure.read(Reading(32, 0, 0.9, 70, 5000, 100), 32)
    pressure.read(Reading(32, 0, 0.9, 90, 6000, 110), 32)
    assert pressure.preempted == 20
    narrow = pressure.room
    assert pressure.read(Reading(1, 0, 0.0, 0, 10, 0), 1) == MOST > narrow
    assert pressure.preempted == 20


@pytest.mark.parametrize("in_flight", [20, 400])
def test_a_page_that_tells_of_others_is_no_measure(in_flight: int) -> None:
    pressure = Pressure(MOST)
    for number in range(10 * STEADY):
        pressure.read(Reading(32, 100, 0.99, 50 * number, number, number), in_flight)
    assert pressure.room == MOST
