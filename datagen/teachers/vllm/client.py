"""Local vLLM as the sampler sees it: a teacher whose servers start when something is first asked of them.

A run that finds all its completions in the journal starts none. Two clients of one teacher in one process, as the
sampler's and the judge's, share its servers: a GPU holds a model once.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from datagen.errors import StoppedError
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.base import Budget, Completion, Request, Traffic
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.replies import CountTokens
from datagen.teachers.vllm.interpreter import examine
from datagen.teachers.vllm.workers import Workers, running_workers

_LOOK_EVERY_S = 0.5


class LocalClient:
    """Asks the managed workers of a teacher, which the first request starts.

    Belongs to the event loop in which it is made.

    Args:
        teacher: its settings.
        timeout_s: seconds until a request without a whole answer is given up.
        logs: the folder for what the servers say.
        budget: who has to agree before a request is sent; None when nobody has to.
        count_tokens: counts the tokens of a text; None leaves them unknown where vLLM does not say.
    """

    def __init__(
        self,
        teacher: VLLMTeacher,
        timeout_s: float,
        logs: Path,
        budget: Budget | None = None,
        count_tokens: CountTokens | None = None,
    ) -> None:
        self._teacher = teacher
        self._timeout_s = timeout_s
        self._logs = logs
        self._budget = budget
        self._count_tokens = count_tokens
        self._loop = asyncio.get_running_loop()
        self._client: asyncio.Future[OpenAIClient] = self._loop.create_future()
        self._holder: threading.Thread | None = None
        self._hoping: asyncio.Task[None] | None = None
        self._is_over = threading.Event()
        self._waiting = 0

    @property
    def slots(self) -> int:
        """Requests that it can have in flight: those of one worker until it is known how many there are."""
        client = self._started
        return client.slots if client is not None else self._teacher.concurrency

    async def ask(self, request: Request) -> Completion:
        """Answer one request; see `TeacherClient.ask`."""
        client = self._started or await self._first_start()
        return await client.ask(request)

    def end(self, error: Exception) -> None:
        """Send nothing more; see `TeacherClient.end`."""
        client = self._started
        if client is not None:
            client.end(error)
            return
        if not self._client.done():
            self._client.set_exception(error)
            self._client.exception()  # nobody may be waiting for it
        self._is_over.set()

    def traffic(self) -> Traffic:
        """What it is doing now."""
        client = self._started
        return client.traffic() if client is not None else Traffic(0, self._waiting, {})

    async def close(self) -> None:
        """Let go of the workers; the last client of a teacher to do so ends them."""
        self.end(StoppedError("no teacher is asked any more; start again to go on"))
        if self._hoping is not None:
            self._hoping.cancel()
        if self._started is not None:
            await self._started.close()
        self._is_over.set()
        if self._holder is not None:
            await asyncio.to_thread(self._holder.join)

    @property
    def _started(self) -> OpenAIClient | None:
        is_there = self._client.done() and self._client.exception() is None
        return self._client.result() if is_there else None

    async def _first_start(self) -> OpenAIClient:
        if self._holder is None and not self._client.done():
            self._holder = threading.Thread(target=self._hold_workers, name=f"vllm-{self._teacher.name}", daemon=True)
            self._holder.start()
        self._waiting += 1
        try:
            return await asyncio.shield(self._client)
        finally:
            self._waiting -= 1

    def _hold_workers(self) -> None:
        """Hold the workers, from their start to the client's end, where waiting holds up nobody."""
        try:
            with _shared(self._teacher, self._logs, self._is_over) as workers:
                self._loop.call_soon_threadsafe(self._go_on, workers)
                self._is_over.wait()
        except Exception as error:
            self._loop.call_soon_threadsafe(self.end, error)

    def _go_on(self, workers: Workers) -> None:
        if self._client.done():
            return
        try:
            client = OpenAIClient(
                self._teacher,
                workers.urls,
                self._timeout_s,
                self._budget,
                self._count_tokens,
                workers.states,
            )
        except Exception as error:
            self.end(error)
            return
        self._client.set_result(client)
        self._hoping = self._loop.create_task(self._hope(client, workers))

    async def _hope(self, client: OpenAIClient, workers: Workers) -> None:
        """Send nothing more when there is no hope for any worker."""
        while workers.error is None:
            await asyncio.sleep(_LOOK_EVERY_S)
        client.end(workers.error)


class _Shared:
    """The workers of one teacher, for as long as anybody uses them."""

    def __init__(self) -> None:
        self.starting = threading.Lock()
        self.users = 0
        self.stack = contextlib.ExitStack()
        self.workers: Workers | None = None


_in_use: dict[str, _Shared] = {}
_lock = threading.Lock()


@contextlib.contextmanager
def _shared(teacher: VLLMTeacher, logs: Path, is_over: threading.Event) -> Iterator[Workers]:
    """The workers of a teacher; started by the first who uses them, ended by the last.

    Raises:
        DatagenError: none of them starts.
        StoppedError: the run was told to stop, or nobody wants them any more, before one was up.
    """
    key = teacher.model_dump_json()
    with _lock:
        shared = _in_use.setdefault(key, _Shared())
        shared.users += 1
    try:
        with shared.starting:
            if shared.workers is None:
                started = running_workers(teacher, logs, examine(teacher.python), is_over=is_over)
                shared.workers = shared.stack.enter_context(started)
        yield shared.workers
    finally:
        with _lock:
            shared.users -= 1
            is_last = not shared.users
            if is_last:
                del _in_use[key]
        if is_last:
            shared.stack.close()
