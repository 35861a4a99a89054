"""A child process never outlives its run: not its block, not a kill -9, not by a grandchild that ignores signals."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from datagen.children import Child, running
from datagen.errors import DatagenError

SLEEPER = "import os, time; print('ready', os.getpid(), flush=True); time.sleep(600)"
FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_DFL)
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
grandchild = subprocess.Popen([sys.executable, "-c", ignore], stdout=subprocess.PIPE)
grandchild.stdout.readline()
print("ready", os.getpid(), grandchild.pid, flush=True)
ENDING
"""


def said_ready(said: str) -> str | None:
    return next((line for line in said.splitlines() if line.startswith("ready")), None)


def processes(ready: str) -> list[psutil.Process]:
    return [psutil.Process(int(pid)) for pid in ready.split()[1:]]


def alive(started: list[psutil.Process]) -> list[psutil.Process]:
    deadline = time.monotonic() + 20
    while (left := [one for one in started if lives(one)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_child_ends_with_its_block(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLEEPER]
    with running("sleeper", command, log=tmp_path / "log", ready=said_ready, timeout_s=30) as ready:
        started = processes(ready)
        assert started[0].is_running()
    assert alive(started) == []


def test_a_child_stays_in_the_session_of_its_run_and_out_of_its_group(tmp_path: Path) -> None:
    """Linux shares cores out by session: a child that polls in one of its own starves the run. Ctrl-C goes by group."""
    command = [sys.executable, "-c", SLEEPER]
    with running("sleeper", command, log=tmp_path / "log", ready=said_ready, timeout_s=30) as ready:
        (child,) = processes(ready)
        assert os.getsid(child.pid) == os.getsid(0)
        assert os.getpgid(child.pid) not in (os.getpgrp(), os.getpgid(child.ppid()))


def test_a_child_ends_with_a_block_that_fails(tmp_path: Path) -> None:
    started: list[psutil.Process] = []

    def fail() -> None:
        command = [sys.executable, "-c", SLEEPER]
        with running("sleeper", command, log=tmp_path / "log", ready=said_ready, timeout_s=30) as ready:
            started.extend(processes(ready))
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert alive(started) == []


def test_what_a_child_started_ends_with_it_even_when_it_ignores_signals(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FAMILY.replace("ENDING", "time.sleep(600)")]
    with running("family", command, log=tmp_path / "log", ready=said_ready, timeout_s=30) as ready:
        started = processes(ready)
        assert len(started) == 2
    assert alive(started) == []


def test_what_a_child_started_does_not_outlive_its_crash(tmp_path: Path) -> None:
    crash = tmp_path / "crash"
    ending = f"while not os.path.exists({str(crash)!r}): time.sleep(0.02)\nos._exit(3)"
    command = [sys.executable, "-c", FAMILY.replace("ENDING", ending)]
    with running("family", command, log=tmp_path / "log", ready=said_ready, timeout_s=30) as ready:
        started = processes(ready)
        crash.touch()
        assert alive(started) == []


def test_a_child_and_its_group_end_when_the_run_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from datagen.children import running\n"
        "ready = lambda said: next((line for line in said.splitlines() if line.startswith('ready')), None)\n"
        "command = [sys.executable, '-c', sys.argv[2]]\n"
        "with running('family', command, log=Path(sys.argv[1]), ready=ready, timeout_s=30) as line:\n"
        "    print(line, flush=True); sys.stdin.read()"
    )
    family = FAMILY.replace("ENDING", "time.sleep(600)")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log"), family], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        started = processes(run.stdout.readline().decode())
        started += psutil.Process(run.pid).children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
    assert alive(started) == []


def test_a_child_that_ends_at_its_start_is_reported_with_its_last_line(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such model')"]
    with (
        pytest.raises(DatagenError, match="teacher ended at its start: no such model") as refusal,
        running("teacher", command, log=tmp_path / "log", ready=said_ready, timeout_s=30),
    ):
        pass
    assert str(tmp_path / "log") in str(refusal.value)


def test_a_child_that_never_gets_ready_is_ended_and_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLEEPER.replace("ready", "waiting")]
    with (
        pytest.raises(DatagenError, match="was not ready within 1 s"),
        running("teacher", command, log=tmp_path / "log", ready=said_ready, timeout_s=1),
    ):
        pass
    said = (tmp_path / "log").read_text().split()
    assert not said or not psutil.pid_exists(int(said[1]))


STRAY = """
import os, subprocess, sys, time
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
stray = subprocess.Popen([sys.executable, "-c", ignore], stdout=subprocess.PIPE, start_new_session=True)
stray.stdout.readline()
print("ready", os.getpid(), stray.pid, flush=True)
time.sleep(600)
"""
SHARING = """
import os, time
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(create=True, size=4096)
print("ready", os.getpid(), memory.name, flush=True)
time.sleep(600)
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to a supervisor")


@contextlib.contextmanager
def started(tmp_path: Path, program: str) -> Iterator[tuple[Child, list[str]]]:
    child = Child([sys.executable, "-c", program], log=tmp_path / "log")
    try:
        deadline = time.monotonic() + 30
        while (ready := said_ready(child.said())) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield child, ready.split()[1:]
    finally:
        child.end()
        assert child.wait(20)


@on_linux
def test_what_made_a_session_of_its_own_ends_too(tmp_path: Path) -> None:
    with started(tmp_path, STRAY) as (child, pids):
        family = [psutil.Process(int(pid)) for pid in pids]
        child.end()
        assert alive(family) == []


def test_a_killed_supervisor_leaves_no_group(tmp_path: Path) -> None:
    with started(tmp_path, FAMILY.replace("ENDING", "time.sleep(600)")) as (child, pids):
        family = [psutil.Process(int(pid)) for pid in pids]
        family[0].parent().kill()
        assert alive(family) == []
        assert child.wait(20)
        assert child.ending == "signal 9"


@on_linux
def test_a_killed_child_leaves_no_shared_memory(tmp_path: Path) -> None:
    with started(tmp_path, SHARING) as (child, (pid, name)):
        assert Path("/dev/shm", name).exists()
        os.kill(int(pid), signal.SIGKILL)
        assert child.wait(20)
        assert not Path("/dev/shm", name).exists()


@pytest.mark.parametrize(
    ("ending", "said"),
    [("exit(0)", "status 0"), ("exit(3)", "status 3"), ("os.kill(os.getpid(), 9)", "signal 9")],
)
def test_how_a_child_ended_is_told(tmp_path: Path, ending: str, said: str) -> None:
    child = Child([sys.executable, "-c", f"import os; {ending}"], log=tmp_path / "log")
    assert child.wait(20)
    assert child.ending == said


def test_a_log_that_goes_on_keeps_what_was_said_before_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        command = [sys.executable, "-c", f"print('life {number}')"]
        child = Child(command, log=tmp_path / "log", is_continued=number > 1)
        assert child.wait(20)
        assert child.said() == f"life {number}\n"
    assert (tmp_path / "log").read_text() == "life 1\nlife 2\n"


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", "print('x' * 1000); print('last')"], log=tmp_path / "log")
    assert child.wait(20)
    assert child.said(7) == "x\nlast\n"
    assert child.last_line == "last"
