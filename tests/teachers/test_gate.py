"""The line in which requests wait, in simulated time: who waits holds nothing, and nobody waits for nothing."""

import asyncio
import random
from collections.abc import Callable

import pytest

from datagen.errors import StoppedError
from datagen.teachers.breaker import SERVED_S
from datagen.teachers.gate import REFUSED_S, Gate, Ticket
from tests.teachers.misbehaving import simulated


async def served(gate: Gate, seconds: float = 1.0, tokens: float = 0.0) -> float:
    """Be served, and return when that was begun."""
    ticket = await gate.enter(tokens)
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    gate.served(ticket, int(tokens))
    return begun


def test_no_more_than_concurrency_are_let_in_and_in_their_order() -> None:
    async def main() -> list[float]:
        gate = Gate(["a"], 3)
        return await asyncio.gather(*(served(gate) for _ in range(9)))

    assert simulated(main()) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_who_waits_to_try_again_holds_no_slot_and_goes_first_when_its_time_has_come() -> None:
    async def main() -> tuple[float, list[float]]:
        gate = Gate(["a"], 1)
        loop = asyncio.get_running_loop()

        async def again() -> float:
            ticket = await gate.enter()
            gate.refused(ticket, 4.5)
            ticket = await gate.enter(delay=4.5)
            begun = loop.time()
            gate.served(ticket, None)
            return begun

        first = asyncio.create_task(again())
        await asyncio.sleep(0)
        others = await asyncio.gather(*(served(gate) for _ in range(10)))
        return await first, others

    begun, others = simulated(main())
    assert begun == pytest.approx(5)  # the slot is free again at whole seconds
    assert others == pytest.approx(list(range(10)))


@pytest.mark.parametrize("per_minute", [1, 30, 600, 12_000])
def test_told_requests_per_minute_hold(per_minute: int) -> None:
    async def main() -> list[float]:
        gate = Gate(["a"], 256, requests_per_minute=per_minute)
        return await asyncio.gather(*(served(gate, 0.01) for _ in range(min(200, 2 * per_minute))))

    times = simulated(main())
    assert all(sum(time <= other < time + 60 for other in times) <= per_minute for time in times)
    assert times[-1] <= (len(times) - 1) * 60 / per_minute * 1.01


def test_told_tokens_per_minute_hold_and_what_was_not_used_is_given_back() -> None:
    async def main(used: int) -> float:
        gate = Gate(["a"], 1, tokens_per_minute=6_000)
        for _ in range(20):
            ticket = await gate.enter(1_000)
            gate.served(ticket, used)
        return asyncio.get_running_loop().time()

    assert simulated(main(1_000)) == pytest.approx(19 * 10, rel=0.02)
    assert simulated(main(100)) == pytest.approx(19, rel=0.05)


def test_when_refusals_are_the_rule_everybody_waits_until_the_time_that_was_told() -> None:
    async def main() -> list[float]:
        gate = Gate(["a"], 4)
        loop = asyncio.get_running_loop()
        sent: list[float] = []

        async def ask() -> None:
            delay = None
            while True:
                ticket = await gate.enter(delay=delay)
                sent.append(loop.time())
                await asyncio.sleep(0.01)
                if loop.time() >= 30:
                    return gate.served(ticket, None)
                delay = 30 - loop.time()
                gate.refused(ticket, delay)

        await asyncio.gather(*(ask() for _ in range(500)))
        return sent

    sent = simulated(main())
    assert sum(time < 29 for time in sent) < 60
    assert max(sent) < 40


def test_an_endpoint_that_is_down_gets_one_probe_at_a_time_and_full_speed_when_it_is_back() -> None:
    async def main() -> tuple[int, float]:
        gate = Gate(["a"], 256)
        loop = asyncio.get_running_loop()
        tries = 0

        async def ask() -> None:
            nonlocal tries
            delay = None
            while True:
                ticket = await gate.enter(delay=delay)
                tries += 1
                await asyncio.sleep(0.05)
                if not 1 <= loop.time() < 31:
                    return gate.served(ticket, None)
                assert not gate.failed(ticket)
                delay = random.uniform(0, 0.1)

        await asyncio.gather(*(ask() for _ in range(20_000)))
        return tries, loop.time()

    tries, took = simulated(main())
    assert tries - 20_000 < 256 + 30
    undisturbed = 20_000 / 256 * 0.05
    assert took < undisturbed + 30 + 2 + 0.5


