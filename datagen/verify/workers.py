"""Worker processes that compare answers and that nothing hostile can hold up.

A comparison that takes more CPU seconds than its limit, or more memory, ends its worker and nothing else: the kernel's
own timers kill it, even when the run that asked is already gone. The pair is then `timeout`, and the next pair meets a
new worker. Workers are forked from a server that has math-verify loaded and nothing heavier. What a worker did before
changes no verdict: its caches are emptied before each pair, and a worker that breaks over a pair after others is
replaced by a fresh one, which then decides.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from types import TracebackType
from typing import Self

from datagen.errors import DatagenError
from datagen.verify import server
from datagen.verify.equivalence import compare
from datagen.verify.pair import Judgement, Pair

_WALL_FACTOR, _WALL_EXTRA_S = 6, 30
"""The wall clock is a backstop for a worker that waits instead of working; a loaded machine must not reach it."""
_PAIRS_A_WORKER = 5000
"""Then it is replaced, since the parser's own caches grow with what it has read."""
_CPU_LIMIT, _WALL_CLOCK, _CRASH = "cpu-limit", "wall-clock", "memory-or-crash"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one comparison may take.

    Attributes:
        cpu_s: CPU seconds.
        memory_mb: MiB of address space of the worker.
    """

    cpu_s: float
    memory_mb: int


class Workers:
    """A pool of killable workers; safe to use from any thread.

    Args:
        limits: of one comparison.
        workers: processes at work; as many as the machine has cores when None.
    """

    def __init__(self, limits: Limits, workers: int | None = None) -> None:
        self.limits = limits
        self._threads = ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="verify")
        self._local = threading.local()
        self._alive: set[_Worker] = set()
        self._lock = threading.Lock()
        server.start()

    def submit(self, pair: Pair) -> Future[Judgement]:
        """Compare a pair in a worker."""
        return self._threads.submit(self._compare, pair)

    def close(self) -> None:
        """End the workers; comparisons that have not begun are cancelled."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._alive:
            worker.end()
        self._alive.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _compare(self, pair: Pair) -> Judgement:
        worker: _Worker | None = getattr(self._local, "worker", None)
        if worker is None:
            worker = self._local.worker = _Worker(self.limits)
            with self._lock:
                self._alive.add(worker)
        judgement = worker.compare(pair)
        if judgement is not None and worker.compared < _PAIRS_A_WORKER:
            return judgement
        self._local.worker = None
        with self._lock:
            self._alive.discard(worker)
        cause = worker.end()
        if judgement is not None:
            return judgement
        if worker.compared and cause == _CRASH:  # perhaps by what earlier pairs left in it: a verdict is the pair's own
            return self._compare(pair)
        return Judgement("timeout", cause)


class _Worker:
    """A worker process, which has shown that it can compare.

    Attributes:
        compared: pairs that it has judged.
    """

    def __init__(self, limits: Limits) -> None:
        context = multiprocessing.get_context("forkserver")
        self._connection, theirs = context.Pipe()
        self._process: ForkServerProcess = context.Process(target=_work, args=(theirs, limits), daemon=True)
        self._patience_s = _wall_clock_s(limits) + _WALL_EXTRA_S
        self._cause = ""
        self.compared = 0
        try:
            with server.without_main():
                self._process.start()
            theirs.close()
            self._connection.recv()
        except (EOFError, OSError) as error:
            raise DatagenError(
                f"a verification worker ended at its start ({error or 'it said nothing'}); give it more memory "
                f"(verify.memory_mb: {limits.memory_mb}), and see with `datagen doctor` whether math-verify works"
            ) from None

    def compare(self, pair: Pair) -> Judgement | None:
        """The judgement, or None when the worker died over it."""
        try:
            self._connection.send(pair)
            if not self._connection.poll(self._patience_s):  # its own timer should have ended it long ago
                self._cause = _WALL_CLOCK
                return None
            judgement: Judgement = self._connection.recv()
        except (EOFError, OSError):
            return None
        self.compared += 1
        return judgement

    def end(self) -> str:
        """End the process and say what had ended it before."""
        self._connection.close()
        if not self._cause:
            self._process.join(timeout=1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        causes = {-signal.SIGPROF: _CPU_LIMIT, -signal.SIGALRM: _WALL_CLOCK}
        return self._cause or causes.get(self._process.exitcode or 0, _CRASH)


def _wall_clock_s(limits: Limits) -> float:
    return limits.cpu_s * _WALL_FACTOR + _WALL_EXTRA_S


def _work(connection: Connection, limits: Limits) -> None:
    from datagen.verify import preload  # loaded already, unless someone else had started the server

    _keep_to_itself(limits)
    preload.warm_up()  # who can't do this can do nothing: better no worker than verdicts of timeout
    connection.send(None)
    while True:
        try:
            pair = connection.recv()
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)
        signal.setitimer(signal.ITIMER_REAL, _wall_clock_s(limits))
        judgement = _guarded(pair)
        preload.clear_caches()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(judgement)


def _keep_to_itself(limits: Limits) -> None:
    """Leave a process only its CPU seconds, its memory and the pipe: no terminal, no files, no processes, no core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, signal.SIG_DFL)
    with open(os.devnull, "r+b") as nothing:
        for stream in (1, 2):
            os.dup2(nothing.fileno(), stream)
    most = {"AS": limits.memory_mb << 20, "CORE": 0, "FSIZE": 0, "NPROC": 0}
    for what, value in most.items():
        with contextlib.suppress(ValueError, OSError):  # not every system limits address space
            resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (value, value))


def _guarded(pair: Pair) -> Judgement:
    try:
        return compare(pair)
    except MemoryError:
        os._exit(1)  # what is left of this process can't be trusted
    except RecursionError:
        return Judgement("timeout", "too-deep")
    except Exception:
        return Judgement("wrong", "error")
