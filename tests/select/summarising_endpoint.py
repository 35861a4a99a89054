"""A local endpoint that writes summaries as it is told, and a recipe whose paths are recorded and cost nothing."""

import asyncio
import contextlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from tests.serving import serving_app

KEY = "sk-secret-of-this-test"
PROBLEMS = 12
PRICE = {"input": 1.0, "output": 2.0}
PROMPT_TOKENS, COMPLETION_TOKENS = 100, 50

Reply = Callable[[int, str], Any]
"""From a problem's number and the whole question to a text, to (text, finish reason), or to a response."""


class Endpoint:
    """A server that speaks the OpenAI protocol in a thread of its own.

    Attributes:
        asked: the questions, by their whole text.
        judged: the questions to a judge, who finds all answers equal.
        bodies: all requests, in order.
        reply: what is answered.
        answers: how many questions are answered before the others wait for `release`; all when None.
        holding: set when a question waits for `release`.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.reply: Reply = lambda number, question: good(number)
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
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._answer)
        with serving_app(app, self._loop) as self.base_url:
            try:
                yield self
            finally:
                self.release()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        question = body["messages"][-1]["content"]
        mark = re.search(r"^VERDICT (\w+): equal$", question, re.MULTILINE)
        if mark is not None:
            self.judged[question] += 1
            return web.json_response(_completion(mark[0], "stop"))
        self.asked[question] += 1
        self.bodies.append(body)
        if self.answers is not None and self._answered >= self.answers:
            self.holding.set()
            await self._open.wait()
        self._answered += 1
        reply = self.reply(problem_of(question), question)
        if isinstance(reply, web.Response):
            return reply
        text, finish_reason = reply if isinstance(reply, tuple) else (reply, "stop")
        return web.json_response(_completion(text, finish_reason))


def _completion(text: str, finish_reason: str) -> dict[str, Any]:
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS}
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def good(number: int) -> str:
    return f"Path 1 counts up, Path 2 takes pairs; both agree on every step. So it is $\\boxed{{{number + 2}}}$."


def problem_of(question: str) -> int:
    found = re.search(r"What is (\d+) \+ 2", question)
    assert found is not None
    return int(found[1])


def teacher(base_url: str, name: str = "wise", **settings: Any) -> dict[str, Any]:
    asked = {"model": "m", "base_url": base_url, "api_key_env": "TEST_KEY", "price": PRICE, "concurrency": 4}
    return {"name": name, "kind": "openai", **asked, **settings}


def recipe_of(folder: Path, base_url: str, **settings: Any) -> Recipe:
    """A recipe of recorded solutions and a teacher that writes summaries."""
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(_row(number)) + "\n" for number in range(PROBLEMS)))
    tree = {
        "name": "summed",
        "sources": [{"kind": "open_r1", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "recorded", "kind": "recorded"}, teacher(base_url)],
        "sampling": {"target_correct": 2, "max_attempts": 1, "give_up_after": 1, "timeout_s": 20, "max_tokens": 500},
        "verify": {"workers": 1},
        "output": {"test_fraction": 0.0},
    }
    tree |= {name: value for name, value in settings.items() if name != "paths"}
    tree["paths"] = {"tokenizer": "bundled", "summary": {"teacher": "wise"}, **settings.get("paths", {})}
    file = folder / "summed.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def _row(number: int) -> dict[str, Any]:
    ways = [
        f"Count on from {number}: first one more, then another, and there it stands",
        f"Pair the units off and look which of them have no partner, given that {number} of them lie on the left",
    ]
    return {
        "problem": f"What is {number} + 2 when every unit is counted once?",
        "answer": str(number + 2),
        "question_type": "math-word-problem",
        "generations": [f"{way}. So \\boxed{{{number + 2}}}" for way in ways],
        "finish_reasons": ["stop", "stop"],
    }
