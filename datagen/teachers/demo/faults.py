"""The faults of a night of sampling, drawn so that a run can be rehearsed before it is paid for.

Which request meets a fault follows from the seed and from the number of requests before it, never from what is asked:
the same request, tried again, usually gets through, as with a real endpoint.
"""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from datagen.errors import UsageError
from datagen.teachers.demo.solver import DemoReply

Fault = Literal["429", "500", "drop", "hang", "garbage", "truncate"]
"""Refused for now, failed, closed in the middle of the reply, never answered, broken JSON, cut off by length."""

FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """How often what goes wrong.

    Attributes:
        shares: of all requests, 0 to 1, by fault; together at most 1.
        retry_after_s: what a 429 says in its `Retry-After`; None leaves the header out.
        seed: another seed hits other requests.

    Raises:
        UsageError: a share is no share, or together they are more than all requests.
    """

    shares: Mapping[Fault, float] = field(default_factory=dict)
    retry_after_s: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for fault, share in self.shares.items():
            if not 0 <= share <= 1:
                raise UsageError(f"--fault-{fault} {share:g}: a share of all requests lies within 0 and 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise UsageError(f"--fault-…: the shares sum up to {sum(self.shares.values()):g}; together at most 1")
        if self.retry_after_s is not None and not 0 <= self.retry_after_s < math.inf:
            raise UsageError(f"--retry-after {self.retry_after_s:g}: seconds are 0 or more")


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request.

    Attributes:
        fault: what goes wrong; None lets it through.
        place: where a reply is cut when it is, as a share of it, 0.05 to 0.95.
    """

    fault: Fault | None
    place: float


class Fates:
    """Draws the fate of one request after the other."""

    def __init__(self, plan: FaultPlan) -> None:
        self._draw = random.Random(f"faults {plan.seed}")
        self._shares = [(fault, plan.shares[fault]) for fault in FAULTS if plan.shares.get(fault)]

    def next(self) -> Fate:
        """The fate of the next request."""
        which, place = self._draw.random(), 0.05 + 0.9 * self._draw.random()
        for fault, share in self._shares:
            if which < share:
                return Fate(fault, place)
            which -= share
        return Fate(None, place)


class RateLimit:
    """A server's limit of requests a minute, as a bucket that fills evenly and holds what a second brings.

    Args:
        per_minute: requests; None lets every one through.
        clock: seconds, rising.

    Raises:
        UsageError: the limit lets nothing through.
    """

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        if per_minute is not None and per_minute < 1:
            raise UsageError(f"--requests-per-minute {per_minute}: at least 1, or leave it out")
        self._a_second = math.inf if per_minute is None else per_minute / 60
        self._most = max(1.0, self._a_second)
        self._clock = clock
        self._room, self._seen = self._most, clock()

    def wait_s(self) -> float:
        """Take a request in: 0 when there is room, else the seconds until there is some, and nothing is taken."""
        if self._a_second == math.inf:
            return 0.0
        now = self._clock()
        self._room = min(self._most, self._room + (now - self._seen) * self._a_second)
        self._seen = now
        if self._room < 1:
            return (1 - self._room) / self._a_second
        self._room -= 1
        return 0.0


def cut_off(reply: DemoReply, place: float) -> DemoReply:
    """The beginning of a reply, as if the endpoint had stopped there for its length."""
    kept = int(place * (len(reply.reasoning) + len(reply.content)))
    return replace(
        reply,
        reasoning=reply.reasoning[:kept],
        content=reply.content[: max(0, kept - len(reply.reasoning))],
        finish_reason="length",
        completion_tokens=max(1, int(place * reply.completion_tokens)),
    )
