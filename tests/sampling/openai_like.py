"""A local server that speaks the OpenAI protocol and misbehaves as it is told; and a recipe that asks it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from datagen.recipe import Recipe
from datagen.tables import Problem

KEY = "sk-secret-of-this-test"
Reply = web.Response | dict[str, Any]
Behaviour = Callable[[dict[str, Any], int], Reply | Awaitable[Reply]]
"""The request's body and its number from 0, to what is answered, at once or later."""


@dataclass
class Server:
    """What a running server saw.

    Attributes:
        base_url: where it is.
        asked: the bodies of all requests, in order.
        keys: what stood in their Authorization headers.
    """

    base_url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Server]:
    """Serve chat completions on the loopback address."""
    server = Server()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        server.asked.append(body)
        server.keys.append(request.headers.get("Authorization", ""))
        told = behaviour(body, len(server.asked) - 1)
        reply = await told if isinstance(told, Awaitable) else told
        return web.json_response(reply) if isinstance(reply, dict) else reply

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


def completion(content: str | None, finish_reason: str = "stop", **message: str) -> dict[str, Any]:
    """A reply as an endpoint gives it."""
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }


def problem(number: int = 0) -> Problem:
    return Problem(
        f"row{number}", f"id{number}", f"What is {number} + 2?", str(number + 2), "s", f"s#{number}", "r", "MIT"
    )


def recipe(base_url: str, **sampling: Any) -> Recipe:
    """A recipe of one paid teacher."""
    return Recipe.model_validate(
        {
            "name": "test",
            "sources": [{"kind": "limo"}],
            "teachers": [
                {
                    "name": "t",
                    "kind": "openai",
                    "model": "m",
                    "base_url": base_url,
                    "api_key_env": "TEST_KEY",
                    "price": {"input": 1.0, "output": 2.0},
                }
            ],
            "sampling": {"target_correct": 2, "max_attempts": 4, "give_up_after": 2, "timeout_s": 20, **sampling},
        }
    )
