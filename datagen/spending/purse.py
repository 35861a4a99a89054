"""The purse of a run: what was spent, what is in flight at its worst, and the word on whether a request may be sent.

Spent + in flight at its worst never exceeds a budget. A request that does not fit waits in one line while what is in
flight may still free enough, since a completion rarely costs its worst. When nothing is in flight and the first in line
still does not fit, the run stops: nobody overtakes, so which request ends a run does not hang on its price.

One purse serves all teachers of a run, the judge's on its own thread included.
"""

import asyncio
import contextlib
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from datagen.errors import DatagenError, NotKeptError, StoppedError
from datagen.journal import Journal
from datagen.recipe import Sampling
from datagen.recipe_teachers import PaidTeacher, asks_in_batches
from datagen.spending.cost import NOTHING, Amount, Tariff, from_usd, shown_usd
from datagen.spending.ledger import read_ledger
from datagen.stage import Run
from datagen.stopping import refuse_when_stopped
from datagen.teachers.base import Budget, Completion, Hold, Request

_LOOK_EVERY_S = 0.1
KILLED = "killed"
"""The fault of requests that were in flight when a start of the run ended at once."""


@contextlib.contextmanager
def purse_of(run: Run, completions: Journal) -> Iterator["Purse"]:
    """The purse of a run, which begins with what its journals say was spent.

    Args:
        run: the run.
        completions: its journal of completions.
    """
    with run.workspace.lost() as lost:
        purse = Purse(run.recipe.sampling, read_ledger(completions, lost).spent, lost)
        try:
            yield purse
        except NotKeptError:
            raise  # the marks stay: what arrived last is in no journal, and counts as lost
        except BaseException:
            purse.close()
            with contextlib.suppress(DatagenError):  # a full disk is told by what came first
                _keep_pace(run, purse)
            raise
        purse.close()
        _keep_pace(run, purse)


def _keep_pace(run: Run, purse: "Purse") -> None:
    run.workspace.update_record(pace=_added(run.workspace.record().get("pace", {}), purse.pace()))


class Purse:
    """Spends for all teachers of a run; safe to use from any thread and beside any event loop.

    Args:
        sampling: the budgets.
        spent: what was spent before.
        lost: the journal of what was sent and never answered whole.
    """

    def __init__(self, sampling: Sampling, spent: Amount, lost: Journal) -> None:
        self._usd, self._tokens = sampling.budget_usd, sampling.budget_tokens
        self._most_picousd = None if self._usd is None else from_usd(self._usd).picousd
        self._lost = lost
        self._spent = spent
        self._held = NOTHING
        self._in_flight = 0
        self._line: deque[_Waiter] = deque()
        self._refusal: str | None = None
        self._lock = threading.Lock()
        self._start = uuid.uuid4().hex
        self._accounts: dict[str, _Account] = {}

    @property
    def spent(self) -> Amount:
        """What was spent so far, over all starts of the run; what was lost on the way counts at its worst."""
        return self._spent

    def budget_for(self, teacher: PaidTeacher) -> Budget:
        """The purse as the client of one teacher sees it."""
        mark = f"{self._start}-{len(self._accounts)}"
        account = _Account(teacher.name, Tariff.of(teacher), mark, outlives_runs=asks_in_batches(teacher))
        account = self._accounts.setdefault(teacher.name, account)
        return _TeacherBudget(self, account)

    def pace(self) -> dict[str, dict[str, float]]:
        """What was answered since this purse was opened, by teacher: how many, and in how many seconds in all."""
        return {
            account.teacher: {"answered": account.answered, "seconds": round(account.seconds, 3)}
            for account in self._accounts.values()
            if account.answered
        }

    def close(self) -> None:
        """Say that nothing is in flight any more, so that the next start counts nothing as lost."""
        with self._lock:
            for account in self._accounts.values():
                if account.most_requests and not account.requests:
                    self._mark(account, 0, NOTHING)

    def carry(self, account: "_Account", request: Request) -> Hold:
        """Set aside the worst of what is under way already; see `Budget.carry`."""
        with self._lock:
            return self._grant(account, request, account.tariff.at_most(request))

    async def reserve(self, account: "_Account", request: Request) -> Hold:
        """Set aside the worst of a request; see `Budget.reserve`."""
        worst = account.tariff.at_most(request)
        with self._lock:
            if self._refusal is not None:
                raise StoppedError(self._refusal)
            if not self._line and self._fits(worst):
                return self._grant(account, request, worst)
            waiter = _Waiter(account, request, worst, Future())
            self._line.append(waiter)
            self._serve()
        return await self._granted(waiter)

    def end(self, hold: "_Hold", cost: Amount) -> None:
        """A hold ends: its worst is free again, its cost is spent."""
        account = hold.account
        with self._lock:
            if hold.has_ended:
                return
            hold.has_ended = True
            account.requests -= 1
            account.held -= hold.worst
            self._in_flight -= 1
            self._held -= hold.worst
            self._spent += cost
            self._serve()

    def lose(self, hold: "_Hold", fault: str, name: str | None) -> None:
        """A hold ends without an answer: its worst is spent, and written down as such, once under a name."""
        if hold.has_ended:
            return
        if name is not None and name in self._lost:
            self.end(hold, NOTHING)
            return
        try:
            self._lost.append(name or uuid.uuid4().hex, _lost_record(hold.account.teacher, fault, 1, hold.worst))
        finally:
            self.end(hold, hold.worst)

    async def _granted(self, waiter: "_Waiter") -> Hold:
        granted = asyncio.wrap_future(waiter.granted)
        try:
            while not granted.done():
                await asyncio.wait([granted], timeout=_LOOK_EVERY_S)
                if not granted.done():
                    refuse_when_stopped()
            return granted.result()
        except BaseException:
            granted.cancel()  # nobody reads it any more
            self._withdraw(waiter)
            raise

    def _withdraw(self, waiter: "_Waiter") -> None:
        """Leave the line, or give back what was granted to one who no longer wants it."""
        with self._lock:
            if waiter.granted.cancel():
                self._serve()
                return
        if waiter.granted.exception() is None:
            waiter.granted.result().release()

    def _fits(self, worst: Amount) -> bool:
        after = self._spent + self._held + worst
        in_usd = self._most_picousd is None or not worst.picousd or after.picousd <= self._most_picousd
        return in_usd and (self._tokens is None or after.tokens <= self._tokens)

    def _grant(self, account: "_Account", request: Request, worst: Amount) -> "_Hold":
        account.requests += 1
        account.held += worst
        if not account.outlives_runs and account.is_at_its_most():
            self._mark(account, account.most_requests, account.most_held)
        self._in_flight += 1
        self._held += worst
        return _Hold(self, account, request, worst)

    def _serve(self) -> None:
        """Grant what fits to those in line, in their order; refuse them all when the first can never have it."""
        while self._line:
            first = self._line[0]
            if first.granted.cancelled():
                self._line.popleft()
            elif self._fits(first.worst):
                self._line.popleft()
                first.granted.set_result(self._grant(first.account, first.request, first.worst))
            elif self._in_flight:
                return
            else:
                self._refusal = self._refuse(first)
                for waiter in self._line:
                    if not waiter.granted.cancelled():
                        waiter.granted.set_exception(StoppedError(self._refusal))
                self._line.clear()

    def _refuse(self, waiter: "_Waiter") -> str:
        spent, worst = self._spent, waiter.worst
        if self._tokens is not None and spent.tokens + worst.tokens > self._tokens:
            setting, of = "budget_tokens", f"{spent.tokens:,} of {self._tokens:,} tokens"
            next_one = f"take {worst.tokens:,}"
        else:
            setting, of = "budget_usd", f"{shown_usd(spent.usd)} of {shown_usd(self._usd or 0.0)} USD"
            next_one = f"cost {shown_usd(worst.usd)}"
        return (
            f"stopped by sampling.{setting}: {of} are spent and the next request to {waiter.account.teacher} may "
            f"{next_one}; everything that arrived is kept, raise it and start again to go on"
        )

    def _mark(self, account: "_Account", requests: int, at_most: Amount) -> None:
        """Write down the most that was in flight at once: it counts as lost when this start is killed."""
        with contextlib.suppress(DatagenError):  # a full disk is told where a completion or a lost reply is kept
            self._lost.append(account.mark, _lost_record(account.teacher, KILLED, requests, at_most))


