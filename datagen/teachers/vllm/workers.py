"""All servers of a teacher: started together, watched, started again when they end, and ended with the run.

One thread with one event loop of its own looks after them, whatever their number; everything here can be asked from any
thread. A worker keeps its URL over all its restarts. It is given up when it ends again and again.
"""

import asyncio
import atexit
import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from datagen.errors import DatagenError, StoppedError
from datagen.recipe_teachers import VLLMTeacher
from datagen.stopping import refuse_when_stopped
from datagen.teachers.vllm.command import server_command, server_environment, server_url
from datagen.teachers.vllm.interpreter import Interpreter
from datagen.teachers.vllm.placing import Place, Places, ports_for
from datagen.teachers.vllm.server import Launch, Patience, Server
from datagen.teachers.vllm.state import WorkerState

_LOGGER = logging.getLogger("datagen")
_LOOK_EVERY_S = 0.1
_MOST_ENDS = 5
_PLACES = Places()
"""The GPUs of this machine, as far as this process goes."""


@contextlib.contextmanager
def running_workers(
    teacher: VLLMTeacher,
    logs: Path,
    interpreter: Interpreter,
    patience: Patience | None = None,
    is_over: threading.Event | None = None,
) -> Iterator["Workers"]:
    """Run the servers of a teacher for as long as the block lasts; it begins when the first of them is up.

    Args:
        teacher: its settings.
        logs: the folder for what they say.
        interpreter: the Python that vLLM lives in.
        patience: how long they are waited for.
        is_over: is set when nobody wants them any more.

    Yields:
        All of them; those that are not up yet join.

    Raises:
        UsageError: there are too few GPUs, or a port is taken.
        DatagenError: none of them can be started.
        StoppedError: the run was told to stop, or nobody wants them any more, before one was up.
    """
    workers = Workers(teacher, logs, interpreter, patience or Patience())
    try:
        workers.wait_until_one_is_up(is_over or threading.Event())
        yield workers
    finally:
        workers.end()


