"""Verification workers: nothing hostile holds anyone up, the next pair gets its verdict, no process is left behind."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from datagen.verify.pair import Judgement, Pair
from datagen.verify.workers import Limits, Workers

TOWER = "9^{9^{9^{9^{9}}}}+1"
HOSTILE = {
    "a tower of powers": TOWER,
    "a huge factorial": "10000000000!",
    "5000 braces deep": "{" * 5000 + "5" + "}" * 5000,
    "5000 fractions deep": "\\frac{1}{" * 5000 + "5" + "}" * 5000,
    "a megabyte of digits": "7" * 1_000_000,
    "a huge power": "10^{10^{10}}",
    "half of a surrogate pair": "6\0\ud800",
}
EASY = Pair("\\frac{1}{2}", "x-x+0.5")


@pytest.fixture(scope="module")
def verifier() -> Iterator[Workers]:
    with Workers(Limits(cpu_s=0.5, memory_mb=1024), workers=2) as verifier:
        yield verifier


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_is_decided_or_late_and_the_next_ones_get_their_verdicts(verifier: Workers, name: str) -> None:
    hostile = verifier.submit(Pair("5", HOSTILE[name]))
    others = [verifier.submit(EASY) for _ in range(4)]
    assert [other.result(60).verdict for other in others] == ["correct"] * 4
    assert hostile.result(60).verdict in {"timeout", "wrong"}


def test_a_hostile_gold_is_no_worse(verifier: Workers) -> None:
    assert verifier.submit(Pair(TOWER, "5")).result(60) == Judgement("timeout", "cpu-limit")
    assert verifier.submit(EASY).result(60).verdict == "correct"


def test_a_worker_that_was_killed_while_idle_costs_no_verdict() -> None:
    before = set(new_processes(of_workers=True))
    with Workers(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        assert verifier.submit(EASY).result(60).verdict == "correct"
        (worker,) = set(new_processes(of_workers=True)) - before
        worker.kill()
        worker.wait(10)
        assert verifier.submit(EASY).result(60) == Judgement("correct", "math-verify")


def test_pairs_can_be_given_from_many_threads(verifier: Workers) -> None:
    with ThreadPoolExecutor(8) as threads:
        judged = list(
            threads.map(lambda number: verifier.submit(Pair(str(number), f"{number}.0")).result(60), range(40))
        )
    assert judged == [Judgement("correct", "math-verify")] * 40


def test_pairs_can_be_given_from_an_event_loop(verifier: Workers) -> None:
    async def judge() -> list[Judgement]:
        pairs = [Pair("5", "6"), EASY, Pair("5", TOWER)]
        return await asyncio.gather(*(asyncio.wrap_future(verifier.submit(pair)) for pair in pairs))

    assert [one.verdict for one in asyncio.run(judge())] == ["wrong", "correct", "timeout"]


def test_a_worker_may_take_no_more_memory_than_its_limit(verifier: Workers) -> None:
    assert verifier.submit(EASY).result(60).verdict == "correct"
    # one that its own timers ended may not be reaped yet; it has no limits any more
    workers = [one for one in new_processes(of_workers=True) if one.status() != psutil.STATUS_ZOMBIE]
    assert workers
    assert {worker.rlimit(resource.RLIMIT_AS) for worker in workers} == {(1024 << 20, 1024 << 20)}


def test_no_worker_is_left_when_the_verifier_is_closed() -> None:
    with Workers(Limits(cpu_s=1, memory_mb=1024), workers=2) as verifier:
        before = set(new_processes(of_workers=True))
        late = [verifier.submit(Pair("5", TOWER)), verifier.submit(EASY)]
        late[1].result(60)
        begun = [worker for worker in new_processes(of_workers=True) if worker not in before]
        assert begun
    _, left = psutil.wait_procs(begun, timeout=20)
    assert left == []
    assert late[0].result(0).verdict == "timeout"


def test_no_process_outlives_a_run_that_was_killed_while_a_worker_computed() -> None:
    program = (
        "import sys, threading\n"
        "from datagen.verify.pair import Pair\n"
        "from datagen.verify.workers import Limits, Workers\n"
        "if __name__ == '__main__':\n"
        "    verifier = Workers(Limits(cpu_s=2, memory_mb=1024), workers=2)\n"
        "    assert verifier.submit(Pair('1/2', 'x-x+0.5')).result().verdict == 'correct'\n"
        f"    for _ in range(2): verifier.submit(Pair('5', '{TOWER}'))\n"
        "    print('computing', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"computing\n"
        started = psutil.Process(run.pid).children(recursive=True)
        assert len(started) >= 3, "the fork server, its tracker and a worker"
        os.kill(run.pid, signal.SIGKILL)
    _, left = psutil.wait_procs(started, timeout=30)
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []


def new_processes(*, of_workers: bool) -> list[psutil.Process]:
    """The processes below this one; of workers: those that the fork server forked."""
    servers = psutil.Process().children()
    forking = [server for server in servers if "multiprocessing.forkserver" in " ".join(server.cmdline())]
    return [worker for server in forking for worker in server.children()] if of_workers else servers
