"""An endpoint that solves sums and keeps the bill, in a thread of its own; and a recipe that asks it."""

import asyncio
import contextlib
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from tests.serving import serving_app

PROMPT_TOKENS = 40
MAX_TOKENS = 300
PRICE = {"input": 0.5, "output": 2.0}
FORMATS = {"formats": ["text"], "test_fraction": 0.0}


class Endpoint:
    """What was asked, and what it costs.

    Attributes:
        asked: how often each completion was asked for, by the hash of the request's body.
        prompt_tokens, completion_tokens: what was worked on, whether or not the answer reached anyone.
        fault: when set, is given the number of a request and answers in its place, or gives None.
        rate: how often a problem is solved, by its number; what is seldom solved takes more tokens.
        answers: how many requests are answered before the others wait for `release`; all when None.
        holding: set when a request waits for `release`.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.asked: Counter[str] = Counter()
        self.prompt_tokens = self.completion_tokens = 0
        self.fault: Callable[[int], web.StreamResponse | None] = lambda number: None
        self.rate: Callable[[int], float] = lambda problem: 0.75
        self.answers: int | None = None
        self.holding = threading.Event()
        self._open = asyncio.Event()
        self._loop = asyncio.new_event_loop()

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def usd(self) -> float:
        return (self.prompt_tokens * PRICE["input"] + self.completion_tokens * PRICE["output"]) / 1e6

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

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        number = self.asked.total()
        name = hashlib.sha256(json.dumps(body).encode()).hexdigest()
        self.asked[name] += 1
        fault = self.fault(number)
        if fault is not None:
            return fault
        problem = _problem(body)
        rate = self.rate(problem)
        tokens = int((20 + int(name[:4], 16) / 16**4 * (MAX_TOKENS - 20)) * (1.25 - rate) / 1.25)
        self.prompt_tokens += PROMPT_TOKENS
        self.completion_tokens += tokens
        if self.answers is not None and number >= self.answers:
            self.holding.set()
            await self._open.wait()
        return web.json_response(_completion(problem, int(name[4:8], 16) < rate * 16**4, name, tokens))


def _problem(body: dict[str, Any]) -> int:
    words = body["messages"][-1]["content"].split()
    return int(words[words.index("+") - 1])


def _completion(problem: int, right: bool, name: str, tokens: int) -> dict[str, Any]:
    """The right answer or a wrong one, in other words each time."""
    text = " ".join(hashlib.sha256(f"{name} {n}".encode()).hexdigest()[:8] for n in range(12))
    message = {"role": "assistant", "content": f"{text} gives \\boxed{{{problem + 2 + (not right)}}}"}
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": tokens, "total_tokens": PROMPT_TOKENS + tokens}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def recipe(folder: Path, base_url: str, problems: int = 30, concurrency: int = 8, **sampling: Any) -> Recipe:
    """A recipe of sums and one paid teacher."""
    rows = folder / "rows.jsonl"
    rows.write_text("".join(f'{{"problem": "What is {n} + 2 ?", "answer": "{n + 2}"}}\n' for n in range(problems)))
    asked = {"model": "m", "base_url": base_url, "price": PRICE, "concurrency": concurrency}
    tree = {
        "name": "sums",
        "sources": [{"kind": "table", "name": "sums", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "r1", "kind": "openai", **asked}],
        "sampling": {"target_correct": 2, "max_attempts": 4, "timeout_s": 20, "max_tokens": MAX_TOKENS, **sampling},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [1, 2]},
        "output": FORMATS,
    }
    file = folder / "sums.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))
