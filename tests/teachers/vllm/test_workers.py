"""A teacher's servers come back at the same address, are given up with a reason, and leave nothing behind."""

import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from datagen import stopping
from datagen.errors import DatagenError, StoppedError, UsageError
from datagen.teachers.vllm import workers as workers_module
from datagen.teachers.vllm.interpreter import GPU, Interpreter
from datagen.teachers.vllm.placing import Places
from datagen.teachers.vllm.workers import running_workers
from tests.teachers.vllm.fleets import HASTY, World, alive, fleet, lives, teacher, until

BEHAVED = {"family": True}
STUBBORN = {"family": True, "stubborn": True}


def answers(url: str) -> bool:
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/health", timeout=5) as reply:
        return reply.status == 200


@contextlib.contextmanager
def when_started(world: World, do: Callable[[], object]) -> Iterator[None]:
    """Do something as soon as the server's process is there, whatever the block waits for."""
    log = world.logs / "vllm-tiny-0.log"

    def wait_and_do() -> None:
        until(lambda: log.exists() and world.processes())
        do()

    waiter = threading.Thread(target=wait_and_do)
    waiter.start()
    yield
    waiter.join()


def test_a_worker_that_is_up_answers_and_ends_with_its_block(world: World) -> None:
    world.order(**BEHAVED)
    with fleet(world) as workers:
        assert answers(workers.urls[0])
        (state,) = workers.states()
        assert (state.url, state.is_up, state.restarts) == (workers.urls[0], True, 0)
        assert len(world.processes()) == 3


def test_a_killed_worker_comes_back_at_the_same_address(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "datagen")
    world.order(**BEHAVED)
    with fleet(world) as workers:
        first = world.processes()
        os.kill(first[0].pid, signal.SIGKILL)
        until(lambda: workers.states()[0].restarts == 1)
        assert alive(first) == []
        until(lambda: workers.states()[0].is_up)
        assert answers(workers.urls[0])
        assert workers.error is None
    assert "restart 1 ===" in world.log()
    announced, *said = caplog.messages
    assert announced == f"teacher tiny: starting a vLLM worker (log: {world.logs}/vllm-tiny-0.log)"
    assert said[0].startswith("teacher tiny: worker 0 is up after ")
    assert said[1].startswith("teacher tiny: worker 0 ended (signal 9) (all of it: ")
    assert said[1].endswith("; starts again in 0 s")


@pytest.mark.parametrize("victim", ["supervisor", "server"])
def test_what_a_worker_started_ends_when_its_supervisor_or_server_is_killed(world: World, victim: str) -> None:
    world.order(**BEHAVED)
    with fleet(world) as workers:
        server, engine, stray = world.processes()
        group = [server, engine] if victim == "supervisor" else [server, engine, stray]
        (server.parent() if victim == "supervisor" else server).kill()
        assert alive(group) == []
        until(lambda: workers.states()[0].restarts >= 1 and workers.states()[0].is_up)
        stray.kill() if victim == "supervisor" else None  # a session of its own, and nobody left who knew of it


def test_all_workers_serve_and_one_may_be_down(world: World) -> None:
    with fleet(world, workers=2) as workers:
        until(lambda: all(state.is_up for state in workers.states()))
        assert len(set(workers.urls)) == 2
        world.order(exit=1, say="ValueError: no luck")
        os.kill(world.processes(1)[0].pid, signal.SIGKILL)
        until(lambda: not workers.states()[1].is_up)
        assert answers(workers.urls[0])
        world.order()
        until(lambda: workers.states()[1].is_up)


def test_a_worker_that_ends_again_and_again_is_given_up_with_the_reason(world: World) -> None:
    with fleet(world) as workers:
        world.order(exit=3, say="ValueError: the GPU fell off")
        os.kill(world.processes()[0].pid, signal.SIGKILL)
        until(lambda: workers.error)
        assert str(workers.error).startswith("teacher tiny: worker 0 ended at its start: the GPU fell off")
        assert workers.states()[0].restarts == 4