def test_requests_go_to_the_endpoint_with_the_fewest_in_flight_that_is_up() -> None:
    async def main() -> tuple[list[str], set[str]]:
        gate = Gate(["a", "b", "c"], 100)
        tickets = [await gate.enter() for _ in range(9)]
        first = [ticket.endpoint.url for ticket in tickets]
        for ticket in tickets:
            gate.served(ticket, None)
        for _ in range(5):
            ticket = await until(gate, lambda ticket: ticket.endpoint.url == "b")
            assert not gate.failed(ticket)
        return first, {(await gate.enter()).endpoint.url for _ in range(30)}

    async def until(gate: Gate, wanted: Callable[[Ticket], bool]) -> Ticket:
        others = []
        while not wanted(ticket := await gate.enter()):
            others.append(ticket)
        for other in others:
            gate.withdraw(other)
        return ticket

    first, later = simulated(main())
    assert first == ["a", "b", "c"] * 3
    assert later == {"a", "c"}


def test_what_is_down_or_refuses_for_too_long_is_given_up() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        gate = Gate(["a", "b"], 1)
        await served(gate)
        await served(gate)
        begun = loop.time()
        while not gate.failed(await gate.enter(delay=0.1)):
            pass
        down = loop.time() - begun
        gate = Gate(["a"], 8)
        begun = loop.time()
        while not gate.refused(await gate.enter(delay=1.0), 0.0):
            pass
        return down, loop.time() - begun

    down, refused = simulated(main())
    assert SERVED_S <= down < SERVED_S + 10
    assert REFUSED_S <= refused < REFUSED_S + 10


def test_refusals_beside_a_long_answer_are_no_reason_to_give_up() -> None:
    async def main() -> None:
        gate = Gate(["a"], 64)
        long = await gate.enter()
        for _ in range(100):
            assert not gate.refused(await gate.enter(delay=20.0), 0.0)
        gate.served(long, None)

    simulated(main())


@pytest.mark.parametrize("place", ["slot", "delay", "rate", "endpoint"])
def test_the_end_is_told_at_once_to_who_waits_wherever_it_waits(place: str) -> None:
    async def main() -> float:
        gate = Gate(["a"], 1 if place == "slot" else 8, requests_per_minute=1 if place == "rate" else None)
        if place in ("slot", "rate"):
            await gate.enter()
        for _ in range(5 if place == "endpoint" else 0):
            gate.failed(await gate.enter())
        waiting = [asyncio.create_task(gate.enter(delay=1000 if place == "delay" else None)) for _ in range(50)]
        await asyncio.sleep(0.001)
        assert not any(one.done() for one in waiting)
        assert gate.waiting == 50
        gate.end(StoppedError("enough"))
        gate.end(StoppedError("never told"))
        errors = await asyncio.gather(*waiting, return_exceptions=True)
        assert {str(error) for error in errors} == {"enough"}
        with pytest.raises(StoppedError, match="enough"):
            await gate.enter()
        return asyncio.get_running_loop().time()

    assert simulated(main()) < 0.01


def test_a_request_that_nobody_waits_for_any_more_takes_no_slot_with_it() -> None:
    async def main() -> list[float]:
        gate = Gate(["a"], 1)
        held = await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(5)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        gate.served(held, None)  # lets the second in, whose task is cancelled before it hears of it
        waiting[1].cancel()
        await asyncio.sleep(0)
        for one in waiting[2:]:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert gate.in_flight == 0
        return await asyncio.gather(*(served(gate) for _ in range(3)))

    assert simulated(main()) == [1, 2, 3]
