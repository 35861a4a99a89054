"""A local endpoint that judges as it is told, and the teacher that a recipe names for it."""

import asyncio
import contextlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.serving import serving_app

KEY = "sk-secret-of-this-test"
GOLD = "its base is shorter than both of its legs"
"""A reference answer in words, which rules can't compare with anything."""


class Endpoint:
    """A server that speaks the OpenAI protocol in a thread of its own; it judges and solves as it is told.

    Attributes:
        judged: the questions to the judge, by their whole text.
        bodies: all requests to the judge, in order.
        reply: from a question's text and mark to the judge's whole answer, or to a response.
        answers: how many judgements are answered before the others wait for `release`; all when None.
    """

    def __init__(self) -> None:
        self.judged: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.reply: Callable[[str, str], Any] = says("equal")
        self.finish_reason = "stop"
        self.answers: int | None = None
        self.holding = threading.Event()
        self.base_url = ""
        self._answered = 0
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()

    def release(self) -> None:
        self.answers = None
        self._loop.call_soon_threadsafe(self._open.set)

    @contextlib.contextmanager
    def serving(self) -> Iterator["Endpoint"]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        with serving_app(app, self._loop) as self.base_url:
            try:
                yield self
            finally:
                self.release()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = body["messages"][-1]["content"]
        mark = re.search(r"^VERDICT (\w+): equal$", text, re.MULTILINE)
        if mark is None:
            return web.json_response(_completion(f"I give up: {body['seed']}", "stop"))
        self.judged[text] += 1
        self.bodies.append(body)
        if self.answers is not None and self._answered >= self.answers:
            self.holding.set()
            await self._open.wait()
        self._answered += 1
        reply = self.reply(text, mark[1])
        return reply if isinstance(reply, web.Response) else web.json_response(_completion(reply, self.finish_reason))


def says(verdict: str) -> Callable[[str, str], str]:
    return lambda text, mark: f"I compared both.\n\nVERDICT {mark}: {verdict}"


def _completion(content: str, finish_reason: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }


def teacher(base_url: str, name: str = "wise", **settings: Any) -> dict[str, Any]:
    price = {"input": 1.0, "output": 2.0}
    asked = {"model": "m", "base_url": base_url, "api_key_env": "TEST_KEY", "price": price, "concurrency": 4}
    return {"name": name, "kind": "openai", **asked, **settings}