class Workers:
    """The servers of one teacher; they start when it is made.

    Attributes:
        urls: base URLs, one a worker, for good.
        error: why none of them can be had any more; None while there is hope.
    """

    def __init__(self, teacher: VLLMTeacher, logs: Path, interpreter: Interpreter, patience: Patience) -> None:
        """Start them.

        Raises:
            UsageError: there are too few GPUs, or a port is taken.
        """
        self.error: DatagenError | None = None
        self._places = _PLACES
        self._lease = self._places.take(teacher, interpreter)
        try:
            launches = _launches(teacher, logs, interpreter, self._lease.places)
        except BaseException:
            self._places.release(self._lease)
            raise
        self.urls = tuple(server_url(launch.port) for launch in launches)
        self._loop = asyncio.new_event_loop()
        self._told_to_end = asyncio.Event()
        self._is_settled = threading.Event()
        self._one_was_up = asyncio.Event()
        self._workers = [_Worker(launch, patience, self._one_was_up, self._settle) for launch in launches]
        self._thread = threading.Thread(target=self._look_after, name=f"vllm {teacher.name}", daemon=True)
        atexit.register(self._end_and_wait)
        self._thread.start()
        count = "a vLLM worker" if len(launches) == 1 else f"{len(launches)} vLLM workers"
        _LOGGER.info("teacher %s: starting %s (log: %s)", teacher.name, count, launches[0].log)

    def states(self) -> tuple[WorkerState, ...]:
        """How each worker stands, in the order of `urls`."""
        return tuple(worker.state for worker in self._workers)

    def wait_until_one_is_up(self, is_over: threading.Event) -> None:
        """Wait for the first worker; the others may take their time.

        Args:
            is_over: is set when nobody wants them any more.

        Raises:
            DatagenError: none of them can be started.
            StoppedError: the run was told to stop, or nobody wants them any more.
        """
        while not self._is_settled.wait(_LOOK_EVERY_S):
            refuse_when_stopped()
            if is_over.is_set():
                raise StoppedError("nobody asks vLLM any more")
        if self.error is not None:
            raise self.error

    def end(self) -> None:
        """End them, without waiting; their GPUs are free once all their processes are gone."""
        self._lease.is_ending = True
        with contextlib.suppress(RuntimeError):  # all is over, and the loop is closed
            self._loop.call_soon_threadsafe(self._told_to_end.set)

    def _end_and_wait(self) -> None:
        self.end()
        self._thread.join()

    def _look_after(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._keep_all())
        finally:
            if self.error is None and not (self._is_settled.is_set() and self._told_to_end.is_set()):
                self.error = DatagenError("the vLLM workers are looked after no more; start the run again")
            self._is_settled.set()
            self._places.release(self._lease)
            atexit.unregister(self._end_and_wait)

    async def _keep_all(self) -> None:
        """Keep all workers until they are told to end, or all are given up."""
        keeping = asyncio.ensure_future(asyncio.gather(*(worker.keep() for worker in self._workers)))
        told = asyncio.ensure_future(self._told_to_end.wait())
        await asyncio.wait((keeping, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        keeping.cancel()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        finally:
            await asyncio.gather(*(worker.end() for worker in self._workers))

    def _settle(self) -> None:
        """Let those who wait know that one is up, or that there is no hope for any."""
        if not any(worker.has_hope for worker in self._workers):
            self.error = self._workers[0].error
        if self.error is not None or self._one_was_up.is_set():
            self._is_settled.set()


class _Worker:
    """One worker over all its restarts.

    Attributes:
        has_hope: whether it is up, is starting, or will be started again.
        error: why it ended last.
    """

    def __init__(
        self, launch: Launch, patience: Patience, one_was_up: asyncio.Event, settle: Callable[[], None]
    ) -> None:
        self.has_hope = True
        self.error: DatagenError | None = None
        self._launch, self._patience = launch, patience
        self._one_was_up, self._settle = one_was_up, settle
        self._server: Server | None = None
        self._restarts = 0

    @property
    def state(self) -> WorkerState:
        server = self._server
        is_up = server is not None and server.is_answering
        return WorkerState(server_url(self._launch.port), is_up, self._restarts)

    async def keep(self) -> None:
        """Start it again and again; returns when it is given up."""
        patience = self._patience
        ends = 0
        while True:
            up_s = await self._live()
            ends = 1 if up_s > patience.settled else ends + 1
            if ends >= _MOST_ENDS:
                _LOGGER.error("%s; that is %d ends in a row, and it is given up", self.error, ends)
                break
            if not self._one_was_up.is_set():  # what keeps all from starting does not go away by itself
                self.has_hope = False
                self._settle()
                await self._one_was_up.wait()
                self.has_hope = True
            delay = min(patience.restart * 2 ** (ends - 1), patience.longest_restart)
            _LOGGER.warning("%s; starts again in %.0f s", self.error, delay)
            await asyncio.sleep(delay)
            self._restarts += 1
        self.has_hope = False
        self._settle()

    async def end(self) -> None:
        """Wait until all its processes are gone."""
        if self._server is not None:
            await self._server.end()

    async def _live(self) -> float:
        """One life, from its start to the end of all its processes; returns the seconds for which it was up."""
        up_at = None
        server = None
        try:
            server = self._server = Server(self._launch, self._patience, restart=self._restarts)
            seconds = await server.wait_until_up()
            up_at = time.monotonic()
            _LOGGER.info("%s is up after %.0f s", self._launch.who, seconds)
            self._one_was_up.set()
            self._settle()
            self.error = await server.wait_until_down()
        except DatagenError as error:
            self.error = error
        finally:
            if server is not None:
                await server.end()
        return time.monotonic() - up_at if up_at is not None else 0.0


def _launches(
    teacher: VLLMTeacher, logs: Path, interpreter: Interpreter, places: tuple[Place, ...]
) -> tuple[Launch, ...]:
    ports = ports_for(teacher, len(places))
    name = re.sub(r"[^\w.-]", "_", teacher.name)
    return tuple(
        Launch(
            who=f"teacher {teacher.name}: worker {number}",
            command=tuple(server_command(teacher, interpreter, port)),
            environment=server_environment(teacher, interpreter, place),
            port=port,
            model=teacher.model,
            log=logs / f"vllm-{name}-{number}.log",
        )
        for number, (place, port) in enumerate(zip(places, ports, strict=True))
    )
