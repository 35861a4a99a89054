"""The demo teacher behind HTTP: as much of the OpenAI chat-completions protocol as a teacher needs.

The same request gets the same bytes, with one exception: a request without a seed takes the next number of this
server's own count, so that asking again gives another reply, as with a real endpoint.
"""

import asyncio
import errno
import itertools
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from datagen.errors import UsageError
from datagen.teachers.demo.solver import DemoReply, solve
from datagen.texts import digest
from datagen.thoughts import CLOSE, OPEN

MODEL = "datagen-demo-teacher"
INLINE_MODEL = f"{MODEL}-inline"
"""The same teacher under a name that makes it write its thought into the content, in think tags."""

_DEFAULT_MAX_TOKENS = 16_384
_LARGEST_REQUEST = 16 * 2**20


class _TextPart(BaseModel):
    type: Literal["text"]
    text: str


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_TextPart] | None = None


class _ChatRequest(BaseModel):
    """What of a request is read; other parameters are accepted and change nothing."""

    model: str
    messages: list[_Message] = Field(min_length=1)
    n: int = Field(default=1, ge=1, le=128)
    seed: int | None = None
    temperature: float = Field(default=1.0, ge=0.0, le=2.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stream: bool = False

    @property
    def limit(self) -> int:
        return self.max_completion_tokens or self.max_tokens or _DEFAULT_MAX_TOKENS


def create_app(*, latency_ms: int = 0, inline_thoughts: bool = False) -> web.Application:
    """The application: GET /health, GET /v1/models, POST /v1/chat/completions.

    Args:
        latency_ms: mean time that a reply takes. Each takes between half and one and a half times as long, drawn from
            the request itself; others are answered meanwhile.
        inline_thoughts: write every thought into the content, in think tags, instead of `reasoning_content`.
    """
    count = itertools.count()

    async def complete(http_request: web.Request) -> web.Response:
        try:
            request = _ChatRequest.model_validate_json(await http_request.read())
        except ValidationError as error:
            return _invalid(error)
        if request.model not in (MODEL, INLINE_MODEL):
            return _error(404, f"The model `{request.model}` does not exist.", param="model", code="model_not_found")
        if request.stream:
            return _error(400, "This server does not stream; leave `stream` out.", "stream", "unsupported_value")
        seed = next(count) if request.seed is None else request.seed
        messages = [message.model_dump(exclude_none=True) for message in request.messages]
        replies = [
            solve(messages, seed=seed + choice, temperature=request.temperature, max_tokens=request.limit)
            for choice in range(request.n)
        ]
        name = digest("reply", messages, seed, request.temperature, request.limit)[:24]
        if latency_ms:
            await asyncio.sleep(latency_ms / 1000 * (0.5 + random.Random(name).random()))
        return web.json_response(_body(request.model, name, replies, inline_thoughts or request.model == INLINE_MODEL))

    app = web.Application(middlewares=[_errors_as_json], client_max_size=_LARGEST_REQUEST)
    app.router.add_get("/health", _health)
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/v1/chat/completions", complete)
    return app


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    latency_ms: int = 0,
    inline_thoughts: bool = False,
    end_with_stdin: bool = False,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Belongs into the main thread of its process, which takes the signals.

    Prints one line with the address once it can be asked.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        latency_ms: see `create_app`.
        inline_thoughts: see `create_app`.
        end_with_stdin: end also when standard input closes, so that the server does not outlive who started it.
        ready: called with the port once the server can be asked.

    Raises:
        UsageError: the port can't be listened on.
    """
    app = create_app(latency_ms=latency_ms, inline_thoughts=inline_thoughts)
    asyncio.run(_serve(app, host, port, end_with_stdin, ready))


async def _serve(
    app: web.Application, host: str, port: int, end_with_stdin: bool, ready: Callable[[int], None] | None
) -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            raise UsageError(_cannot_listen(host, port, error)) from error
        bound = int(runner.addresses[0][1])
        print(f"datagen demo teacher on http://{host}:{bound}/v1", flush=True)
        if ready:
            ready(bound)
        if end_with_stdin:
            await _watch_stdin(end)
        await end.wait()
    finally:
        await runner.cleanup()


async def _watch_stdin(end: asyncio.Event) -> None:
    class Lifeline(asyncio.Protocol):
        def eof_received(self) -> None:
            end.set()

        def connection_lost(self, error: Exception | None) -> None:
            end.set()

    await asyncio.get_running_loop().connect_read_pipe(Lifeline, sys.stdin)


def _cannot_listen(host: str, port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"demo teacher: port {port} on {host} is in use; choose another one, or 0 for a free one"
    reason = getattr(error, "strerror", None) or str(error)
    return f"demo teacher: can't listen on {host} port {port}: {reason}; choose another host or port"


def _body(model: str, name: str, replies: list[DemoReply], inline: bool) -> dict[str, Any]:
    prompt_tokens = replies[0].prompt_tokens
    completion_tokens = sum(reply.completion_tokens for reply in replies)
    return {
        "id": f"chatcmpl-{name}",
        "object": "chat.completion",
        "created": 0,  # no clock: the same request gets the same bytes
        "model": model,
        "choices": [
            {
                "index": index,
                "message": _inline_message(reply) if inline else _message(reply),
                "logprobs": None,
                "finish_reason": reply.finish_reason,
            }
            for index, reply in enumerate(replies)
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def _message(reply: DemoReply) -> dict[str, str]:
    return {"role": "assistant", "reasoning_content": reply.reasoning, "content": reply.content}


def _inline_message(reply: DemoReply) -> dict[str, str]:
    thought = f"{OPEN}\n{reply.reasoning}"
    closed = reply.content or reply.finish_reason == "stop"
    return {"role": "assistant", "content": f"{thought}\n{CLOSE}\n\n{reply.content}" if closed else thought}


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _models(_: web.Request) -> web.Response:
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "datagen"} for name in (MODEL, INLINE_MODEL)]
    return web.json_response({"object": "list", "data": models})


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _error(error.status, f"{request.method} {request.path}: {error.reason}.")


def _invalid(error: ValidationError) -> web.Response:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return _error(400, f"{place}: {first['msg']}" if place else first["msg"], param=place or None)


def _error(status: int, message: str, param: str | None = None, code: str | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status)