def test_when_none_can_start_the_reason_is_told_at_once(world: World) -> None:
    world.order(exit=1, say="RuntimeError: Cannot find any model weights")
    with pytest.raises(DatagenError) as refusal, fleet(world, workers=2):
        pass
    said = str(refusal.value)
    log = world.logs / "vllm-tiny-0.log"
    assert said.startswith("teacher tiny: worker 0 ended at its start: Cannot find any model weights")
    assert said.endswith(f"(all of it: {log})")
    assert "started again" not in log.read_text()


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ({"serves": "other"}, "worker 0 serves other, not tiny-model; see model and engine_args"),
        ({"hang": ["completions"]}, "answers /health, but hangs on the first request: no token within 2 s"),
        ({"fail": {"completions": 400}}, "refuses the first request: HTTP 400"),
    ],
    ids=["another model", "hangs", "refuses"],
)
def test_a_server_that_is_healthy_but_no_use_is_told_and_ended(world: World, orders: dict, said: str) -> None:
    world.order(**orders)
    with pytest.raises(DatagenError, match=said), fleet(world):
        pass
    assert alive(world.processes()) == []


def test_a_server_that_never_gets_healthy_is_given_up_in_time(world: World) -> None:
    world.order(hang=["health"])
    hastier = replace(HASTY, start=1.0)
    with (
        pytest.raises(DatagenError, match="did not answer /health within 1 s: "),
        fleet(world, patience=hastier),
    ):
        pass


def test_a_server_that_is_killed_at_its_start_is_told_so(world: World) -> None:
    world.order(hang=["health"])
    said = r"worker 0 ended at its start \(signal 9\): killed, mostly by the kernel"
    killed = when_started(world, lambda: world.processes()[0].kill())
    with killed, pytest.raises(DatagenError, match=said), fleet(world):
        pass


def test_a_slow_start_is_spoken_of(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "datagen")
    world.order(slow_s=1.0, say="Loading weights")
    with fleet(world, patience=replace(HASTY, say=0.2)):
        pass
    assert re.search(r"teacher tiny: worker 0 is starting, \d s so far: Loading weights", caplog.text)


def test_a_server_that_falls_silent_is_started_again(world: World) -> None:
    with fleet(world) as workers:
        world.order(hang=["health"])
        until(lambda: not workers.states()[0].is_up)
        world.order()
        until(lambda: workers.states()[0].restarts == 1 and workers.states()[0].is_up)


def test_requests_are_not_sent_to_a_server_whose_engine_is_dead(world: World) -> None:
    with fleet(world, patience=replace(HASTY, silent=600.0)) as workers:
        world.order(fail={"health": 503})
        until(lambda: not workers.states()[0].is_up)
        world.order()
        until(lambda: workers.states()[0].is_up)
        assert workers.states()[0].restarts == 0


def test_a_server_that_generates_nothing_is_started_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with fleet(world) as workers:
        world.order(running=3, generated="stands")
        until(lambda: workers.states()[0].restarts == 1)
        world.order()
    assert "generated nothing for 1 s with requests running" in caplog.text


def test_an_idle_server_that_would_answer_nobody_is_started_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with fleet(world, patience=replace(HASTY, probe=1.0, stuck=0.5)) as workers:
        world.order(generated="stands", hang=["completions"])
        until(lambda: workers.states()[0].restarts == 1)
        world.order(generated="stands")
        until(lambda: workers.states()[0].is_up)
        until(lambda: len(world.log().split("=== ")[-1].split("asked")) > 2)
        assert workers.states()[0].restarts == 1
    assert "answers /health, but hangs: no token within 1 s" in caplog.text


def test_a_stop_is_heeded_while_a_server_starts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr(stopping, "STOP", stop)
    world.order(hang=["health"])
    with when_started(world, stop.set), pytest.raises(StoppedError), fleet(world):
        pass
    assert alive(world.processes()) == []


