"""One vLLM server process: started, proven to answer, watched until it ends or hangs.

A server is up when /health says so, it lists the teacher's model, and one token was generated. It is down when its
process ends, when it has been silent for a while, or when requests run and nothing comes out of them.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from datagen.children import Child
from datagen.errors import DatagenError
from datagen.teachers.exchange import Exchange, Reply
from datagen.teachers.faults import Fault
from datagen.teachers.vllm.command import server_url
from datagen.teachers.vllm.complaints import telling_lines
from datagen.teachers.vllm.placing import is_free
from datagen.teachers.vllm.readings import Reading, read_metrics

Health = Literal["good", "bad", "late"]

_LOGGER = logging.getLogger("datagen")
_BYTES_OF_COMPLAINTS = 4 * 2**20
_MOST_LOG_BYTES = 16 * 2**20
_MOST_NAMES = 5
_MOST_SAID = 300
_LOOKS_WHILE_STUCK = 20


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started.

    Attributes:
        who: its name for messages, as `teacher tiny: worker 0`.
        command: program and arguments.
        environment: all of it.
        port: of 127.0.0.1, where it will listen.
        model: what requests will ask for.
        log: where its output goes.
    """

    who: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # keys may be in it
    port: int
    model: str
    log: Path


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds.

    Attributes:
        start: until /health answers; weights may have to be downloaded.
        probe: until the first token arrived after that.
        health: until /health answers a server that was up.
        silent: how long /health may not do so, again and again.
        stuck: how long requests may run without a token; an idle server is asked for one as often.
        gone: until the processes of a server that was told to end are gone.
        check: between two looks at a server that is up.
        look: between two looks at the process.
        say: between two lines about a server that is starting.
        settled: how long a server was up whose end does not count as one more in a row.
        restart: before a server is started again; doubles with each end in a row.
        longest_restart: the longest of those.
    """

    start: float = 3600.0
    probe: float = 300.0
    health: float = 10.0
    silent: float = 60.0
    stuck: float = 300.0
    gone: float = 30.0
    check: float = 0.5
    look: float = 0.1
    say: float = 30.0
    settled: float = 60.0
    restart: float = 1.0
    longest_restart: float = 60.0


class Server:
    """One process of a server, from its start to its end. Lives in one event loop.

    Attributes:
        is_answering: whether requests may be sent to it.
    """

    def __init__(self, launch: Launch, patience: Patience, *, restart: int) -> None:
        """Start it.

        Args:
            launch: what.
            patience: how long it is waited for.
            restart: how often it was started before; the log goes on then.

        Raises:
            DatagenError: its port is taken, or the process can't be started.
        """
        self._launch, self._patience = launch, patience
        self.is_answering = False
        if not is_free(launch.port):
            raise DatagenError(f"{launch.who}: port {launch.port} is in use by another program; end what listens there")
        try:
            _make_room(launch.log, restart)
            self._child = Child(
                launch.command, log=launch.log, environment=launch.environment, is_continued=restart > 0
            )
        except OSError as error:
            raise DatagenError(f"{launch.who}: can't be started: {error.filename}: {error.strerror}") from error
        self._root, self._api = f"http://127.0.0.1:{launch.port}", server_url(launch.port)
        self._exchange = Exchange((self._root, self._api), None, connections=4, timeout_s=2 * patience.probe)
        self._began = time.monotonic()

    async def wait_until_up(self) -> float:
        """Wait until it answers requests.

        Returns:
            The seconds since its start.

        Raises:
            DatagenError: it ended, does not answer in time, or serves another model; the message says why.
        """
        who, patience = self._launch.who, self._patience
        if not await self._wait(self._until_healthy(), patience.start):
            raise self._error(f"{who} did not answer /health within {patience.start:.0f} s: {self._child.last_line}")
        if not await self._wait(self._check_models(), patience.probe):
            raise self._error(f"{who} answers /health, but does not list its models within {patience.probe:.0f} s")
        if not await self._wait(self._probe(), patience.probe):
            raise self._error(
                f"{who} answers /health, but hangs on the first request: no token within {patience.probe:.0f} s"
            )
        self.is_answering = True
        return time.monotonic() - self._began

    async def wait_until_down(self) -> DatagenError:
        """Wait until it ends or hangs.

        Returns:
            Why it is down, as `teacher tiny: worker 0 ended (signal 9)`.
        """
        hanging = asyncio.create_task(self._until_hanging())
        try:
            while self._child.ending is None and not hanging.done():
                await asyncio.wait({hanging}, timeout=self._patience.look)
        finally:
            self.is_answering = False
            hanging.cancel()
        ending = self._child.ending
        if ending is None:
            return self._error(f"{self._launch.who} {hanging.result()}")
        if ending.startswith("signal"):
            return self._error(f"{self._launch.who} ended ({ending})")
        because = "; ".join(telling_lines(self._child.said()))  # its last words; what it said before it lived through
        return self._error(f"{self._launch.who} ended ({ending}): {because or 'it said nothing'}")

    async def end(self) -> None:
        """End it, and wait until it and all that it started are gone. May be called again."""
        self.is_answering = False
        self._child.end()
        await self._exchange.close()
        deadline = time.monotonic() + self._patience.gone
        while self._child.ending is None:
            if time.monotonic() > deadline:
                _LOGGER.error("%s: its processes do not end; see ps and nvidia-smi", self._launch.who)
                return
            await asyncio.sleep(self._patience.look)

    async def _wait(self, something: Coroutine[Any, Any, None], limit_s: float) -> bool:
        """Wait for something of a starting server, as long as its process lives; False when it does not come."""
        awaited = asyncio.create_task(something)
        deadline = time.monotonic() + limit_s
        next_line = time.monotonic() + self._patience.say
        try:
            while not awaited.done():
                if (ending := self._child.ending) is not None:
                    raise self._ended_at_start(ending)
                now = time.monotonic()
                if now > deadline:
                    return False
                if now > next_line:
                    next_line += self._patience.say
                    seconds = now - self._began
                    _LOGGER.info("%s is starting, %.0f s so far: %s", self._launch.who, seconds, self._child.last_line)
                await asyncio.wait({awaited}, timeout=self._patience.look)
            awaited.result()
            return True
        finally:
            awaited.cancel()

    async def _until_healthy(self) -> None:
        while await self._health() != "good":
            await asyncio.sleep(self._patience.look)

    async def _health(self) -> Health:
        reply = await self._get("health")
        if reply is None:
            return "late"
        return "good" if isinstance(reply, Reply) and reply.status == 200 else "bad"

    async def _check_models(self) -> None:
        while not isinstance(reply := await self._get("v1/models"), Reply):
            await asyncio.sleep(self._patience.look)
        listed: Any = None
        with contextlib.suppress(ValueError):
            listed = orjson.loads(reply.body)
        models = listed.get("data") if isinstance(listed, dict) else None
        names = [str(model.get("id")) for model in models or [] if isinstance(model, dict)]
        if self._launch.model not in names:
            served = ", ".join(names[:_MOST_NAMES]) or "nothing"
            raise self._error(
                f"{self._launch.who} serves {served}, not {self._launch.model}; see model and engine_args"
            )

    async def _probe(self) -> None:
        while not isinstance(reply := await self._first_token(), Reply):
            await asyncio.sleep(self._patience.look)
        if reply.status != 200:
            said = " ".join(reply.body.decode(errors="replace").split())[:_MOST_SAID]
            raise self._error(f"{self._launch.who} refuses the first request: HTTP {reply.status}: {said}")

    async def _first_token(self) -> Reply | Fault:
        request = {
            "model": self._launch.model,
            "messages": [{"role": "user", "content": "1 + 1 ="}],
            "max_tokens": 1,
            "temperature": 0.0,
        }
        return await self._exchange.post(self._api, orjson.dumps(request), max_tokens=1)

    async def _until_hanging(self) -> str:
        answered = moved = asked = looked = time.monotonic()
        generated: int | None = None
        while True:
            await asyncio.sleep(self._patience.check)
            now = time.monotonic()
            health = await self._health()
            if health == "good":
                answered, self.is_answering = now, True
            elif health == "bad":  # nobody listens, or the engine is dead; who is only late may have much to do
                self.is_answering = False
            if now - answered > self._patience.silent:
                return f"did not answer /health for {self._patience.silent:.0f} s"
            if now - looked < self._patience.stuck / _LOOKS_WHILE_STUCK:
                continue
            looked, reading = now, await self._reading()
            is_idle = reading is not None and not reading.running and not reading.waiting
            if reading is None or reading.generated != generated:
                generated = reading.generated if reading else None
                moved = asked = now
            elif is_idle:
                moved = now
            else:
                asked = now
            if now - moved > self._patience.stuck:
                return f"generated nothing for {self._patience.stuck:.0f} s with requests running"
            if now - asked > self._patience.stuck:  # an engine that hangs while idle still says so
                asked = now
                if not await self._is_awake():
                    return f"answers /health, but hangs: no token within {self._patience.probe:.0f} s"

    async def _is_awake(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.probe):
                await self._first_token()
                return True
        return False

    async def _reading(self) -> Reading | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.health):
                return await read_metrics(self._exchange, self._root)
        return None

    async def _get(self, path: str) -> Reply | Fault | None:
        """What came back; None when nothing did in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.health):
                return await self._exchange.call("GET", self._root, path)
        return None

    def _ended_at_start(self, ending: str) -> DatagenError:
        who = self._launch.who
        if ending.startswith("signal"):  # and nothing in its log is about it
            return self._error(f"{who} ended at its start ({ending}): killed, mostly by the kernel for want of memory")
        lines = telling_lines(self._child.said(_BYTES_OF_COMPLAINTS))
        return self._error(f"{who} ended at its start: {'; '.join(lines) or ending}")

    def _error(self, what: str) -> DatagenError:
        return DatagenError(f"{what} (all of it: {self._launch.log})")


def _make_room(log: Path, restart: int) -> None:
    """Keep one former log: that of the run's last start, or the beginning of one that grew large."""
    with contextlib.suppress(FileNotFoundError):
        if restart == 0 or log.stat().st_size > _MOST_LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
    if restart > 0:
        with log.open("a") as said:
            said.write(f"\n=== started again {time.strftime('%Y-%m-%d %H:%M:%S')}, restart {restart} ===\n")
