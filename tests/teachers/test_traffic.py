"""A teacher's client while it waits: slots, servers that are down, the end, and the budget."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import StoppedError
from datagen.stopping import STOP
from datagen.teachers.base import Completion, Request, Traffic, WorkerLoad, taken_together
from datagen.teachers.connecting import connected
from datagen.teachers.openai_api import OpenAIClient
from tests.teachers.misbehaving import (
    BROKEN,
    KEY,
    Asked,
    Behaviour,
    asking,
    client_of,
    first,
    good,
    half,
    request,
    saying,
    serving,
    settled,
    silent,
    teacher,
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


@dataclass
class Purse:
    """A budget of so many requests at a time, which writes down how they ended."""

    left: int
    refuses: bool = False
    ends: list[str] = field(default_factory=list)
    _change: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def reserve(self, asked: Request) -> "Purse":
        if self.refuses and not self.left:
            raise StoppedError("the budget is spent")
        async with self._change:
            await self._change.wait_for(lambda: self.left > 0)
            self.left -= 1
        return self

    def settle(self, arrived: Completion) -> None:
        self.ends.append("settled")

    def release(self) -> None:
        self.ends.append("released")
        self.left += 1

    def lose(self, fault: str) -> None:
        self.ends.append(f"lost: {fault}")


def test_a_request_that_waits_holds_no_slot() -> None:
    async def work(client: OpenAIClient) -> list[Any]:
        waiting = asyncio.create_task(client.ask(request(0)))
        await settled(lambda: client.traffic().faults != {})
        assert (client.traffic().in_flight, client.traffic().waiting) == (0, 1)
        others = await asyncio.gather(*(client.ask(request(number)) for number in range(1, 20)))
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        client.end(StoppedError("the test is over"))
        return others

    got, asked, _ = asking(first(saying(b"", 429, retry_after="500")), work, concurrency=1)
    assert len(got) == 19
    assert len(asked) == 20


def test_a_server_that_was_stopped_and_is_back_costs_no_answer() -> None:
    async def main() -> tuple[list[Completion], int, dict[str, int]]:
        async with serving(good) as server, client_of(server.base_url, concurrency=8) as client:
            asks = [asyncio.create_task(client.ask(request(number))) for number in range(300)]
            await settled(lambda: len(server.asked) > 50)
            await server.stop()
            await settled(lambda: client.traffic().faults.get("no connection", 0) >= 6)
            await server.start()
            return await asyncio.gather(*asks), len(server.asked), dict(client.traffic().faults)

    got, asked, faults = asyncio.run(main())
    assert len(got) == 300
    assert asked - 300 <= faults.get("closed mid-reply", 0) <= 8
    assert faults["no connection"] < 30


def test_one_of_several_servers_that_is_down_is_left_out() -> None:
    async def main() -> tuple[int, int, dict[str, int]]:
        async with serving(good) as gone:
            pass
        async with (
            serving(good) as one,
            serving(good) as two,
            client_of(one.base_url, gone.base_url, two.base_url, concurrency=8) as client,
        ):
            await asyncio.gather(*(client.ask(request(number)) for number in range(200)))
            return len(one.asked), len(two.asked), dict(client.traffic().faults)

    one, two, faults = asyncio.run(main())
    assert one + two == 200
    assert min(one, two) > 50
    assert faults["no connection"] < 30


@pytest.mark.parametrize("place", ["slot", "delay", "rate", "server", "budget"])
def test_the_end_is_told_to_who_waits_and_what_is_in_flight_arrives(place: str) -> None:
    going_on = asyncio.Event()

    async def behaviour(asked: Asked) -> None:
        if asked.body["messages"][1]["content"] == "What is 0?":
            await going_on.wait()
            await asked.answer()
        elif place == "delay":
            await asked.answer(b"", 429, retry_after="500")
        elif place == "server":
            asked.reset()
        else:
            await asked.answer()

    settings = {
        "concurrency": 1 if place == "slot" else 64,
        "requests_per_minute": 1 if place == "rate" else None,
        "budget": Purse(1) if place == "budget" else None,
    }

    async def work(client: OpenAIClient) -> tuple[Any, list[Any]]:
        flying = asyncio.create_task(client.ask(request(0)))
        await settled(lambda: client.traffic().in_flight == 1)
        waiting = [asyncio.create_task(client.ask(request(number))) for number in range(1, 9)]
        await settled(lambda: client.traffic().waiting == 8)
        client.end(StoppedError("enough"))
        errors = await asyncio.gather(*waiting, return_exceptions=True)
        assert client.traffic().in_flight == 1
        going_on.set()
        return await flying, errors

    (arrived, errors), _, _ = asking(behaviour, work, **settings)
    assert arrived.content == "It is 2."
    assert {str(error) for error in errors} == {"enough"}
    assert all(isinstance(error, StoppedError) for error in errors)


def test_nothing_is_sent_once_the_run_was_told_to_stop() -> None:
    try:
        STOP.set()
        got, asked, _ = asking(good)
    finally:
        STOP.clear()
    assert isinstance(got, StoppedError)
    assert asked == []


def test_a_request_that_is_never_answered_holds_up_no_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.teachers.connecting._MOST_SILENT_S", 0.2)

    async def main() -> None:
        async with serving(silent) as server, connected(teacher(server.base_url), 600, tmp_path) as client:
            asked = asyncio.create_task(client.ask(request()))
            await settled(lambda: len(server.asked) == 1)
            STOP.set()
            with pytest.raises(StoppedError):
                await asyncio.wait_for(asked, 60)

    try:
        asyncio.run(main())
    finally:
        STOP.clear()


def test_a_request_that_was_cancelled_gives_its_slot_back() -> None:
    arrived = asyncio.Event()

    async def silent_at_first(asked: Asked) -> None:
        arrived.set()
        await first(silent)(asked)

    async def work(client: OpenAIClient) -> Completion:
        cancelled = asyncio.create_task(client.ask(request(0)))
        await arrived.wait()
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        return await client.ask(request(1))

    purse = Purse(10)
    got, _, _ = asking(silent_at_first, work, concurrency=1, budget=purse)
    assert isinstance(got, Completion)
    assert purse.ends == ["lost: given up", "settled"]


@pytest.mark.parametrize(
    ("bad", "end"),
    [
        (saying(b"", 429), "released"),
        (saying(b"", 500), "released"),
        (half, "lost: closed mid-reply"),
        (BROKEN, "lost: broken JSON"),
        (silent, "lost: timeout"),
    ],
)
def test_each_try_is_held_and_ends_as_it_was_billed(bad: Behaviour, end: str) -> None:
    purse = Purse(10)
    asking(first(bad), timeout_s=0.2, budget=purse)
    assert purse.ends == [end, "settled"]


def test_a_budget_that_is_spent_ends_all() -> None:
    async def work(client: OpenAIClient) -> list[Any]:
        return await asyncio.gather(*(client.ask(request(number)) for number in range(9)), return_exceptions=True)

    purse = Purse(3, refuses=True)
    got, asked, _ = asking(good, work, concurrency=1, budget=purse)
    assert [type(one) for one in got] == [Completion] * 3 + [StoppedError] * 6
    assert {str(one) for one in got[3:]} == {"the budget is spent"}
    assert (len(asked), purse.ends) == (3, ["settled"] * 3)


def test_what_several_teachers_do_is_shown_as_one_and_workers_only_where_there_are_some() -> None:
    api = Traffic(3, 2, {"timeout": 1})
    one = Traffic(64, 10, {"timeout": 2, "HTTP 500": 1}, WorkerLoad(1, 2, 40, 5, 0.5, preempted=3, restarts=1))
    other = Traffic(1, 0, {}, WorkerLoad(1, 1, 2, 0, None, preempted=0, restarts=0))
    assert taken_together([api]) == api
    assert taken_together([api, one, other]) == Traffic(
        68, 12, {"timeout": 3, "HTTP 500": 1}, WorkerLoad(2, 3, 42, 5, 0.5, preempted=3, restarts=1)
    )
