"""A teacher for those who have no event loop: its client lives on a loop in a thread of its own.

The thread, and whatever the client needs, start with the first work. What the client has sent is never cut off; what
still waits in it is refused when the desk closes, the run is told to stop, or another work failed.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from datagen.errors import StoppedError
from datagen.stopping import refuse_when_stopped
from datagen.teachers.base import TeacherClient

Result = TypeVar("Result")


class Desk:
    """Runs work with a teacher's client; safe to use from any thread.

    Args:
        connection: makes the client; entered and left on the desk's loop.
    """

    def __init__(self, connection: AbstractAsyncContextManager[TeacherClient]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._client: asyncio.Future[TeacherClient] = self._loop.create_future()
        self._closing = asyncio.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._open: set[Future[Any]] = set()
        self._failure: Exception | None = None

    def submit(self, work: Callable[[TeacherClient], Awaitable[Result]]) -> Future[Result]:
        """Do a work on the desk's loop.

        Returns:
            Its result or its error; StoppedError when it was not begun because the desk closed or the run stops, the
            error of an earlier work when it was not begun because of that.
        """
        with self._lock:
            if self._is_closed:
                refused: Future[Result] = Future()
                refused.set_exception(_closed())
                return refused
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="teacher", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(self._do(work), self._loop)
            self._open.add(future)
        future.add_done_callback(self._forget)
        return future

    def close(self) -> None:
        """Return when the works that had begun are done and the client is closed."""
        with self._lock:
            self._is_closed = True
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        self._loop.close()

    async def _do(self, work: Callable[[TeacherClient], Awaitable[Result]]) -> Result:
        client: TeacherClient | None = None
        try:
            client = await asyncio.shield(self._client)
            refuse_when_stopped()
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                raise _closed()
            return await work(client)
        except Exception as error:
            self._failure = self._failure or error
            if client is not None:
                client.end(self._failure)
            raise

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _serve(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            try:
                self._client.set_result(await stack.enter_async_context(self._connection))
            except Exception as error:
                self._client.set_exception(error)
            await self._closing.wait()
            if self._client.exception() is None:
                self._client.result().end(_closed())
            with self._lock:
                begun = [asyncio.wrap_future(future) for future in self._open]
            await asyncio.gather(*begun, return_exceptions=True)

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._open.discard(future)


def _closed() -> StoppedError:
    return StoppedError("no teacher is asked any more; start again to go on")
