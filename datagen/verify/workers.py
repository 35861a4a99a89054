"""Worker processes that compare answers and that nothing hostile can hold up.

A comparison that takes more CPU seconds than its limit, or more memory, ends its worker and nothing else: the kernel's
own timers kill it, even when the run that asked is already gone. The pair is then `timeout`, and the next pair meets a
new worker. Workers are forked from a server that has math-verify loaded and nothing heavier.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from types import ModuleType, TracebackType
from typing import Self

from datagen.verify.equivalence import compare
from datagen.verify.pair import Judgement, Pair

_WALL_FACTOR, _WALL_EXTRA_S = 6, 30
"""The wall clock is a backstop for a worker that waits instead of working; a loaded machine must not reach it."""
_CRASH = "memory-or-crash"
_main_lock = threading.Lock()


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
        used = worker is not None
        if worker is None:
            worker = self._local.worker = _Worker(self.limits)
            with self._lock:
                self._alive.add(worker)
        judgement = worker.compare(pair)
        if judgement is None:
            self._local.worker = None
            with self._lock:
                self._alive.discard(worker)
            cause = worker.end()
            if used and cause == _CRASH:  # perhaps by what earlier pairs left in it: a verdict is the pair's own
                return self._compare(pair)
            return Judgement("timeout", cause)
        return judgement


class _Worker:
    def __init__(self, limits: Limits) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["datagen.verify.preload"])
        self._connection, theirs = context.Pipe()
        self._process: ForkServerProcess = context.Process(target=_work, args=(theirs, limits), daemon=True)
        with _without_main():
            self._process.start()
        theirs.close()

    def compare(self, pair: Pair) -> Judgement | None:
        """The judgement, or None when the worker died over it."""
        try:
            self._connection.send(pair)
            judgement: Judgement = self._connection.recv()
        except (EOFError, OSError):
            return None
        return judgement

    def end(self) -> str:
        """End the process and say what had ended it before."""
        self._connection.close()
        self._process.join(timeout=1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        causes = {-signal.SIGPROF: "cpu-limit", -signal.SIGALRM: "wall-clock"}
        return causes.get(self._process.exitcode or 0, _CRASH)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep multiprocessing from running the caller's script again in each worker: it has nothing that they need."""
    with _main_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _work(connection: Connection, limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):  # not every system limits address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb << 20, limits.memory_mb << 20))
    while True:
        try:
            pair = connection.recv()
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)
        signal.setitimer(signal.ITIMER_REAL, limits.cpu_s * _WALL_FACTOR + _WALL_EXTRA_S)
        judgement = _guarded(pair)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(judgement)


def _guarded(pair: Pair) -> Judgement:
    try:
        return compare(pair)
    except MemoryError:
        os._exit(1)  # what is left of this process can't be trusted
    except Exception:
        return Judgement("wrong", "error")
