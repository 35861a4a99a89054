"""Looks at the vLLM servers of a teacher while they are asked: which are up, how full they are, how much to send.

What their manager says and what their /metrics pages say goes to the gate; what people want to see of it is kept.
"""

import asyncio
from collections.abc import Callable, Sequence

from datagen.teachers.base import WorkerLoad
from datagen.teachers.exchange import Exchange
from datagen.teachers.gate import Gate
from datagen.teachers.vllm.pressure import Pressure
from datagen.teachers.vllm.readings import read_metrics, root_of
from datagen.teachers.vllm.state import WorkerState

States = Callable[[], Sequence[WorkerState]]

_STATES_EVERY_S = 0.1
_READ_EVERY_S = 0.5
_RARELY_S = 30.0
"""How often a server is asked for its page at last that shows none: it may be none that has it."""
_READ_TIMEOUT_S = 5.0


class Watching:
    """Steers the gate of a teacher's servers by what is seen of them. Made inside the event loop that it belongs to.

    Args:
        gate: where their requests wait.
        urls: the base URLs of the servers.
        most: requests that one of them may be given at a time.
        states: how the managed ones stand; None where nobody manages them.

    Raises:
        UsageError: a base URL is none.
    """

    def __init__(self, gate: Gate, urls: Sequence[str], most: int, states: States | None = None) -> None:
        self._gate = gate
        self._roots = {url: root_of(url) for url in urls}
        self._pressures = {url: Pressure(most) for url in urls}
        self._states = states
        self._restarts = dict.fromkeys(urls, 0)
        self._exchange = Exchange(tuple(self._roots.values()), None, len(urls), _READ_TIMEOUT_S)
        self._take_states()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_states())
            for url in self._roots:
                group.create_task(self._follow_readings(url))

    @property
    def workers(self) -> WorkerLoad:
        """The servers as they were seen last."""
        endpoints = self._gate.endpoints.all
        up = [endpoint.url for endpoint in endpoints if endpoint.is_up and not endpoint.breaker.is_open]
        readings = [reading for url in up if (reading := self._pressures[url].last) is not None]
        return WorkerLoad(
            up=len(up),
            of=len(endpoints),
            running=sum(reading.running for reading in readings),
            queued=sum(reading.waiting for reading in readings),
            kv_use=max((reading.kv_use for reading in readings), default=None),
            preempted=sum(pressure.preempted for pressure in self._pressures.values()),
            restarts=sum(self._restarts.values()),
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchange.close()

    async def _follow_states(self) -> None:
        while self._states is not None:
            self._take_states()
            await asyncio.sleep(_STATES_EVERY_S)

    def _take_states(self) -> None:
        if self._states is None:
            return
        for state in self._states():
            if state.restarts > self._restarts[state.url]:  # it was down, though nobody may have looked then
                self._gate.set_up(state.url, False)
            self._restarts[state.url] = state.restarts
            self._gate.set_up(state.url, state.is_up)

    async def _follow_readings(self, url: str) -> None:
        endpoint, pressure, every_s = self._gate.endpoints.at(url), self._pressures[url], _READ_EVERY_S
        while True:
            reading = await read_metrics(self._exchange, self._roots[url]) if endpoint.is_up else None
            room = pressure.lose() if reading is None else pressure.read(reading, endpoint.in_flight)
            if room != endpoint.room:
                self._gate.make_room(url, room)
            is_silent = endpoint.is_up and pressure.last is None
            every_s = min(2 * every_s, _RARELY_S) if is_silent else _READ_EVERY_S
            await asyncio.sleep(every_s)
