"""Any OpenAI-compatible endpoint as a teacher: what is asked, tried until it is answered or can't be.

A request waits in the gate, takes what the budget holds for it, is sent, and leaves again with an answer or a fault;
what to do about a fault stands in the fault. What will never work stops everything with one line that says why.
"""

import asyncio
import os
from collections import Counter

import orjson

from datagen.errors import StoppedError, UsageError
from datagen.recipe_teachers import OpenAITeacher, PaidTeacher, VLLMTeacher
from datagen.stopping import refuse_when_stopped
from datagen.teachers.base import Budget, Completion, Hold, Request, Traffic
from datagen.teachers.endpoints import Endpoint
from datagen.teachers.exchange import Exchange
from datagen.teachers.families import body_of
from datagen.teachers.faults import Fault, delay_of, of_asking_for_more
from datagen.teachers.gate import Gate, Ticket
from datagen.teachers.pace import TokenGuess
from datagen.teachers.replies import CountTokens, read_reply, ready
from datagen.teachers.trying import Trying
from datagen.teachers.vllm.watching import States, Watching


def api_key(teacher: PaidTeacher) -> str | None:
    """The teacher's key from the environment.

    Raises:
        UsageError: the recipe names a variable that is not set, or set to what is no key.
    """
    if teacher.api_key_env is None:
        return None
    key = os.environ.get(teacher.api_key_env)
    if not key:
        raise UsageError(f"teacher {teacher.name}: the environment has no {teacher.api_key_env}; set it to the key")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(f"teacher {teacher.name}: {teacher.api_key_env} holds more than a key; look for line breaks")
    return key


