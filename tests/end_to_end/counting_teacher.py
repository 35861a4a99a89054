"""The demo teacher behind a counter, in the test's own process: what was asked, how often, and what arrived.

It can hold its answers back, so that a test meets a run in the middle of sampling and not a moment later.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from datagen.teachers.demo.endpoint import Conduct, create_app
from tests.serving import serving_app


class CountingTeacher:
    """What the requests were.

    Attributes:
        asked: how often each completion was asked for, by the hash of the request's body.
        answered: completions sent.
        keys: every `Authorization` header that came.
        url: the base URL.
        refusal: when set, the status and the text of every answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self.forget()

    def forget(self) -> None:
        """Start counting anew, without holding anything back."""
        self.asked: Counter[str] = Counter()
        self.answered = 0
        self.waiting = 0
        self.keys: set[str] = set()
        self.refusal: tuple[int, str] | None = None
        self._hold_after: int | None = None

    def hold_after(self, answers: int) -> None:
        """Send this many answers more, then let requests wait until `release`."""
        self._loop.call_soon_threadsafe(self._open.clear)  # in turn: an earlier `release` may still be on its way
        self._hold_after = self.answered + answers

    def release(self) -> None:
        self._hold_after = None
        self._loop.call_soon_threadsafe(self._open.set)

    @property
    def repeats(self) -> int:
        """Completions that were asked for again."""
        return self.asked.total() - len(self.asked)

    @property
    def is_holding(self) -> bool:
        return self._hold_after is not None and self.answered >= self._hold_after and self.waiting > 0

    @web.middleware
    async def _count(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.method != "POST":
            return await handler(request)
        self.asked[hashlib.sha256(await request.read()).hexdigest()] += 1
        self.keys.add(request.headers.get("Authorization", ""))
        if self.refusal:
            status, text = self.refusal
            return web.json_response({"error": {"message": text}}, status=status)
        response = await handler(request)
        if self._hold_after is not None and self.answered >= self._hold_after:
            self.waiting += 1
            try:
                await self._open.wait()
            finally:
                self.waiting -= 1
        self.answered += 1
        return response

    @contextlib.contextmanager
    def serving(self, latency_ms: int) -> Iterator["CountingTeacher"]:
        app = create_app(conduct=Conduct(latency_ms=latency_ms))
        app.middlewares.append(self._count)
        with serving_app(app, self._loop) as self.url:
            try:
                yield self
            finally:
                self.release()
