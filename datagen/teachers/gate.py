"""The one line in which a teacher's requests wait: for a slot, for the told rates, for an endpoint that is up.

Whoever waits holds nothing: a request that has to be tried again leaves its slot and comes back to the head of the line
when its time has come. New ones are served in the order in which they came. Every change lets in all that may enter
now, at a constant cost for each. `endpoints.py` says where each of them goes.
"""

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from datagen.teachers.endpoints import Endpoint, Endpoints, Wave
from datagen.teachers.pace import Rate, Window

REFUSED_S = 600.0
"""How long an endpoint may do nothing but refuse for now; a minute's limit is met again within that."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a request that was let in holds until it leaves.

    Attributes:
        endpoint: where it goes.
        number: of the request, as the window counts.
        tokens: what was taken of the rate of tokens.
        is_probe: whether it finds out if the endpoint is up.
        wave: that it belongs to.
    """

    endpoint: Endpoint
    number: int
    tokens: float
    is_probe: bool
    wave: Wave | None


@dataclass(slots=True, eq=False)
class _Waiter:
    tokens: float
    ticket: "asyncio.Future[Ticket]"
    wave: Wave | None
    avoid: Endpoint | None


class Gate:
    """Lets requests in. Belongs to one event loop, whose clock it uses.

    Args:
        urls: the base URLs of the endpoints.
        concurrency: most requests in flight.
        requests_per_minute, tokens_per_minute: told limits; None where there is none.
        room: most requests in flight at each endpoint, until `make_room` says otherwise.

    Attributes:
        in_flight: requests that were let in and have not left.
        endpoints: where they go.
        outages: how often an endpoint was said to be down.
    """

    def __init__(
        self,
        urls: Sequence[str],
        concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        room: float = math.inf,
    ) -> None:
        self.in_flight = 0
        self.outages = 0
        self.endpoints = Endpoints(urls, room)
        self._window = Window(concurrency)
        self._requests = Rate(requests_per_minute) if requests_per_minute else None
        self._tokens = Rate(tokens_per_minute) if tokens_per_minute else None
        self._new: deque[_Waiter] = deque()
        self._again: list[tuple[float, int, _Waiter]] = []
        self._came = 0
        self._refusing_since: float | None = None
        self._error: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Requests in the line."""
        return len(self._new) + len(self._again)

    @property
    def error(self) -> Exception | None:
        """What `end` was called with."""
        return self._error

    async def enter(
        self,
        tokens: float = 0.0,
        delay: float | None = None,
        wave: Hashable | None = None,
        avoid: Endpoint | None = None,
    ) -> Ticket:
        """Wait until a request may be sent.

        Args:
            tokens: what it is thought to cost of the rate of tokens.
            delay: seconds before which it shall not be sent; those that were told one go before those that were not.
            wave: what it asks, where others may ask the same: they go to one endpoint, as far as that may be asked.
            avoid: the endpoint that just failed it; it goes to another one if it can.

        Returns:
            What it holds; has to be handed back by `served`, `answered`, `refused`, `failed` or `withdraw`.

        Raises:
            Exception: the error that `end` was called with.
        """
        if self._error is not None:
            raise self._error
        now = self._loop.time()
        waiter = _Waiter(tokens, self._loop.create_future(), self.endpoints.join(wave), avoid)
        if delay is None:
            self._new.append(waiter)
        else:
            self._came += 1
            heapq.heappush(self._again, (now + delay, self._came, waiter))
        self._let_in()
        if waiter.ticket.done():
            return waiter.ticket.result()
        try:
            return await waiter.ticket
        except BaseException:
            if waiter.ticket.done() and not waiter.ticket.cancelled() and waiter.ticket.exception() is None:
                self.withdraw(waiter.ticket.result())
            else:
                self.endpoints.leave(waiter.wave)
            raise

    def served(self, ticket: Ticket, tokens: int | None) -> None:
        """The request got what it asked for.

        Args:
            ticket: what it held.
            tokens: what it cost of the rate of tokens; None when nobody knows.
        """
        self._refusing_since = None
        ticket.endpoint.breaker.served()
        self._window.taken(ticket.number)
        self._leave(ticket, ticket.tokens if tokens is None else tokens)

    def answered(self, ticket: Ticket) -> None:
        """The endpoint did not give what it was asked for, but it is up."""
        ticket.endpoint.breaker.answered()
        self._window.taken(ticket.number)
        self._leave(ticket, ticket.tokens)

    def refused(self, ticket: Ticket, wait_s: float) -> bool:
        """The endpoint refused for now.

        One that refuses here and there delays those requests only; when refusals are the rule, nobody is sent before
        the time that it asked for.

        Args:
            ticket: what the request held.
            wait_s: seconds that the endpoint asked to wait; 0 when it did not.

        Returns:
            Whether it has done nothing else for too long.
        """
        now = self._loop.time()
        ticket.endpoint.breaker.answered()
        if self._window.refused(ticket.number):
            ticket.endpoint.paused_until = max(ticket.endpoint.paused_until, now + wait_s)
        if self._refusing_since is None or self.in_flight > 1:  # what else is in flight may still be served
            self._refusing_since = now
        self._leave(ticket, 0)
        return now - self._refusing_since >= REFUSED_S

    def failed(self, ticket: Ticket) -> bool:
        """The request failed as requests do when the endpoint is down.

        Returns:
            Whether every endpoint has been down for too long, and nobody brings one back.
        """
        now = self._loop.time()
        ticket.endpoint.breaker.failed(now, probe=ticket.is_probe)
        if ticket.wave is not None and ticket.wave.home is ticket.endpoint:
            ticket.wave.home = None
        self._leave(ticket, ticket.tokens)
        return all(endpoint.is_hopeless(now) for endpoint in self.endpoints.all)

    def withdraw(self, ticket: Ticket) -> None:
        """Nothing was learnt about the endpoint: the request was not sent, or nobody wants to know any more."""
        if ticket.is_probe:
            ticket.endpoint.breaker.withdrawn(self._loop.time())
        self._leave(ticket, ticket.tokens)

    def set_up(self, url: str, is_up: bool) -> None:
        """Whoever runs an endpoint says whether it is up.

        Nothing is sent to one that is down. One that is back is asked at once, and it is never given up from here.
        """
        endpoint = self.endpoints.at(url)
        endpoint.is_managed = True
        if is_up == endpoint.is_up:
            return
        if is_up:
            endpoint.came_up()
            self._let_in()
        else:
            endpoint.is_up = False
            self.outages += 1

    def make_room(self, url: str, most: float) -> None:
        """Give an endpoint at most so many requests at a time, from the next one on."""
        self.endpoints.at(url).room = most
        self._let_in()

    def end(self, error: Exception) -> None:
        """Let nobody in any more; whoever waits gets the error at once."""
        if self._error is not None:
            return
        self._error = error
        if self._alarm is not None:
            self._alarm.cancel()
        waiting = [*self._new, *(waiter for _, _, waiter in self._again)]
        self._new.clear()
        self._again.clear()
        for waiter in waiting:
            if not waiter.ticket.done():
                waiter.ticket.set_exception(error)

    def _leave(self, ticket: Ticket, tokens: float) -> None:
        self.in_flight -= 1
        ticket.endpoint.in_flight -= 1
        self.endpoints.leave(ticket.wave)
        if self._tokens is not None:
            self._tokens.take(tokens - ticket.tokens, self._loop.time())
        self._let_in()

    def _let_in(self) -> None:
        """Let in all that may enter now, and come back when the next may."""
        now = self._loop.time()
        while self.in_flight < int(self._window.size):
            waiter = self._first(now)
            if waiter is None:
                if self._again:
                    self._come_back(self._again[0][0])
                return
            endpoint, wait = self.endpoints.choose(now, waiter.wave, waiter.avoid)
            wait = max(wait, self._rate_wait(waiter.tokens, now))
            if wait == math.inf:
                return
            if wait > 0:
                self._come_back(now + wait)
                return
            self._take_out(now)
            self._admit(waiter, endpoint, now)

    def _first(self, now: float) -> _Waiter | None:
        """Whose turn it is; who does not wait any more is forgotten."""
        while self._again and (self._again[0][0] <= now or self._again[0][2].ticket.done()):
            if not self._again[0][2].ticket.done():
                return self._again[0][2]
            heapq.heappop(self._again)
        while self._new and self._new[0].ticket.done():
            self._new.popleft()
        return self._new[0] if self._new else None

    def _take_out(self, now: float) -> None:
        if self._again and self._again[0][0] <= now:
            heapq.heappop(self._again)
        else:
            self._new.popleft()

    def _admit(self, waiter: _Waiter, endpoint: Endpoint, now: float) -> None:
        self.in_flight += 1
        endpoint.in_flight += 1
        if self._requests is not None:
            self._requests.take(1, now)
        if self._tokens is not None:
            self._tokens.take(waiter.tokens, now)
        if waiter.wave is not None:
            waiter.wave.home = endpoint
        number, is_probe = self._window.send(), endpoint.breaker.send(now)
        waiter.ticket.set_result(Ticket(endpoint, number, waiter.tokens, is_probe, waiter.wave))

    def _rate_wait(self, tokens: float, now: float) -> float:
        by_requests = self._requests.wait_for(1, now) if self._requests is not None else 0.0
        by_tokens = self._tokens.wait_for(tokens, now) if self._tokens is not None else 0.0
        return max(by_requests, by_tokens)

    def _come_back(self, when: float) -> None:
        if self._alarm is not None:
            if self._alarm.when() <= when:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(when, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self._let_in()
