"""How a stage ends when Prefect ends the run: by a real signal, in the main thread, as a worker sends it."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

import psutil
import pytest
from prefect.exceptions import TerminationSignal

from datagen.stopping import LEAVE, STOP
from flows.attending import attended
from tests.end_to_end.runs import ROOT, user_environment, wait_until

_STUCK = """
import os, pathlib, signal, sys, threading, time
from prefect.exceptions import TerminationSignal
from datagen.children import Child
from datagen.workspace import Workspace
from flows import attending

def end(number, frame):
    raise TerminationSignal(number)

def work():
    Child(["sleep", "600"], log=folder / "log")
    print("at work", flush=True)
    time.sleep(600)

folder = pathlib.Path(sys.argv[1])
attending._PATIENCE_S = attending._END_S = 0.1
signal.signal(signal.SIGTERM, end)
with Workspace(folder).locked():
    try:
        attending.attended(work)
    finally:
        print("went on", flush=True)
"""


@pytest.fixture
def prefects_signals():
    """What a flow that Prefect runs does with SIGTERM."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise TerminationSignal(number)

    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)
    STOP.clear()
    LEAVE.clear()


@pytest.mark.usefixtures("prefects_signals")
def test_a_stage_that_is_told_to_stop_is_waited_for():
    steps = []

    def work():
        os.kill(os.getpid(), signal.SIGTERM)
        STOP.wait()
        steps.append("told")
        LEAVE.wait()
        time.sleep(0.3)  # it has something to put away
        steps.append("ended")
        return {}

    with pytest.raises(TerminationSignal):
        attended(work)
    assert steps == ["told", "ended"]


def test_a_stage_that_does_not_stop_ends_with_its_process_and_children_and_unlocks_nothing_before(tmp_path):
    words = [sys.executable, "-c", _STUCK, str(tmp_path)]
    environment = user_environment() | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "at work\n"
        children = children_of(run.pid)
        run.terminate()
        assert run.stdout.read() == ""
        assert run.wait(60) == 3
    assert children
    wait_until(lambda: not any(map(is_alive, children)), "its children have ended")


def children_of(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
