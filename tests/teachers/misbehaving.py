"""A server that does anything with a connection, a teacher behind it, and a loop whose time passes by itself."""

import asyncio
import contextlib
import json
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from datagen.errors import DatagenError
from datagen.recipe_teachers import OpenAITeacher
from datagen.teachers.base import Message, Request
from datagen.teachers.openai_api import OpenAIClient

KEY = "sk-secret-of-this-test-0123456789"
Result = TypeVar("Result")


def request(number: int = 0, max_tokens: int = 100) -> Request:
    return Request((Message("system", "Be brief."), Message("user", f"What is {number}?")), 0.8, 0.95, max_tokens, 7)


def completion(content: Any = "It is 2.", finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"content": content, **message}}
    return {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 20}}


@dataclass
class Asked:
    """One request, and the way to answer it.

    Attributes:
        number: of the request, from 0.
        line, headers, body: what was sent.
        writer: takes whatever the answer shall be.
    """

    number: int
    line: str
    headers: dict[str, str]
    body: dict[str, Any]
    writer: asyncio.StreamWriter

    async def answer(self, body: Any = None, status: int = 200, length: int | None = None, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(completion() if body is None else body).encode()
        told = {"content-type": "application/json", "content-length": str(len(raw) if length is None else length)}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.writer.write(head.encode() + b"\r\n" + raw)
        await self.writer.drain()

    def hang_up(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


Behaviour = Callable[[Asked], Awaitable[None]]


@dataclass
class Misbehaving:
    """A server on the loopback address that can be stopped and started again on its port."""

    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, *rest = head.strip().split("\r\n")
                headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.asked.append(Asked(len(self.asked), line, headers, body, writer))
                await self.behaviour(self.asked[-1])
        self._open.discard(writer)


@contextlib.asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Misbehaving]:
    server = Misbehaving(behaviour)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def teacher(base_url: str, **settings: Any) -> OpenAITeacher:
    told = {"name": "t", "kind": "openai", "model": "m", "base_url": base_url, "api_key_env": "TEST_KEY"}
    return OpenAITeacher.model_validate(told | settings)


@contextlib.asynccontextmanager
async def client_of(
    *base_urls: str, timeout_s: float = 20, budget: Any = None, count_tokens: Any = None, **settings: Any
) -> AsyncIterator[OpenAIClient]:
    client = OpenAIClient(teacher(base_urls[0], **settings), base_urls, timeout_s, budget, count_tokens)
    try:
        yield client
    finally:
        await client.close()


async def settled(condition: Callable[[], bool]) -> None:
    """Let others go on until something is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


async def good(asked: Asked) -> None:
    await asked.answer()


async def half(asked: Asked) -> None:
    await asked.answer(b'{"choices": [', length=1000)
    asked.hang_up()


async def reset(asked: Asked) -> None:
    asked.reset()


async def silent(asked: Asked) -> None:
    await asyncio.sleep(60)


async def dripping(asked: Asked) -> None:
    await asked.answer(b" ", length=1_000_000)
    while True:
        await asyncio.sleep(0.01)
        asked.writer.write(b" ")
        await asked.writer.drain()


async def endless(asked: Asked) -> None:
    await asked.answer(b"[", length=100 * 2**20)
    await flood(asked)


async def endless_in_chunks(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    await flood(asked)


async def flood(asked: Asked) -> None:
    for _ in range(100):
        asked.writer.write(b"100000\r\n" + b" " * 2**20 + b"\r\n")
        await asked.writer.drain()


async def no_http(asked: Asked) -> None:
    asked.writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await asked.writer.drain()


def saying(body: Any = None, status: int = 200, **headers: str) -> Behaviour:
    async def behaviour(asked: Asked) -> None:
        await asked.answer(body, status, **headers)

    return behaviour


def first(bad: Behaviour, times: int = 1) -> Behaviour:
    async def behaviour(asked: Asked) -> None:
        await (bad if asked.number < times else good)(asked)

    return behaviour


def asking(
    behaviour: Behaviour, work: Callable[[OpenAIClient], Awaitable[Any]] | None = None, **settings: Any
) -> tuple[Any, list[Asked], dict[str, int]]:
    """What came of a work with a client (of one request when None), what the server saw, and the faults."""

    async def start() -> tuple[Any, list[Asked], dict[str, int]]:
        async with serving(behaviour) as server, client_of(server.base_url, **settings) as client:
            try:
                got = await (work(client) if work else client.ask(request()))
            except DatagenError as error:
                got = error
            traffic = client.traffic()
            assert (traffic.in_flight, traffic.waiting) == (0, 0)
            return got, server.asked, dict(traffic.faults)

    return asyncio.run(start())


BROKEN = saying(b'{"choices": [{')


class _Skipping(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "everybody waits, and nothing will ever happen"
            self.now += timeout
        return events


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody waits: when there is nothing to do, it is later."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def simulated(main: Coroutine[Any, Any, Result]) -> Result:
    """Run on a loop whose time passes by itself."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)
