"""Where requests go, in simulated time: waves together, loads even, nothing to who is down, none without room."""

import asyncio
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.errors import StoppedError
from datagen.teachers.breaker import FAILURES, SERVED_S
from datagen.teachers.gate import Gate, Ticket
from tests.teachers.misbehaving import simulated

SIZES = st.lists(st.integers(1, 8), min_size=1, max_size=40)


def loads(gate: Gate) -> list[int]:
    return [endpoint.in_flight for endpoint in gate.endpoints.all]


async def entered(gate: Gate, wave: object, count: int = 1) -> list[Ticket]:
    return list(await asyncio.gather(*(gate.enter(wave=wave) for _ in range(count))))


def urls(tickets: list[Ticket]) -> set[str]:
    return {ticket.endpoint.url for ticket in tickets}


@given(SIZES, st.integers(2, 5))
def test_a_wave_goes_to_one_endpoint_and_loads_differ_by_at_most_a_wave(sizes: list[int], endpoints: int) -> None:
    async def main() -> None:
        gate = Gate("abcde"[:endpoints], 10_000)
        for number, size in enumerate(sizes):
            assert len(urls(await entered(gate, number, size))) == 1
            assert max(loads(gate)) - min(loads(gate)) <= max(sizes)

    simulated(main())


@settings(deadline=None)
@given(SIZES, st.integers(2, 4), st.integers(1, 12), st.integers(0, 2**32))
def test_in_a_full_house_a_wave_stays_together_and_starts_where_the_fewest_are(
    sizes: list[int], endpoints: int, room: int, seed: int
) -> None:
    async def main() -> None:
        gate = Gate("abcd"[:endpoints], endpoints * room, room=room)
        homes: defaultdict[int, set[str]] = defaultdict(set)
        chance = random.Random(seed)
        answered = 0

        async def ask(wave: int) -> None:
            nonlocal answered
            ticket = await gate.enter(wave=wave)
            homes[wave].add(ticket.endpoint.url)
            assert max(loads(gate)) < room + max(sizes)
            assert gate.in_flight <= endpoints * room
            await asyncio.sleep(chance.expovariate(1.0))
            gate.served(ticket, None)
            answered += 1

        async with asyncio.TaskGroup() as group:
            for number, size in enumerate(sizes):
                for _ in range(size):
                    group.create_task(ask(number))
        assert answered == sum(sizes)
        assert loads(gate) == [0] * endpoints
        slots = endpoints * room
        if sum(sizes) <= slots and max(sizes) <= room:
            assert all(len(homes[number]) == 1 for number in range(len(sizes)))

    simulated(main())


def test_a_wave_is_forgotten_with_its_last_request_however_that_left() -> None:
    async def main() -> list[str]:
        gate = Gate(["a", "b"], 4)
        began = []
        for leave in (gate.answered, gate.failed, gate.withdraw):
            one, two = await entered(gate, "wave", 2)
            assert one.endpoint is two.endpoint
            began.append(one.endpoint.url)
            leave(one)
            gate.withdraw(two)
            (other,) = await entered(gate, "other")  # makes a the fuller one
            assert other.endpoint.url == "a"
            began.append((await entered(gate, "wave"))[0].endpoint.url)
            gate = Gate(["a", "b"], 4)
        return began

    assert simulated(main()) == ["a", "b"] * 3


