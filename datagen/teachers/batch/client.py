"""Gathers what is asked into batches, and hands out what came back.

What is asked waits until nobody asks anything more, then goes out together. A request is one line of one batch at a
time, whoever asks for it: one that stands in a batch of an earlier start is not asked again, it waits for that batch.
A run that ends leaves its batches to the next one.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from datagen.errors import DatagenError, NoMoreError, RequestFailedError, StoppedError
from datagen.recipe_teachers import PaidTeacher
from datagen.teachers.base import Budget, Completion, Request, Traffic
from datagen.teachers.batch import provider as protocol
from datagen.teachers.batch.carrying import TOO_MUCH, Carrier, Line
from datagen.teachers.batch.provider import Provider
from datagen.teachers.batch.under_way import BatchFolder, Keeping, UnderWay
from datagen.teachers.faults import Fault, explain, of_asking_for_more
from datagen.teachers.openai_api import FREE, api_key
from datagen.teachers.replies import CountTokens

QUIET_S = 10.0
"""A batch is closed when nobody asked anything for so long: verdicts trickle in, and each may begin another wave."""
MOST_QUIET_S = 300.0
"""The longest that a request waits for others to go with it."""
MOST_LINES = 10_000
"""Of the 50,000 that the protocol allows: several smaller batches keep each other's waits filled."""
MOST_BYTES = 100 << 20
"""Of the 200 MB that the protocol allows."""
KEPT_WITHIN_S = 0.1
"""After which time what was handed out is looked for among what is kept."""
REFUSED_S = 60.0
"""How long to wait after the provider took none of a batch because too much was under way."""

_NEVER_CREATED = Fault("again", "never created", "its batch was never created", tries=None)
_AROUND_LINE = 1024
_LOOK_EVERY_S = 0.01