@dataclass(slots=True)
class _Account:
    """One teacher's part of the purse.

    Attributes:
        mark: the key under which the most that was in flight is written down.
        outlives_runs: what is in flight goes on when this start is killed; its client writes down what that is.
        requests, held: in flight now, and their worst.
        most_requests, most_held: the most of each so far.
        answered, seconds: requests that were answered, and the time that they took in all.
    """

    teacher: str
    tariff: Tariff
    mark: str
    outlives_runs: bool = False
    requests: int = 0
    held: Amount = NOTHING
    most_requests: int = 0
    most_held: Amount = NOTHING
    answered: int = 0
    seconds: float = 0.0

    def is_at_its_most(self) -> bool:
        """Whether more is in flight than ever; takes note of it."""
        most, held = self.most_held, self.held
        if self.requests <= self.most_requests and held.picousd <= most.picousd and held.tokens <= most.tokens:
            return False
        self.most_requests = max(self.most_requests, self.requests)
        self.most_held = Amount(max(held.picousd, most.picousd), max(held.tokens, most.tokens))
        return True


@dataclass(frozen=True, slots=True)
class _TeacherBudget:
    """The purse as one teacher's client sees it."""

    purse: Purse
    account: _Account

    async def reserve(self, request: Request) -> Hold:
        return await self.purse.reserve(self.account, request)

    def carry(self, request: Request) -> Hold:
        return self.purse.carry(self.account, request)


@dataclass(frozen=True, slots=True)
class _Waiter:
    account: _Account
    request: Request
    worst: Amount
    granted: "Future[_Hold]"


class _Hold:
    """Money set aside for one try; see `Hold`."""

    __slots__ = ("_begun", "_purse", "_request", "account", "has_ended", "worst")

    def __init__(self, purse: Purse, account: _Account, request: Request, worst: Amount) -> None:
        self.account = account
        self.worst = worst
        self.has_ended = False
        self._purse = purse
        self._request = request
        self._begun = time.monotonic()

    def settle(self, completion: Completion) -> None:
        if not self.has_ended:
            self.account.answered += 1
            self.account.seconds += time.monotonic() - self._begun
        self._purse.end(self, self.account.tariff.cost(self._request, completion))

    def release(self) -> None:
        self._purse.end(self, NOTHING)

    def lose(self, fault: str, name: str | None = None) -> None:
        self._purse.lose(self, fault, name)


def _lost_record(teacher: str, fault: str, requests: int, at_most: Amount) -> dict[str, Any]:
    return {
        "teacher": teacher,
        "fault": fault,
        "requests": requests,
        "at_most_usd": at_most.usd,
        "at_most_tokens": at_most.tokens,
    }


def _added(before: dict[str, Any], now: dict[str, dict[str, float]]) -> dict[str, Any]:
    none = {"answered": 0, "seconds": 0.0}
    return {
        teacher: {name: before.get(teacher, none)[name] + now.get(teacher, none)[name] for name in none}
        for teacher in sorted({*before, *now})
    }
