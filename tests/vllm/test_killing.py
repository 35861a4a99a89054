"""Workers killed at work, and the run itself: others go on, nothing is left alive, nothing is lost or paid twice."""

import json
import re
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.runs import Command, counts, journal_lines, rows, running, wait_until

pytestmark = pytest.mark.vllm

_STARTED_S = 240
_GONE_S = 10


def test_killed_workers_and_runs_lose_nothing_pay_nothing_twice_and_leave_nothing_alive(python, prefect, tmp_path):
    run = tmp_path / "outputs" / "tiny-vllm"
    arguments = ("build", "tiny-vllm", "--limit", "60", "--set", f"teachers.tiny.python={python}")
    two = ("--set", "teachers.tiny.workers=2", "--set", "teachers.tiny.concurrency=2")  # so that it takes its time
    with running(*arguments, *two, cwd=tmp_path, **prefect) as command:
        wait_until(lambda: _times(command, "is up") == 2, "both workers are up", _STARTED_S)
        _kill_a_worker_at_work(command, run)
        before = len(journal_lines(run))
        wait_until(lambda: len(journal_lines(run)) >= before + 10, "the other worker goes on", 120)
        assert command.process.poll() is None, "the run ended before it could be killed"
        command.process.kill()
        command.process.wait()
        wait_until(lambda: not command.left_behind(), "no process is left", _GONE_S)
    paid = _keys(run)
    with running(*arguments, cwd=tmp_path, **prefect) as command:  # one worker, which is all there is to wait for
        wait_until(lambda: len(journal_lines(run)) >= len(paid) + 20, "completions arrive", _STARTED_S)
        _kill_a_worker_at_work(command, run)
        wait_until(lambda: _times(command, "is up") == 2, "the killed worker is back", _STARTED_S)
        done = command.wait()
        assert done.status == 0, done.out + done.err
        wait_until(lambda: not command.left_behind(), "no process is left")
    asked = Counter(_keys(run))
    assert set(asked.values()) == {1}
    assert set(paid) <= set(asked)
    assert counts(run, "sample")["asked_now"] == len(asked) - len(paid)
    assert counts(run, "sample")["workers"] == {"of": 1, "preempted": 0, "restarts": 1}
    solutions = Counter((row["problem_id"], row["attempt"]) for row in rows(run, "solutions"))
    assert set(solutions.values()) == {1}


def _kill_a_worker_at_work(command: Command, run: Path) -> None:
    before = len(journal_lines(run))
    wait_until(lambda: len(journal_lines(run)) >= before + 20, "completions arrive", _STARTED_S)
    _api_servers(command)[0].send_signal(signal.SIGKILL)
    wait_until(lambda: "starts again" in command.out, "the end of a worker is seen", 60)


def _times(command: Command, said: str) -> int:
    return len(re.findall(said, command.out))


def _api_servers(command: Command) -> list[psutil.Process]:
    found = (int(line.split()[0]) for line in command.left_behind() if "vllm.entrypoints" in line)
    return [process for process in map(psutil.Process, found) if "supervisor" not in " ".join(process.cmdline())]


def _keys(run: Path) -> list[str]:
    return [json.loads(line)["key"] for line in journal_lines(run)]
