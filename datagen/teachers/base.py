"""What a teacher is to the sampler: something that answers a request. No provider's type crosses this line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from datagen.tables import FinishReason


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what is asked."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: enough to keep its completion when nobody waits for it any more.

    Attributes:
        key: names its completion in the journal.
        attempt: number of the attempt, from 0.
        prompt: hash of the prompt file that it was rendered from.
        problem: hash of the problem's raw text.
    """

    key: str
    attempt: int
    prompt: str
    problem: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        messages: the rendered prompt.
        temperature, top_p, max_tokens: the parameters that change the distribution.
        seed: sent along when given; it is no part of what is asked.
        origin: where it comes from, for teachers that answer after the run may have ended; never sent.
        asks_for_more: whether it is the second request of an attempt whose first answer was cut off, or as long as the
            paths that it asks about; that it is too long for the endpoint then says nothing of other requests.
    """

    messages: tuple[Message, ...]
    temperature: float
    top_p: float
    max_tokens: int
    seed: int | None
    origin: Origin | None = None
    asks_for_more: bool = False

    @property
    def continues(self) -> bool:
        """Whether its last message is the beginning of the answer."""
        return bool(self.messages) and self.messages[-1].role == "assistant"


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back.

    Attributes:
        reasoning, content: thought and text apart.
        finish_reason: why the text ended.
        prompt_tokens, completion_tokens: as the endpoint counted them; None when nobody did.
        usage_estimated: whether tokens were counted here, because the endpoint did not say.
    """

    reasoning: str
    content: str
    finish_reason: FinishReason
    prompt_tokens: int | None
    completion_tokens: int | None
    usage_estimated: bool = False


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """The vLLM servers behind a teacher, for people.

    Attributes:
        up, of: how many answer, and how many there are.
        running, queued: requests that those work on, and that wait there.
        kv_use: share of the KV cache in use at the fullest, from 0 to 1; None when no server tells of itself.
        preempted: how often one threw work away for want of KV cache.
        restarts: how often one was started again.
    """

    up: int
    of: int
    running: int
    queued: int
    kv_use: float | None
    preempted: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a client is doing, for people.

    Attributes:
        in_flight: requests that were sent and have no answer yet.
        waiting: requests that wait for a slot, a rate, a retry, an endpoint that is down, or a budget.
        faults: what went wrong so far, by name.
        workers: its vLLM servers; None where it is something else.
    """

    in_flight: int
    waiting: int
    faults: Mapping[str, int]
    workers: WorkerLoad | None = None


def taken_together(traffics: Sequence[Traffic]) -> Traffic:
    """What several clients are doing."""
    faults: Counter[str] = Counter()
    for traffic in traffics:
        faults.update(traffic.faults)
    workers = [traffic.workers for traffic in traffics if traffic.workers is not None]
    return Traffic(
        in_flight=sum(traffic.in_flight for traffic in traffics),
        waiting=sum(traffic.waiting for traffic in traffics),
        faults=faults,
        workers=_all_workers(workers) if workers else None,
    )


def _all_workers(workers: Sequence[WorkerLoad]) -> WorkerLoad:
    return WorkerLoad(
        up=sum(one.up for one in workers),
        of=sum(one.of for one in workers),
        running=sum(one.running for one in workers),
        queued=sum(one.queued for one in workers),
        kv_use=max((one.kv_use for one in workers if one.kv_use is not None), default=None),
        preempted=sum(one.preempted for one in workers),
        restarts=sum(one.restarts for one in workers),
    )


class Hold(Protocol):
    """What one try of a request may cost, set aside until the try is over; it ends exactly once."""

    def settle(self, completion: Completion) -> None:
        """The answer arrived: it counts at what it cost."""
        ...

    def release(self) -> None:
        """The request was refused or never reached the endpoint: it costs nothing."""
        ...

    def lose(self, fault: str, name: str | None = None) -> None:
        """It was sent and no whole answer came; it may have been billed.

        Args:
            fault: what went wrong, as `Traffic.faults` names it.
            name: of this loss, for one that a later start may tell of again: it counts once. None tells it once.
        """
        ...


class Budget(Protocol):
    """Who has to agree before a request is sent."""

    async def reserve(self, request: Request) -> Hold:
        """Set aside what a request may cost at worst; waits while what is in flight may still leave enough.

        Raises:
            StoppedError: the budget does not allow it; nothing more is sent.
        """
        ...

    def carry(self, request: Request) -> Hold:
        """Set aside what a request of an earlier start may cost, which is being worked on still; never refused."""
        ...


class TeacherClient(Protocol):
    """A teacher that can be asked; any number of requests at a time, it bounds those in flight itself."""

    @property
    def slots(self) -> int:
        """Requests that it can have in flight; more once servers are up that were not counted before."""
        ...

    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            RequestFailedError: this request failed each time that it was tried; others may be answered.
            NoMoreError: it asks for more of an answer, and the endpoint does not take that of this one.
            DatagenError: no request will work; the message says why and what to do.
            StoppedError: it was not sent, because `end` was called.
        """
        ...

    def end(self, error: Exception) -> None:
        """Send nothing more: what waits fails with this error at once, what is in flight may still arrive."""
        ...

    def traffic(self) -> Traffic:
        """What it is doing now; may be called from any thread."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
