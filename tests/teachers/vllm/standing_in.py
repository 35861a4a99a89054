"""A server that stands in for vLLM: it answers after a while, so many at a time, and says on /metrics how it stands."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.openai_api import OpenAIClient
from tests.teachers.misbehaving import completion


@dataclass
class StandIn:
    """One server; can be killed, and started again on its port.

    Attributes:
        most_running: requests that it answers at a time.
        answer_s: how long that takes.
        metrics: whether it has the page.
        asked: how often it was asked each question.
    """

    most_running: int = 1000
    answer_s: float = 0.01
    metrics: bool = True
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    most_in_flight: int = 0
    in_flight: int = 0
    preemptions: int = 0
    finished: int = 0
    pages: int = 0
    _runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        self._slots = asyncio.Semaphore(self.most_running)
        self.in_flight = self.finished = self.preemptions = 0
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._complete)
        if self.metrics:
            application.router.add_get("/metrics", self._page)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def kill(self) -> None:
        """End it as SIGKILL does: connections are closed without an answer."""
        assert self._runner is not None
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()

    async def _complete(self, asked: web.Request) -> web.Response:
        question = (await asked.json())["messages"][-1]["content"]
        self.asked[question] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with self._slots:
                await asyncio.sleep(self.answer_s)
        finally:
            self.in_flight -= 1
            self.finished += 1
        return web.json_response(completion())

    async def _page(self, asked: web.Request) -> web.Response:
        self.pages += 1
        running = min(self.in_flight, self.most_running)
        figures = {
            "num_requests_running": running,
            "num_requests_waiting": self.in_flight - running,
            "kv_cache_usage_perc": running / self.most_running,
            "num_preemptions_total": self.preemptions,
            "generation_tokens_total": 20 * self.finished + self.pages,
            "request_success_total": self.finished,
        }
        return web.Response(text="".join(f'vllm:{name}{{engine="0"}} {value}\n' for name, value in figures.items()))


@contextlib.asynccontextmanager
async def standing_in(*servers: StandIn) -> AsyncIterator[None]:
    for server in servers:
        await server.start()
    try:
        yield
    finally:
        for server in servers:
            await server.kill()


@contextlib.asynccontextmanager
async def vllm_client(*servers: StandIn, states: Any = None, **settings: Any) -> AsyncIterator[OpenAIClient]:
    urls = tuple(server.base_url for server in servers)
    teacher = VLLMTeacher.model_validate({"name": "w", "kind": "vllm", "model": "m", "base_urls": urls} | settings)
    client = OpenAIClient(teacher, urls, 20, states=states)
    try:
        yield client
    finally:
        await client.close()