class OpenAIClient:
    """A teacher behind one or more OpenAI-compatible servers.

    What asks the same goes to one of them, else each request goes to the one with the fewest in flight.

    Belongs to the event loop in which it is made.

    Args:
        teacher: its settings.
        base_urls: where the servers are.
        timeout_s: seconds until a request without a whole answer is given up.
        budget: who has to agree before a request is sent; None when nobody has to.
        count_tokens: counts the tokens of a text, for endpoints that don't; None leaves them unknown.
        states: how its servers stand, where somebody runs them; None where nobody does.

    Attributes:
        slots: requests that it can have in flight; the concurrency of kind vllm is that of each server.

    Raises:
        UsageError: its key is not set, or one of its addresses is none.
    """

    def __init__(
        self,
        teacher: PaidTeacher,
        base_urls: tuple[str, ...],
        timeout_s: float,
        budget: Budget | None = None,
        count_tokens: CountTokens | None = None,
        states: States | None = None,
    ) -> None:
        self._teacher = teacher
        self._key = api_key(teacher)
        self.slots = teacher.concurrency * (len(base_urls) if isinstance(teacher, VLLMTeacher) else 1)
        self._exchange = Exchange(base_urls, self._key, self.slots, timeout_s)
        told = teacher if isinstance(teacher, OpenAITeacher) else None
        self._has_token_rate = told is not None and told.tokens_per_minute is not None
        self._gate = Gate(
            base_urls,
            self.slots,
            told.requests_per_minute if told else None,
            told.tokens_per_minute if told else None,
            room=teacher.concurrency,
        )
        self._budget = budget
        self._reserving: set[asyncio.Future[Hold]] = set()
        self._count_tokens = count_tokens
        self._guess = TokenGuess()
        self._trying = Trying(teacher, self._gate, self._key, self.end)
        self._watching: Watching | None = None
        if isinstance(teacher, VLLMTeacher):
            self._watching = Watching(self._gate, base_urls, teacher.concurrency, states)
            self._watch = asyncio.create_task(self._watching.run())
            self._watch.add_done_callback(self._end_unwatched)

    async def ask(self, request: Request) -> Completion:
        """Answer one request; see `TeacherClient.ask`."""
        body = orjson.dumps(body_of(self._teacher, request))
        met: Counter[int | None] = Counter()
        wave = request.messages[:-1] if request.continues else request.messages
        delay: float | None = None
        avoid: Endpoint | None = None
        outages = self._gate.outages
        while True:
            tokens = self._guess.of(len(body), request.max_tokens) if self._has_token_rate else 0.0
            ticket = await self._gate.enter(tokens, delay, wave, avoid)
            got = await self._try(ticket, request, body)
            if isinstance(got, Completion):
                return got
            if request.asks_for_more:
                got = of_asking_for_more(got, request.continues)
            if got.is_outage and outages != self._gate.outages:  # a server's death uses no request up
                met[got.tries], outages = 0, self._gate.outages
            met[got.tries] += 1
            self._trying.failed(ticket, got, met[got.tries])
            avoid = ticket.endpoint if got.is_outage else None
            is_elsewhere = got.is_outage and met.total() == 1 and len(self._gate.endpoints.all) > 1
            delay = 0.0 if is_elsewhere else delay_of(got, met.total())

    def end(self, error: Exception) -> None:
        """Send nothing more; see `TeacherClient.end`."""
        self._gate.end(error)
        for reserving in self._reserving:
            reserving.cancel()

    def traffic(self) -> Traffic:
        """What it is doing now."""
        reserving = len(self._reserving)
        in_flight, waiting = self._gate.in_flight - reserving, self._gate.waiting + reserving
        workers = self._watching.workers if self._watching is not None else None
        return Traffic(in_flight, waiting, dict(self._trying.faults), workers)

    async def close(self) -> None:
        """Let go of connections."""
        if self._watching is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            await self._watching.close()
        await self._exchange.close()

    def _end_unwatched(self, watch: "asyncio.Task[None]") -> None:
        """Servers that nobody looks at may be waited for in vain."""
        error = None if watch.cancelled() else watch.exception()
        if isinstance(error, Exception):
            self.end(error)

    async def _try(self, ticket: Ticket, request: Request, body: bytes) -> Completion | Fault:
        """Send a request once; its ticket and what the budget holds for it are given back, whatever happens."""
        try:
            hold = await self._reserve(request)
        except BaseException:
            self._gate.withdraw(ticket)
            raise
        try:
            got = await self._send(ticket, request, body)
        except BaseException:
            hold.lose("given up")
            self._gate.withdraw(ticket)
            raise
        if isinstance(got, Completion):
            hold.settle(got)
            self._leave_with_answer(ticket, got)
        elif got.may_be_billed:
            hold.lose(got.name)
        else:
            hold.release()
        return got

    async def _send(self, ticket: Ticket, request: Request, body: bytes) -> Completion | Fault:
        reply = await self._exchange.post(ticket.endpoint.url, body, request.max_tokens)
        got = (
            reply
            if isinstance(reply, Fault)
            else read_reply(reply.status, reply.headers, reply.body, is_rest=request.continues)
        )
        if isinstance(got, Fault):
            return got
        return await ready(got, self._teacher, request, self._key, self._count_tokens)

    async def _reserve(self, request: Request) -> Hold:
        """What the budget holds for a request that is sent next."""
        hold = FREE if self._budget is None else await self._reserved(self._budget, request)
        try:
            if self._gate.error is not None:
                raise self._gate.error
            refuse_when_stopped()
        except Exception:
            hold.release()
            raise
        return hold

    async def _reserved(self, budget: Budget, request: Request) -> Hold:
        reserving = asyncio.ensure_future(budget.reserve(request))
        self._reserving.add(reserving)
        try:
            return await reserving
        except StoppedError as error:
            self.end(error)
            raise
        except asyncio.CancelledError:
            if reserving.done() and not reserving.cancelled() and reserving.exception() is None:
                reserving.result().release()
            task = asyncio.current_task()
            if self._gate.error is not None and task is not None and not task.cancelling():  # `end` did it
                raise self._gate.error from None
            raise
        finally:
            self._reserving.discard(reserving)

    def _leave_with_answer(self, ticket: Ticket, completion: Completion) -> None:
        used = None
        if completion.completion_tokens is not None:
            self._guess.learn(completion.completion_tokens)
            used = (completion.prompt_tokens or 0) + completion.completion_tokens
        self._trying.served(ticket, used)


class Free:
    """What is held when there is no budget."""

    def settle(self, completion: Completion) -> None:
        """It costs nobody anything."""

    def release(self) -> None:
        """Nothing was set aside."""

    def lose(self, fault: str, name: str | None = None) -> None:
        """Nothing was set aside."""


FREE = Free()
