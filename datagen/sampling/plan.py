"""What to ask next about a problem: a pure function of the rules, of what came back so far, and of a policy.

Nothing else enters: no clock, no order of arrival. A resumed run therefore replays the same plan from its journal. The
policy is a function of earlier problems (see `datagen.sampling.blocks`); how many attempts a wave has is its word, who
makes them is said here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datagen.sampling.policy import Bounds, Step
from datagen.sampling.record import RECORDED, Record


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom to ask, and what no plan goes beyond.

    Attributes:
        ladder: the paid teachers by name, rung by rung in the order in which they are asked; those of one rung side by
            side.
        bounds: of every problem's plan.
    """

    ladder: tuple[tuple[str, ...], ...]
    bounds: Bounds

    @property
    def teachers(self) -> tuple[str, ...]:
        """All teachers of the ladder."""
        return tuple(teacher for rung in self.ladder for teacher in rung)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one solution brought.

    Attributes:
        teacher: who wrote it; a recorded solution names no paid teacher.
        path: what it says when it is correct, by name, else None; two that say the same have the same name.
    """

    teacher: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One attempt to be made; attempts count from 0 for each teacher."""

    teacher: str
    attempt: int


class NextStep(Protocol):
    """Who says what a record makes worthwhile."""

    def next(self, record: Record) -> Step | None:
        """The wave that comes next; None when there is none."""
        ...


class Nobody:
    """The policy where nobody can be asked."""

    def next(self, record: Record) -> Step | None:
        """Nothing, whatever the record."""
        return None


def record_of(rules: Rules, outcomes: Sequence[Outcome]) -> Record:
    """A problem's record, whatever the order of its outcomes."""
    rungs = {teacher: number for number, rung in enumerate(rules.ladder) for teacher in rung}
    told = ((rungs.get(outcome.teacher, RECORDED), outcome.path) for outcome in outcomes)
    return Record.of(len(rules.ladder), told)


def next_wave(rules: Rules, outcomes: Sequence[Outcome], policy: NextStep) -> tuple[Ask, ...]:
    """The attempts to make now, together; none when the problem has enough paths or is given up.

    Args:
        rules: whom to ask.
        outcomes: of all solutions so far, in any order.
        policy: says how often to ask which rung.
    """
    step = policy.next(record_of(rules, outcomes))
    if step is None:
        return ()
    asked = Counter(outcome.teacher for outcome in outcomes)
    wave = []
    for _ in range(step.attempts):
        teacher = min(rules.ladder[step.rung], key=asked.__getitem__)  # in turn
        wave.append(Ask(teacher, asked[teacher]))
        asked[teacher] += 1
    return tuple(wave)
