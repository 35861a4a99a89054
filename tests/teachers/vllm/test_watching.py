"""vLLM servers behind a client, over real HTTP: steered by what they say, left alone while they are down."""

import asyncio
from collections.abc import Iterator

import pytest

from datagen.errors import StoppedError
from datagen.teachers.base import Completion
from datagen.teachers.faults import MOST_TRIES
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.vllm.pressure import LEAST_MARGIN
from datagen.teachers.vllm.state import WorkerState
from tests.teachers.misbehaving import request, settled
from tests.teachers.vllm.standing_in import StandIn, standing_in, vllm_client


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("datagen.teachers.vllm.watching._READ_EVERY_S", 0.02)
    monkeypatch.setattr("datagen.teachers.vllm.watching._STATES_EVERY_S", 0.01)
    return


async def answered(client: OpenAIClient, problems: int, attempts: int = 1) -> list[Completion]:
    asks = (client.ask(request(problem)) for problem in range(problems) for _ in range(attempts))
    return await asyncio.gather(*asks)


def test_concurrency_is_at_each_server_and_a_wave_is_at_one() -> None:
    one, two = StandIn(answer_s=0.05), StandIn(answer_s=0.05)

    async def main() -> int:
        async with standing_in(one, two), vllm_client(one, two, concurrency=16) as client:
            await answered(client, 40, attempts=4)
            return client.slots

    assert asyncio.run(main()) == 32
    assert set(one.asked.values()) == set(two.asked.values()) == {4}
    assert not one.asked.keys() & two.asked.keys()
    assert 60 <= one.asked.total() <= 100
    assert max(one.most_in_flight, two.most_in_flight) <= 16 + 3


def test_a_server_that_queues_gets_less_and_the_others_get_the_rest() -> None:
    small, large = StandIn(most_running=8, answer_s=0.05), StandIn(answer_s=0.05)

    async def main() -> None:
        async with standing_in(small, large), vllm_client(small, large, concurrency=64) as client:
            asks = asyncio.create_task(answered(client, 2000))
            await settled(lambda: small.finished > 8 and small.in_flight <= 8 + LEAST_MARGIN)
            for _ in range(20):
                await asyncio.sleep(0.02)
                assert small.in_flight <= 64 // 2
            workers = client.traffic().workers
            assert workers is not None
            assert (workers.up, workers.of) == (2, 2)
            assert workers.running >= 8
            assert workers.kv_use is not None
            assert large.most_in_flight > 60
            client.end(StoppedError("enough"))
            await asyncio.gather(asks, return_exceptions=True)

    asyncio.run(main())


def test_a_server_without_the_page_is_asked_as_much_as_it_may_be() -> None:
    server = StandIn(most_running=4, answer_s=0.02, metrics=False)

    async def main() -> None:
        async with standing_in(server), vllm_client(server, concurrency=32) as client:
            await answered(client, 200)
            workers = client.traffic().workers
            assert workers is not None
            assert (workers.up, workers.running, workers.kv_use) == (1, 0, None)

    asyncio.run(main())
    assert server.most_in_flight == 32


def test_what_a_killed_server_had_is_answered_by_the_others_and_it_gets_its_share_when_it_is_back() -> None:
    one, two = StandIn(answer_s=0.1), StandIn(answer_s=0.1)
    up, restarts = {"one": True}, 0

    def states() -> list[WorkerState]:
        return [WorkerState(one.base_url, up["one"], restarts), WorkerState(two.base_url, True, 0)]

    async def main() -> None:
        nonlocal restarts
        async with standing_in(one, two), vllm_client(one, two, states=states, concurrency=32) as client:
            asks = asyncio.create_task(answered(client, 600))
            await settled(lambda: one.in_flight == 32)
            await one.kill()
            lost = one.asked.total() - one.finished + one.in_flight
            up["one"] = False
            before = two.asked.total()
            await settled(lambda: two.asked.total() > before + lost)
            workers = client.traffic().workers
            assert workers is not None
            assert (workers.up, workers.of) == (1, 2)
            asked = one.asked.total()
            await one.start()
            await asyncio.sleep(0.1)
            assert one.asked.total() == asked
            restarts, up["one"] = 1, True
            await settled(lambda: one.asked.total() > asked)
            assert len(await asks) == 600
            workers = client.traffic().workers
            assert workers is not None
            assert (workers.up, workers.restarts) == (2, 1)

    asyncio.run(main())
    twice = one.asked + two.asked
    assert sum(number - 1 for number in twice.values()) <= 32 + 8


def test_no_request_is_given_up_while_its_server_is_brought_back_again_and_again() -> None:
    server = StandIn(answer_s=0.02)
    restarts, up = -1, False

    def states() -> list[WorkerState]:
        return [WorkerState(server.base_url, up, max(restarts, 0))]

    async def main() -> list[Completion]:
        nonlocal restarts, up
        await server.start()
        await server.kill()
        async with vllm_client(server, states=states, concurrency=8) as client:
            asks = asyncio.create_task(answered(client, 8))
            server.answer_s = 60
            for _ in range(MOST_TRIES + 1):
                await server.start()
                restarts, up = restarts + 1, True
                await settled(lambda: server.in_flight == 8)
                await server.kill()
                await settled(lambda: client.traffic().in_flight == 0)
            server.answer_s = 0.01
            await server.start()
            restarts += 1
            got = await asks
            await server.kill()
            return got

    assert len(asyncio.run(main())) == 8


def test_who_waits_for_a_server_that_is_down_is_told_the_end() -> None:
    server = StandIn()

    async def main() -> list[object]:
        async with standing_in(server):
            states = [WorkerState(server.base_url, False, 0)]
            async with vllm_client(server, states=lambda: states) as client:
                asks = asyncio.gather(*(client.ask(request(number)) for number in range(5)), return_exceptions=True)
                await asyncio.sleep(0.1)
                assert client.traffic().waiting == 5
                client.end(StoppedError("enough"))
                return list(await asks)

    assert {str(error) for error in asyncio.run(main())} == {"enough"}
    assert server.asked.total() == 0


def test_whoever_says_how_servers_stand_and_fails_ends_the_client_with_that() -> None:
    server = StandIn()
    said = 0

    def states() -> list[WorkerState]:
        nonlocal said
        said += 1
        if said > 3:
            raise RuntimeError("broken")
        return [WorkerState(server.base_url, False, 0)]

    async def main() -> None:
        async with standing_in(server), vllm_client(server, states=states) as client:
            with pytest.raises(ExceptionGroup) as ended:
                await client.ask(request())
            assert ended.group_contains(RuntimeError, match="broken")

    asyncio.run(main())