def test_a_start_that_nobody_wants_any_more_is_left(world: World) -> None:
    is_over = threading.Event()
    world.order(hang=["health"])
    starting = running_workers(teacher(), world.logs, world.interpreter, is_over)
    with when_started(world, is_over.set), pytest.raises(StoppedError), starting:
        pass
    assert alive(world.processes()) == []


def test_a_port_in_use_is_told_before_anything_is_started(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use"), fleet(world, port=port):
            pass
    assert list(world.logs.iterdir()) == []


def test_a_port_that_was_taken_meanwhile_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with fleet(world) as workers:
        server = world.processes()[0]
        server.suspend()
        server.kill()
        port = int(workers.urls[0].rpartition(":")[2].partition("/")[0])
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

            def is_mine() -> bool:
                try:
                    taken.bind(("127.0.0.1", port))
                except OSError:
                    return False
                taken.listen()
                return True

            until(is_mine)
            until(lambda: f"worker 0: port {port} is in use by another program" in caplog.text)
        until(lambda: workers.states()[0].is_up)


def test_gpus_go_to_the_next_teacher_when_all_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_PLACES", Places())
    world.interpreter = Interpreter(world.interpreter.python, "0.32.0", False, (GPU("0", "H200", 1, 1),))
    world.order(**BEHAVED)
    with fleet(world):
        first = world.processes()
    with fleet(world):
        assert not any(map(lives, first))


def test_a_killed_run_leaves_no_process(world: World, tmp_path: Path) -> None:
    """Even when no process heeds SIGTERM, and one has a session of its own."""
    world.order(**STUBBORN)
    program = (
        "import sys; from pathlib import Path\n"
        "from datagen.recipe_teachers import VLLMTeacher\n"
        "from datagen.teachers.vllm.interpreter import Interpreter\n"
        "from datagen.teachers.vllm.workers import running_workers\n"
        "teacher = VLLMTeacher(name='tiny', kind='vllm', model='tiny-model')\n"
        "with running_workers(teacher, Path(sys.argv[2]), Interpreter(sys.argv[1], '0.32.0', True, ())):\n"
        "    print('up', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, world.interpreter.python, str(world.logs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"up\n"
        started = [*world.processes(), *psutil.Process(run.pid).children(recursive=True)]
        run.kill()
    assert alive(started) == []


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)"], ids=["at its end", "early"])
def test_a_process_that_ends_without_ending_its_workers_waits_for_them(world: World, ending: str) -> None:
    program = (
        "import sys, threading; from pathlib import Path\n"
        "from datagen.recipe_teachers import VLLMTeacher\n"
        "from datagen.teachers.vllm.interpreter import Interpreter\n"
        "from datagen.teachers.vllm.server import Patience\n"
        "from datagen.teachers.vllm.workers import Workers\n"
        "teacher = VLLMTeacher(name='tiny', kind='vllm', model='tiny-model')\n"
        "workers = Workers(teacher, Path(sys.argv[2]), Interpreter(sys.argv[1], '0.32.0', True, ()), Patience())\n"
        f"workers.wait_until_one_is_up(threading.Event())\nprint('up', flush=True)\n{ending}"
    )
    world.order(**BEHAVED)
    command = [sys.executable, "-c", program, world.interpreter.python, str(world.logs)]
    run = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=False)
    assert run.stdout == b"up\n"
    assert not any(psutil.pid_exists(int(line.split()[-1])) for line in world.log().splitlines() if line[-1:].isdigit())


def test_a_log_goes_on_over_restarts_and_the_former_runs_is_kept(world: World) -> None:
    with fleet(world):
        pass
    before = world.log()
    with fleet(world):
        assert before not in world.log()
    assert (world.logs / "vllm-tiny-0.log.1").read_text() == before
    assert sorted(path.name for path in world.logs.iterdir()) == ["vllm-tiny-0.log", "vllm-tiny-0.log.1"]
