"""The demo teacher behind HTTP: an endpoint that answers as it should, or misbehaves as it is told.

The same request gets the same bytes, with two exceptions: a request without a seed takes the next number of this
server's own count, so that asking again gives another reply, as with a real endpoint; and faults, when there are any.
"""

import asyncio
import hashlib
import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
from aiohttp import web
from pydantic import ValidationError

from datagen.recipe_teachers import DEMO_MODEL
from datagen.teachers.demo.faults import Fate, Fates, FaultPlan, RateLimit, cut_off
from datagen.teachers.demo.protocol import (
    Answering,
    ChatRequest,
    error_response,
    invalid_response,
    json_response,
    models_body,
    reply_body,
)
from datagen.teachers.demo.solver import DemoReply, solve
from datagen.teachers.demo.stats import Stats

MODEL = DEMO_MODEL
INLINE_MODEL = f"{MODEL}-inline"
"""The same teacher under a name that makes it write its thought into the content, in think tags."""

_DEFAULT_MAX_TOKENS = 16_384
_LARGEST_REQUEST = 16 * 2**20


class Solver:
    """The teacher that solves the quickstart's kinds of problems."""

    models = (MODEL, INLINE_MODEL)
    takes_any_model = False

    def replies(self, request: ChatRequest, seed: int) -> list[DemoReply]:
        """Solve the problem, anew for each choice."""
        messages = [message.model_dump(exclude_none=True) for message in request.messages]
        limit = request.limit or _DEFAULT_MAX_TOKENS
        return [
            solve(
                messages,
                seed=seed + choice,
                temperature=request.temperature,
                max_tokens=limit,
                goes_on=request.continue_final_message,
            )
            for choice in range(request.n)
        ]


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the server behaves, whoever answers.

    Attributes:
        latency_ms: mean time that a reply takes. Each takes between half and one and a half times as long, drawn from
            the request itself; others are answered meanwhile.
        inline_thoughts: write every thought into the content, in think tags, instead of `reasoning_content`.
        faults: what goes wrong, and how often.
        requests_per_minute: more are refused with 429 and the time to wait; None refuses none.
    """

    latency_ms: int = 0
    inline_thoughts: bool = False
    faults: FaultPlan = field(default_factory=FaultPlan)
    requests_per_minute: int | None = None


def create_app(teacher: Answering | None = None, conduct: Conduct | None = None) -> web.Application:
    """The application: POST /v1/chat/completions, GET /v1/models, GET /health, GET /stats.

    Args:
        teacher: who answers; a `Solver` when None.
        conduct: how it behaves; at once and without faults when None.

    Raises:
        UsageError: it is to behave as no server can.
    """
    endpoint = _Endpoint(teacher or Solver(), conduct or Conduct())
    app = web.Application(middlewares=[_errors_as_json], client_max_size=_LARGEST_REQUEST)
    app.router.add_post("/v1/chat/completions", endpoint.complete)
    app.router.add_get("/v1/models", endpoint.models)
    app.router.add_get("/health", _health)
    app.router.add_get("/stats", endpoint.figures)
    return app


class _Endpoint:
    def __init__(self, teacher: Answering, conduct: Conduct) -> None:
        self._teacher = teacher
        self._conduct = conduct
        self._fates = Fates(conduct.faults)
        self._limit = RateLimit(conduct.requests_per_minute)
        self._count = itertools.count()
        self._stats = Stats()

    async def complete(self, http_request: web.Request) -> web.StreamResponse:
        body = await http_request.read()
        name = self._stats.arrived(body)
        try:
            return await self._answer(http_request, body, name)
        finally:
            self._stats.left()

    async def models(self, _: web.Request) -> web.Response:
        return json_response(models_body(self._teacher.models))

    async def figures(self, _: web.Request) -> web.Response:
        return json_response(orjson.dumps(self._stats.figures()))

    async def _answer(self, http_request: web.Request, body: bytes, name: int) -> web.StreamResponse:
        request = self._read(body)
        if isinstance(request, web.Response):
            self._stats.refused += 1
            return request
        if wait_s := self._limit.wait_s():
            self._stats.faults["rate_limit"] += 1
            return _too_many(math.ceil(wait_s))
        fate = self._fates.next()
        if fate.fault is not None:
            self._stats.faults[fate.fault] += 1
        if fate.fault == "429":
            return _too_many(self._conduct.faults.retry_after_s)
        if fate.fault == "hang":
            await asyncio.get_running_loop().create_future()  # cancelled when the client goes
        seed = next(self._count) if request.seed is None else request.seed
        replies = self._teacher.replies(request, seed)
        await self._take_time(name)
        if fate.fault == "500":
            return error_response(500, "The server had an error while processing the request.")
        if fate.fault == "truncate":
            replies = [cut_off(reply, fate.place) for reply in replies]
        reply_id = hashlib.blake2b(b"%d %b" % (seed, body), digest_size=12).hexdigest()
        inline = self._conduct.inline_thoughts or request.model == INLINE_MODEL
        answer = reply_body(reply_id, request.model, replies, inline=inline, is_rest=request.continue_final_message)
        if fate.fault == "drop":
            return await _drop(http_request, answer, fate)
        if fate.fault == "garbage":
            return json_response(answer[: int(fate.place * len(answer))])
        self._stats.unknown += not replies[0].is_known
        self._stats.answered(name)
        return json_response(answer)

    def _read(self, body: bytes) -> ChatRequest | web.Response:
        try:
            request = ChatRequest.model_validate_json(body)
        except ValidationError as error:
            return invalid_response(error)
        if not self._teacher.takes_any_model and request.model not in self._teacher.models:
            message = f"The model `{request.model}` does not exist."
            return error_response(404, message, param="model", code="model_not_found")
        if request.stream:
            message = "This server does not stream; leave `stream` out."
            return error_response(400, message, param="stream", code="unsupported_value")
        return request

    async def _take_time(self, name: int) -> None:
        if not self._conduct.latency_ms:
            return
        try:
            await asyncio.sleep(self._conduct.latency_ms / 1000 * (0.5 + name / 2**64))
        except asyncio.CancelledError:
            self._stats.abandoned += 1
            raise


def _too_many(retry_after_s: float | None) -> web.Response:
    headers = None if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return error_response(429, "Too many requests; slow down.", code="rate_limit_exceeded", headers=headers)


async def _drop(http_request: web.Request, answer: bytes, fate: Fate) -> web.StreamResponse:
    """Send the beginning of a reply and close the connection."""
    response = web.StreamResponse()
    response.content_type = "application/json"
    response.content_length = len(answer)
    await response.prepare(http_request)
    await response.write(answer[: int(fate.place * len(answer))])
    if http_request.transport is not None:
        http_request.transport.close()
    return response


async def _health(_: web.Request) -> web.Response:
    return json_response(b'{"status": "ok"}')


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return error_response(error.status, f"{request.method} {request.path}: {error.reason}.")
