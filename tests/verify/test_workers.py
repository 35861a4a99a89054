"""Verification workers: nothing hostile holds anyone up, the next pair gets its verdict, no process is left behind."""

import asyncio
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
        assert verifier.submit(EASY).result(60).verdict == "correct"


def test_a_worker_that_dies_while_a_megabyte_is_sent_costs_no_verdict() -> None:
    before = set(new_processes(of_workers=True))
    with Workers(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        verifier.submit(EASY).result(60)
        (worker,) = set(new_processes(of_workers=True)) - before
        worker.suspend()
        huge = verifier.submit(Pair("7" * 1_000_000, "7" * 1_000_000 + " "))
        worker.kill()
        assert huge.result(60).verdict in {"correct", "bad_gold"}
        assert verifier.submit(EASY).result(60).verdict == "correct"


def test_a_worker_that_stands_still_is_killed_by_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.verify.workers._WALL_FACTOR", 0)
    monkeypatch.setattr("datagen.verify.workers._WALL_EXTRA_S", 0.5)
    before = set(new_processes(of_workers=True))
    with Workers(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        verifier.submit(EASY).result(60)
        (worker,) = set(new_processes(of_workers=True)) - before
        worker.suspend()
        assert verifier.submit(EASY).result(60) == Judgement("timeout", "wall-clock")
        assert not worker.is_running()
        assert verifier.submit(EASY).result(60).verdict == "correct"


def test_a_worker_is_replaced_after_many_pairs_and_no_verdict_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.verify.workers._PAIRS_A_WORKER", 3)
    before, seen = set(new_processes(of_workers=True)), set()
    with Workers(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        for number in range(7):
            assert verifier.submit(Pair("y+1", f"1+y+{number}")).result(60).verdict == (
                "wrong" if number else "correct"
            )
            seen.update(set(new_processes(of_workers=True)) - before)
    assert len(seen) == 3


def test_a_worker_that_cannot_start_is_an_error_and_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "math_verify").mkdir()
    (tmp_path / "math_verify" / "__init__.py").write_text("raise ImportError('damaged')")
    program = (
        "from datagen.errors import DatagenError\n"
        "from datagen.verify.pair import Pair\n"
        "from datagen.verify.workers import Limits, Workers\n"
        "with Workers(Limits(5, 1024), workers=1) as verifier:\n"
        "    try: print(verifier.submit(Pair('5', '6')).result(60))\n"
        "    except DatagenError as error: print('refused:', error)\n"
    )
    said = run_python(program, PYTHONPATH=str(tmp_path))
    assert re.match("refused: a verification worker ended at its start.*datagen doctor", said)


def test_nothing_heavy_is_loaded_into_a_worker(verifier: Workers) -> None:
    verifier.submit(EASY).result(60)
    workers = [one for one in new_processes(of_workers=True) if one.status() != psutil.STATUS_ZOMBIE]
    mapped = {part for worker in workers for library in worker.memory_maps() for part in library.path.split("/")}
    assert mapped, "the libraries of a worker can be seen"
    assert mapped & {"pyarrow", "numpy", "pandas", "pydantic_core", "torch", "rapidfuzz"} == set()
    program = "import sys, datagen.verify.preload, datagen.verify.workers; print(*sys.modules)"
    loaded = {name.split(".")[0] for name in run_python(program).split()}
    assert {"sympy", "math_verify"} <= loaded
    assert loaded & {"pyarrow", "numpy", "pandas", "pydantic", "prefect", "torch", "yaml", "typer"} == set()


@pytest.mark.parametrize(("raised", "passes"), [("MemoryError", True), ("RecursionError", True), ("ValueError", False)])
def test_math_verify_can_not_take_a_lack_of_memory_or_stack_for_an_answer(raised: str, passes: bool) -> None:
    program = (
        "import datagen.verify.preload\n"
        "from math_verify.grader import safe_sympy_doit\n"
        "class Breaking:\n"
        f"    def doit(self): raise {raised}\n"
        "try: safe_sympy_doit(Breaking()); print('swallowed')\n"
        f"except {raised}: print('passed')\n"
    )
    assert run_python(program).strip() == ("passed" if passes else "swallowed")


def test_a_worker_can_write_nowhere_and_start_nothing(verifier: Workers) -> None:
    verifier.submit(EASY).result(60)
    worker = next(one for one in new_processes(of_workers=True) if one.status() != psutil.STATUS_ZOMBIE)
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE):
        assert worker.rlimit(what) == (0, 0)
    assert {os.readlink(f"/proc/{worker.pid}/fd/{stream}") for stream in (1, 2)} == {os.devnull}


def test_pairs_can_be_given_from_many_threads(verifier: Workers) -> None:
    with ThreadPoolExecutor(8) as threads:
        judged = list(
            threads.map(lambda number: verifier.submit(Pair(str(number), f"{number}.0")).result(60), range(40))
        )
    assert [one.verdict for one in judged] == ["correct"] * 40


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
        "    verifier = Workers(Limits(cpu_s=1, memory_mb=1024), workers=2)\n"
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


def run_python(program: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env={**os.environ, **environment}
    ).stdout


def new_processes(*, of_workers: bool) -> list[psutil.Process]:
    """The processes below this one; of workers: those that the fork server forked."""
    servers = psutil.Process().children()
    forking = [server for server in servers if "multiprocessing.forkserver" in " ".join(server.cmdline())]
    return [worker for server in forking for worker in server.children()] if of_workers else servers