def test_who_is_cancelled_or_told_the_end_while_it_waits_leaves_its_wave() -> None:
    async def main() -> None:
        gate = Gate(["a", "b"], 1)
        held = await gate.enter()
        waiting = [asyncio.create_task(gate.enter(wave="wave")) for _ in range(4)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        gate.served(held, None)  # lets the second in
        (second,) = await asyncio.gather(waiting[1])
        gate.end(StoppedError("enough"))
        await asyncio.gather(*waiting, return_exceptions=True)
        assert second.wave is not None
        assert second.wave.size == 1

    simulated(main())


def test_a_wave_whose_home_is_down_goes_on_together_somewhere_else() -> None:
    async def main() -> None:
        gate = Gate(["a", "b", "c"], 100)
        first = await entered(gate, "wave", 3)
        assert urls(first) == {"a"}
        gate.set_up("a", False)
        again = await asyncio.gather(
            *(gate.enter(delay=0.0, wave="wave", avoid=ticket.endpoint) for ticket in first if not gate.failed(ticket))
        )
        assert len(urls(list(again))) == 1
        assert urls(list(again)) <= {"b", "c"}
        gate.set_up("a", True)
        assert urls(await entered(gate, "wave", 3)) == urls(list(again))

    simulated(main())


def test_what_failed_at_an_endpoint_goes_to_another_one_before_anybody_says_that_it_is_down() -> None:
    async def main() -> set[str]:
        gate = Gate(["a", "b"], 100)
        await entered(gate, "elsewhere", 40)
        tickets = [await gate.enter(wave=number) for number in range(30)]
        dying = [ticket for ticket in tickets if ticket.endpoint.url == "b"]
        again = []
        for ticket in dying:
            gate.failed(ticket)
            again.append(await gate.enter(delay=0.0, wave="late", avoid=ticket.endpoint))
        return urls(again)

    assert simulated(main()) == {"a"}


def test_nothing_is_sent_to_who_is_down_and_who_is_back_is_asked_at_once() -> None:
    async def main() -> tuple[list[str], float]:
        gate = Gate(["a", "b"], 100)
        loop = asyncio.get_running_loop()
        for _ in range(FAILURES):
            gate.failed(await gate.enter(avoid=gate.endpoints.at("b")))
        gate.set_up("a", False)
        while_down = [ticket.endpoint.url for ticket in await entered(gate, None, 20)]
        gate.set_up("b", False)
        waiting = [asyncio.create_task(gate.enter()) for _ in range(20)]
        await asyncio.sleep(10 * SERVED_S)
        assert not any(one.done() for one in waiting)
        assert gate.waiting == 20
        came = loop.time()
        gate.set_up("a", True)
        back = await asyncio.gather(*waiting)
        assert urls(back) == {"a"}
        return while_down, loop.time() - came

    while_down, waited = simulated(main())
    assert while_down == ["b"] * 20
    assert waited == 0


@pytest.mark.parametrize("is_managed", [True, False])
def test_who_is_brought_back_by_somebody_is_never_given_up(is_managed: bool) -> None:
    async def main() -> bool:
        gate = Gate(["a"], 1)
        if is_managed:
            gate.set_up("a", True)
        loop = asyncio.get_running_loop()
        while loop.time() < 2 * SERVED_S:
            if gate.failed(await gate.enter(delay=1.0)):
                return True
        return False

    assert simulated(main()) is not is_managed


def test_an_endpoint_gets_no_more_than_its_room_but_for_the_rest_of_a_wave() -> None:
    async def main() -> None:
        gate = Gate(["a", "b"], 100, room=10)
        gate.make_room("a", 3)
        single = [await gate.enter(wave=number) for number in range(13)]
        assert Counter(ticket.endpoint.url for ticket in single) == {"a": 3, "b": 10}
        waiting = asyncio.create_task(gate.enter(wave="next"))
        await asyncio.sleep(1)
        assert not waiting.done()
        gate.make_room("a", 4)
        assert (await waiting).endpoint.url == "a"
        assert urls(await entered(gate, "next", 5)) == {"a"}
        gate.make_room("a", 1)
        assert loads(gate) == [9, 10]

    simulated(main())


def test_eight_endpoints_and_two_thousand_in_flight_are_let_in_one_after_the_other() -> None:
    """Each request looks at the eight endpoints once, however many others are in the gate."""
    looked = 0

    async def main() -> None:
        nonlocal looked
        gate = Gate("abcdefgh", 2000, room=250)

        def wait(now: float, endpoint: object = None) -> float:
            nonlocal looked
            looked += 1
            return 0.0

        for endpoint in gate.endpoints.all:
            endpoint.breaker.wait = wait  # type: ignore[method-assign]
        asks = [asyncio.create_task(gate.enter(wave=number // 4)) for number in range(6000)]
        await asyncio.sleep(0)
        assert gate.in_flight == 2000
        for ask in asks:
            gate.served(await ask, None)

    simulated(main())
    assert looked <= 6000 * (8 + 1)
