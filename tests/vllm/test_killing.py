"""Two workers side by side, one of them killed; then the run itself, which leaves nothing alive and goes on later."""

import json
import re
import signal
from collections import Counter

import psutil
import pytest

from tests.end_to_end.runs import Command, build, counts, journal_lines, rows, running, wait_until

pytestmark = pytest.mark.vllm

_STARTED_S = 240
_GONE_S = 10


def test_killed_workers_come_back_a_killed_run_leaves_none_and_nothing_is_lost_or_paid_twice(python, prefect, tmp_path):
    run = tmp_path / "outputs" / "tiny-vllm"
    arguments = ("tiny-vllm", "--set", f"teachers.tiny.python={python}")
    few = ("--set", "teachers.tiny.workers=2", "--set", "teachers.tiny.concurrency=2")  # so that it takes its time
    with running("build", *arguments, *few, cwd=tmp_path, **prefect) as command:
        wait_until(lambda: _times(command, "is up") == 2, "both workers are up", _STARTED_S)
        wait_until(lambda: len(journal_lines(run)) >= 20, "completions arrive", _STARTED_S)
        _api_servers(command)[0].send_signal(signal.SIGKILL)
        wait_until(lambda: "starts again" in command.out, "the end of a worker is seen", 60)
        before = len(journal_lines(run))
        wait_until(lambda: len(journal_lines(run)) >= before + 10, "the other worker goes on", 120)
        wait_until(lambda: _times(command, "is up") == 3, "the killed worker is back", _STARTED_S)
        assert command.process.poll() is None, "the run ended before it could be killed"
        command.process.kill()
        command.process.wait()
        wait_until(lambda: not command.left_behind(), "no process is left", _GONE_S)
    paid = _keys(run)
    build(*arguments, cwd=tmp_path, **prefect)
    asked = Counter(_keys(run))
    assert set(asked.values()) == {1}
    assert set(paid) <= set(asked)
    assert counts(run, "sample")["asked_now"] == len(asked) - len(paid)
    solutions = Counter((row["problem_id"], row["attempt"]) for row in rows(run, "solutions"))
    assert set(solutions.values()) == {1}


def _times(command: Command, said: str) -> int:
    return len(re.findall(said, command.out))


def _api_servers(command: Command) -> list[psutil.Process]:
    found = (int(line.split()[0]) for line in command.left_behind() if "vllm.entrypoints" in line)
    return [process for process in map(psutil.Process, found) if "supervisor" not in " ".join(process.cmdline())]


def _keys(run) -> list[str]:
    return [json.loads(line)["key"] for line in journal_lines(run)]
