"""What earlier problems teach about later ones, without a trace of who answered first.

Problems form blocks in plan order. The policy of a block rests on all that lie before the one before it, once they
are through to the last problem: so it is a function of the completions alone. The block in between is what keeps
teachers busy meanwhile. Blocks grow, so that little is asked in ignorance and few policies are worked out.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from datagen.sampling.lengths import Lengths
from datagen.sampling.policy import Bounds, Policy
from datagen.sampling.rates import Rates
from datagen.sampling.record import Record, Tally

FIRST = 8
"""Problems of the first block and of the second; each further one has as many as all before it."""
FIRST_IN_BATCHES = 4096
"""The same where a teacher is asked in batches, each of which may take a day: what a block learns costs two of them."""
_BEHIND = 2
"""A block's policy rests on those that lie so many blocks before it, and on all before them."""


@dataclass(slots=True)
class Usage:
    """What attempts by one rung took.

    Attributes:
        attempts: how many.
        prompt_tokens, completion_tokens: of all.
    """

    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, other: "Usage") -> None:
        """Count another's in."""
        self.attempts += other.attempts
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens


Costs = Callable[[Sequence[Usage]], Sequence[float]]
"""What an attempt by each rung costs, in any unit, given what attempts took so far."""


class NotYetError(Exception):
    """What a problem goes on with rests on earlier ones that are not through yet."""


class HeldUpError(Exception):
    """A problem can't go on in this run: an earlier one that its policy rests on did not get through."""


@dataclass(slots=True)
class _Block:
    """What the problems of a block that are through have brought so far."""

    records: Counter[Record]
    used: list[Usage]
    lengths: dict[str, Lengths] = field(default_factory=dict)
    is_left: bool = False


class Blocks:
    """Policies by a problem's place in the plan; for one event loop.

    Args:
        rungs: how many the ladder has.
        bounds: of every problem's plan.
        costs: of attempts.
        first: problems of the first block.
    """

    def __init__(self, rungs: int, bounds: Bounds, costs: Costs, first: int = FIRST) -> None:
        self._rungs, self._bounds, self._costs, self._first = rungs, bounds, costs, first
        self._through: defaultdict[int, _Block] = defaultdict(
            lambda: _Block(Counter(), [Usage() for _ in range(rungs)])
        )
        self._policies: dict[int, asyncio.Task[Policy | None]] = {}
        self._lengths: dict[int, Mapping[str, Lengths]] = {}
        self._more = asyncio.Event()

    async def policy(self, place: int) -> Policy:
        """The policy of the problem at a place; waits until the problems that it rests on are through.

        Raises:
            HeldUpError: one of them did not get through.
        """
        policy = await asyncio.shield(self._under_way(place))
        if policy is None:
            raise HeldUpError
        return policy

    def policy_now(self, place: int) -> Policy | None:
        """The policy of the problem at a place, if it is known; else None, and it will be as soon as it can be."""
        made = self._under_way(place)
        return made.result() if made.done() else None

    def lengths(self, place: int) -> Mapping[str, Lengths]:
        """What the same earlier problems say about lengths, by teacher.

        Raises:
            NotYetError: they are not through yet; they are when the policy is known.
        """
        if self.policy_now(place) is None:
            raise NotYetError
        return self._lengths[self._number(place)]

    def _under_way(self, place: int) -> asyncio.Task[Policy | None]:
        number = self._number(place)
        if number not in self._policies:
            self._policies[number] = asyncio.create_task(self._made(number))
        return self._policies[number]

    def finished(
        self, place: int, record: Record, used: Sequence[Usage], lengths: Mapping[str, Lengths] | None = None
    ) -> None:
        """Take in a problem that is through.

        Args:
            place: its place in the plan.
            record: at its end.
            used: what its attempts took, by rung.
            lengths: what they say about lengths, by teacher.
        """
        number = self._number(place)
        block = self._through[number]
        block.records[record] += 1
        for rung, usage in zip(block.used, used, strict=True):
            rung.add(usage)
        _add(block.lengths, lengths or {})
        if block.records.total() == self._size(number):
            self._tell()

    def left(self, place: int) -> None:
        """Take in that a problem does not get through in this run."""
        number = self._number(place)
        self._through[number].is_left = True
        self._tell()

    def _tell(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def _made(self, number: int) -> Policy | None:
        """A block's policy; None, and no error that thousands would share, when it can't be known in this run."""
        earlier = list(range(number - _BEHIND + 1))
        while not all(self._is_through(one) for one in earlier):
            if any(self._through[one].is_left for one in earlier):
                return None
            await self._more.wait()
        records: Counter[Record] = Counter()
        used = [Usage() for _ in range(self._rungs)]
        lengths: dict[str, Lengths] = {}
        for one in earlier:
            _add(lengths, self._through[one].lengths)
            records.update(self._through[one].records)
            for rung, usage in zip(used, self._through[one].used, strict=True):
                rung.add(usage)
        self._lengths[number] = lengths
        return await asyncio.to_thread(self._fitted, records, used)

    def _number(self, place: int) -> int:
        """The number of the block that holds a place."""
        return (place // self._first).bit_length()

    def _size(self, number: int) -> int:
        return self._first << max(number - 1, 0)

    def _is_through(self, number: int) -> bool:
        return self._through[number].records.total() == self._size(number)

    def _fitted(self, records: Mapping[Record, int], used: Sequence[Usage]) -> Policy:
        return fitted_policy(self._bounds, records, self._costs(used))


def fitted_policy(bounds: Bounds, records: Mapping[Record, int], costs: Sequence[float]) -> Policy:
    """The policy that problems which are through teach.

    Args:
        bounds: of every problem's plan.
        records: of problems that are through, and how often each occurs.
        costs: of an attempt by each rung.
    """
    starts: Counter[Record] = Counter()
    for record, often in records.items():
        starts[Record(record.recorded, (Tally(),) * len(costs))] += often
    return Policy(bounds, Rates.fit(len(costs), records), costs, starts)


def _add(lengths: dict[str, Lengths], others: Mapping[str, Lengths]) -> None:
    for teacher, other in others.items():
        lengths.setdefault(teacher, Lengths()).add(other)
