"""A teacher's servers come back at the same address, are given up with a reason, and leave nothing behind."""

import os
import signal
import urllib.request

from tests.teachers.vllm.fleets import World, fleet, until


def answers(url: str) -> bool:
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/health", timeout=5) as reply:
        return reply.status == 200


def test_a_worker_that_is_up_answers_and_ends_with_its_block(world: World) -> None:
    with fleet(world) as workers:
        assert answers(workers.urls[0])
        (state,) = workers.states()
        assert (state.url, state.is_up, state.restarts) == (workers.urls[0], True, 0)


def test_a_killed_worker_comes_back_at_the_same_address(world: World) -> None:
    with fleet(world) as workers:
        os.kill(world.processes()[0].pid, signal.SIGKILL)
        until(lambda: workers.states()[0].restarts == 1)
        until(lambda: workers.states()[0].is_up)
        assert answers(workers.urls[0])
        assert workers.error is None
