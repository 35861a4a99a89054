"""A local endpoint that speaks the OpenAI protocol and answers as a test tells it; it can hold its answers back."""

import asyncio
import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Self

from aiohttp import web

from tests.serving import serving_app

KEY = "sk-secret-of-this-test"
PRICE = {"input": 1.0, "output": 2.0}
PROMPT_TOKENS, COMPLETION_TOKENS = 10, 20


class AnsweringEndpoint(ABC):
    """A server in a thread of its own.

    Attributes:
        answers: how many questions are answered before the others wait for `release`; all when None.
        holding: set when a question waits for `release`.
        base_url: where it is, once it serves.
    """

    def __init__(self) -> None:
        self.answers: int | None = None
        self.holding = threading.Event()
        self.base_url = ""
        self._answered = 0
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()

    @abstractmethod
    async def answer(self, body: dict[str, Any], question: str) -> Any:
        """A completion's text, (text, finish reason), or a whole response.

        Args:
            body: the request.
            question: its last message.
        """

    def release(self) -> None:
        self.answers = None
        self._loop.call_soon_threadsafe(self._open.set)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Self]:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._reply)
        with serving_app(app, self._loop) as self.base_url:
            try:
                yield self
            finally:
                self.release()

    async def turn(self) -> None:
        """Wait until one more question may be answered."""
        if self.answers is not None and self._answered >= self.answers:
            self.holding.set()
            await self._open.wait()
        self._answered += 1

    async def _reply(self, request: web.Request) -> web.Response:
        body = await request.json()
        answer = await self.answer(body, body["messages"][-1]["content"])
        if isinstance(answer, web.Response):
            return answer
        text, finish_reason = answer if isinstance(answer, tuple) else (answer, "stop")
        return web.json_response(completion(text, finish_reason))


def completion(text: str, finish_reason: str) -> dict[str, Any]:
    usage = {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
    }
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def teacher(base_url: str, name: str = "wise", **settings: Any) -> dict[str, Any]:
    asked = {"model": "m", "base_url": base_url, "api_key_env": "TEST_KEY", "price": PRICE, "concurrency": 4}
    return {"name": name, "kind": "openai", **asked, **settings}
