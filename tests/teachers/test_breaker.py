"""The circuit breaker: an endpoint that is down is left alone, and is found again when it is back."""

from datagen.teachers.breaker import FAILURES, LONGEST_PROBE_S, NEVER_SERVED_S, PROBE_TAKEN_S, SERVED_S, Breaker


def opened(now: float = 0.0, *, served: bool = False) -> Breaker:
    breaker = Breaker()
    if served:
        breaker.served()
    for _ in range(FAILURES):
        assert not breaker.is_open
        assert not breaker.send(now)
        breaker.failed(now, probe=False)
    return breaker


def test_failures_in_a_row_open_it_and_one_answer_closes_it() -> None:
    breaker = opened()
    assert breaker.wait(0.0) > 0
    breaker.answered()
    assert breaker.wait(0.0) == 0
    for _ in range(FAILURES - 1):
        breaker.failed(0.0, probe=False)
    assert breaker.wait(0.0) == 0


def test_one_probe_at_a_time_with_growing_delay() -> None:
    breaker = opened()
    now, delays = 0.0, []
    for _ in range(8):
        delays.append(wait := breaker.wait(now))
        now += wait
        assert breaker.send(now)
        assert breaker.wait(now) > 0
        breaker.failed(now, probe=True)
    assert delays == sorted(delays)
    assert delays[0] < delays[-1] == LONGEST_PROBE_S


def test_what_was_sent_before_it_opened_does_not_put_the_probe_off() -> None:
    breaker = opened()
    wait = breaker.wait(0.0)
    for _ in range(200):
        breaker.failed(0.0, probe=False)
    assert breaker.wait(0.0) == wait


def test_a_probe_that_is_being_worked_on_opens_the_line() -> None:
    breaker = opened()
    breaker.send(1.0)
    assert breaker.wait(1.0 + PROBE_TAKEN_S / 2) > 0
    assert breaker.wait(1.0 + PROBE_TAKEN_S) == 0


def test_a_probe_that_was_not_sent_makes_room_for_another() -> None:
    breaker = opened()
    breaker.send(1.0)
    breaker.withdrawn(1.5)
    assert breaker.wait(1.5) == 0


def test_hope_ends_sooner_for_an_endpoint_that_never_served() -> None:
    for served, patience in ((False, NEVER_SERVED_S), (True, SERVED_S)):
        breaker = opened(10.0, served=served)
        assert not breaker.is_hopeless(10.0 + patience - 1)
        assert breaker.is_hopeless(10.0 + patience)
        breaker.answered()
        assert not breaker.is_hopeless(10.0 + patience)
