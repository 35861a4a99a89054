"""Looking at examples in several processes; what was seen comes in the order of the examples.

A process is forked from the server that the verifier's workers come from, fed through a pipe, and ends when that pipe
closes, also after kill -9 of whoever audits. The first examples are looked at here: a process takes a second to load.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from datagen.audit.example import AuditedExample
from datagen.audit.looking import Looker, LookFor, Seen
from datagen.errors import DatagenError
from datagen.stopping import refuse_when_stopped
from datagen.verify import server

_HERE = 5_000_000
"""Characters of paths for which no process is started."""
_TOGETHER = 8
"""Examples that go through a pipe at once."""
_AHEAD = 2
"""Batches under way for each process."""


class Lookers:
    """As many lookers as there are processes.

    Args:
        look_for: what the checks need to know.
        processes: at work; as many as the machine has cores when None.
    """

    def __init__(self, look_for: LookFor, processes: int | None = None) -> None:
        self._look_for = look_for
        self._processes = processes or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._processes, thread_name_prefix="audit")
        self._local = threading.local()
        self._started: list[_Process] = []
        self._lock = threading.Lock()

    def seen(self, examples: Iterable[AuditedExample]) -> Iterator[Seen]:
        """What is seen in each example, in their order; a few are read ahead.

        Raises:
            DatagenError: a process was ended.
            StoppedError: a signal came.
        """
        rows = iter(examples)
        here, characters = Looker(self._look_for), 0
        while self._processes == 1 or characters < _HERE:
            refuse_when_stopped()
            example = next(rows, None)
            if example is None:
                return
            yield from here.look([example])
            characters += sum(len(path.text) for path in example.paths)
        server.start()  # here, not in the threads that start processes
        under_way: deque[Future[list[Seen]]] = deque()
        while batch := list(islice(rows, _TOGETHER)):
            refuse_when_stopped()
            under_way.append(self._threads.submit(self._look, batch))
            if len(under_way) > _AHEAD * self._processes:
                yield from under_way.popleft().result()
        while under_way:
            refuse_when_stopped()
            yield from under_way.popleft().result()

    def close(self) -> None:
        """End the processes; what has not begun is not looked at."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._started:
            process.end()
        self._started.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _look(self, examples: Sequence[AuditedExample]) -> list[Seen]:
        process: _Process | None = getattr(self._local, "process", None)
        if process is None:
            process = self._local.process = _Process(self._look_for)
            with self._lock:
                self._started.append(process)
        return process.look(examples)


class _Process:
    """A process with a looker of its own."""

    def __init__(self, look_for: LookFor) -> None:
        context = get_context("forkserver")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, look_for), daemon=True)
        with server.without_main():
            self._process.start()
        theirs.close()

    def look(self, examples: Sequence[AuditedExample]) -> list[Seen]:
        try:
            self._connection.send(examples)
            answer: list[Seen] | Exception = self._connection.recv()
        except (EOFError, OSError):
            raise DatagenError(
                "a process that audits was ended; is memory short? `--workers 1` audits in one process"
            ) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        self._connection.close()
        self._process.join()


def _work(connection: Connection, look_for: LookFor) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its pipe closes
    looker = Looker(look_for)
    while True:
        try:
            examples = connection.recv()
        except (EOFError, OSError):
            return
        answer: list[Seen] | Exception
        try:
            answer = looker.look(examples)
        except Exception as error:
            answer = error
        connection.send(answer)