class BatchClient:
    """A teacher behind the Batch protocol. Belongs to the event loop in which it is made.

    Batches that an earlier start left are taken up at once: the budget holds what they may cost from the beginning.

    Args:
        teacher: its settings.
        timeout_s: seconds until a call without a whole answer is given up; a batch may take as long as it takes.
        keeping: the run's folder of batches, and its completions.
        budget: who has to agree before a request is put into a batch; None when nobody has to.
        count_tokens: counts the tokens of a text, for providers that don't; None leaves them unknown.

    Raises:
        UsageError: its key is not set, or its address is none.
        DatagenError: what is written down of a batch can't be read.
    """

    def __init__(
        self,
        teacher: PaidTeacher,
        timeout_s: float,
        keeping: Keeping,
        budget: Budget | None = None,
        count_tokens: CountTokens | None = None,
    ) -> None:
        self._teacher = teacher
        self._key = api_key(teacher)
        self._folder = BatchFolder(keeping.folder, teacher)
        self._keeping = keeping
        self._budget = budget
        self._loop = asyncio.get_running_loop()
        self._lines: dict[str, Line] = {}
        self._asked: asyncio.Queue[Line] = asyncio.Queue()
        self._queue: deque[Line] = deque()
        self._first_came = self._last_came = self._not_before = 0.0
        self._change = asyncio.Event()
        self._under_way = 0
        self._batches: dict[str, UnderWay] = {}
        self._most_lines = MOST_LINES
        self._error: Exception | None = None
        left = [(batch, dict(self._folder.requests(batch))) for batch in self._folder.under_way()]
        self._provider = Provider(teacher, self._key, timeout_s, self.end)
        self._carrier = Carrier(teacher, self._key, self._provider, self._folder, keeping, count_tokens, self._hand_out)
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._take_up([(batch, requests, self._carried(requests)) for batch, requests in left]))
        self._start(self._reserve())

    async def ask(self, request: Request) -> Completion:
        """Answer one request, which has an origin; see `TeacherClient.ask`."""
        if request.origin is None:
            raise ValueError("a request without an origin can't wait for a batch that outlives the run")
        met: Counter[int | None] = Counter()
        while True:
            if self._error is not None:
                raise self._error
            line = self._lines.get(request.origin.key) or self._asked_now(request.origin.key, request)
            if line.answer is None:
                line.answer = self._loop.create_future()
            got = await asyncio.shield(line.answer)
            if isinstance(got, Completion):
                return got
            if request.asks_for_more:
                got = of_asking_for_more(got, request.continues)
            met[got.tries] += 1
            if got.kind == "no more":
                raise NoMoreError(self._explained(got, met[got.tries]))
            if got.kind == "never":
                error = DatagenError(self._explained(got, met[got.tries]))
                self.end(error)
                raise error
            if met[got.tries] == got.tries:
                raise RequestFailedError(self._explained(got, met[got.tries]))

    @property
    def slots(self) -> int:
        """Requests that it can have out."""
        return self._teacher.concurrency

    def end(self, error: Exception) -> None:
        """Make no batch any more, and leave those that are out to the next start; see `TeacherClient.end`."""
        if self._error is not None:
            return
        self._error = error
        self._provider.end(error)
        for task in self._tasks - {asyncio.current_task(self._loop)}:
            task.cancel()
        self._carrier.let_go()
        left_out = self._left_out(error)
        for line in self._lines.values():
            if not line.is_sent and line.hold is not None:
                line.hold.release()
            if line.answer is not None and not line.answer.done():
                line.answer.set_exception(left_out if line.is_sent else error)
        self._lines.clear()
        self._queue.clear()
        self._under_way = 0

    def traffic(self) -> Traffic:
        """What it is doing now."""
        asked, under_way = len(self._lines), self._under_way
        return Traffic(min(asked, under_way), max(0, asked - under_way), dict(self._provider.faults))

    async def close(self) -> None:
        """Let go of connections; batches that are out stay written down, what is here is handed out."""
        while self._carrier.reading:
            await asyncio.sleep(_LOOK_EVERY_S)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._carrier.let_go()
        if self._error is None and self._batches:
            self._keeping.say(f"{self._teacher.name}: {self._out()}; nobody waits for what it brings, which is paid")
        await self._provider.close()

    # Before a batch

    def _asked_now(self, key: str, request: Request) -> Line:
        line = self._lines[key] = Line(key, request)
        self._asked.put_nowait(line)
        return line

    async def _reserve(self) -> None:
        """Take what is asked to the budget, one after the other, and then into the queue."""
        while True:
            line = await self._asked.get()
            line.hold = FREE if self._budget is None else await self._budget.reserve(line.request)
            self._last_came = self._loop.time()
            if not self._queue:
                self._first_came = self._last_came
            self._queue.append(line)
            self._change.set()

    async def _fill(self) -> None:
        """Close one batch after another."""
        while True:
            wait = self._wait(self._loop.time())
            if wait != 0:
                self._change.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), wait)
                continue
            lines = self._taken()
            self._under_way += len(lines)
            requests = [line.request for line in lines]
            at_most = self._keeping.kept.at_most(requests)
            batch = await asyncio.to_thread(self._folder.add, requests, len(lines), at_most)
            self._start(self._carry(batch, [line.key for line in lines], {line.key: line for line in lines}))

    def _wait(self, now: float) -> float | None:
        """Seconds until a batch is closed; None when that hangs on something else than time."""
        room = min(self._teacher.concurrency - self._under_way, self._most_lines)
        if not self._queue or room <= 0:
            return None
        if len(self._queue) >= room:
            return max(0.0, self._not_before - now)
        quiet = min(self._last_came + QUIET_S, self._first_came + MOST_QUIET_S)
        return max(0.0, quiet - now, self._not_before - now)

    def _taken(self) -> list[Line]:
        """The lines of the next batch."""
        room = min(self._teacher.concurrency - self._under_way, self._most_lines)
        lines: list[Line] = []
        size = 0
        while self._queue and len(lines) < room:
            size += _most_bytes(self._queue[0].request)
            if lines and size > MOST_BYTES:
                break
            lines.append(self._queue.popleft())
        self._first_came = self._loop.time()
        return lines

    # A batch on its way

    def _carried(self, requests: Mapping[str, Request]) -> dict[str, Line]:
        """The lines of an earlier start's batch that are not kept yet; the budget holds what they may cost."""
        lines = {}
        for key, request in requests.items():
            if key not in self._keeping.kept:
                hold = FREE if self._budget is None else self._budget.carry(request)
                lines[key] = Line(key, request, hold=hold, is_sent=True)
        self._lines |= lines
        self._under_way += len(lines)
        return lines

    async def _take_up(self, left: Sequence[tuple[UnderWay, Mapping[str, Request], Mapping[str, Line]]]) -> None:
        """Go on with the batches of an earlier start; no other batch is made before it is known what these are."""
        for batch, requests, lines in left:
            found = await self._found(batch, lines)
            if found is not None:
                self._start(self._carry(found, requests, lines))
        self._start(self._fill())

    async def _found(self, batch: UnderWay, lines: Mapping[str, Line]) -> UnderWay | None:
        """A batch of an earlier start with the provider's id; None when there is nothing to bring home."""
        if lines and batch.batch_id is not None:
            return batch
        told = None
        if lines and batch.file_id is not None:
            told = await self._provider.find(batch.file_id, batch.name, batch.written_at)
            unsettled = batch.noted_at + protocol.SETTLING_S - time.time()
            if told is None and unsettled > 0:
                await asyncio.sleep(min(unsettled, protocol.SETTLING_S))
                told = await self._provider.find(batch.file_id, batch.name, batch.written_at)
        if told is not None:
            return self._folder.note(batch, batch_id=told.id)
        self._folder.forget(batch)
        for line in lines.values():
            line.end(_NEVER_CREATED, batch.name)
            self._hand_out(line, _NEVER_CREATED)
        self._under_way -= len(lines)
        return None

    async def _carry(self, batch: UnderWay, keys: Sequence[str] | Mapping[str, Any], lines: Mapping[str, Line]) -> None:
        """Take a batch to its end, and make room for others."""
        if batch.batch_id is None:
            batch = await self._carrier.submit(batch, list(lines.values()))
        self._batches[batch.name] = batch
        ending = await self._carrier.bring_home(batch, frozenset(keys), lines)
        del self._batches[batch.name]
        self._under_way -= len(lines)
        self._change.set()
        await asyncio.sleep(KEPT_WITHIN_S)
        self._carrier.let_go()
        if ending == "too much":
            self._go_slower(batch)
        elif ending == "cancelled":
            raise StoppedError(
                f"teacher {self._teacher.name}: batch {batch.batch_id} was cancelled at the provider; what it had "
                "answered is kept, start again to ask the rest"
            )

    def _go_slower(self, batch: UnderWay) -> None:
        """The provider took none of a batch: wait, and try less where nothing else of ours is under way.

        Raises:
            DatagenError: it does not take a single request.
        """
        self._not_before = self._loop.time() + REFUSED_S
        if self._batches:
            return
        if batch.requests == 1:
            raise DatagenError(self._explained(TOO_MUCH, 1) + "; other batches of the account may use up its limit")
        self._most_lines = max(1, batch.requests // 2)

    def _hand_out(self, line: Line, got: Completion | Fault) -> None:
        if self._lines.get(line.key) is line:
            del self._lines[line.key]
        if isinstance(got, Fault):
            self._provider.faults[got.name] += 1
        if line.answer is not None and not line.answer.done():
            line.answer.set_result(got)

    # The end

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except RequestFailedError as error:  # not one request failed, but a call that all of a batch wait for
            self.end(DatagenError(str(error)))
        except Exception as error:
            self.end(error)

    def _left_out(self, error: Exception) -> Exception:
        """What those are told whose batch is out when the run ends; says it to whoever watches, too."""
        if not self._batches:
            return error
        self._keeping.say(f"{self._teacher.name}: {self._out()}")
        return StoppedError(f"{error}; {self._out()}") if isinstance(error, StoppedError) else error

    def _out(self) -> str:
        """The batches that are out, in words."""
        ids = sorted(batch.batch_id or "" for batch in self._batches.values())
        requests = sum(batch.requests for batch in self._batches.values())
        one = len(ids) == 1
        batches = f"batch {ids[0]}" if one else f"{len(ids)} batches ({', '.join(ids)})"
        return f"{batches} of {requests:,} requests: under way, the next start collects {'it' if one else 'them'}"

    def _explained(self, fault: Fault, times: int) -> str:
        return explain(fault, self._teacher, self._teacher.base_urls[0], self._key, times)


def _most_bytes(request: Request) -> int:
    """The most bytes of a request's line: an escaped sign takes two."""
    return _AROUND_LINE + sum(2 * len(message.content.encode()) for message in request.messages)
