"""What to ask next about a problem: a pure function of the rules and of what came back so far.

Nothing else enters: no clock, no order of arrival, no other problem. A resumed run therefore replays the same plan from
its journal. Attempts go in waves: first as many as paths are wanted, then what is still missing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """When to ask and when to stop.

    Attributes:
        ladder: the paid teachers by name, in the order in which they are asked.
        target_correct: enough distinct correct paths of a problem, over all teachers, recorded ones included.
        max_attempts: paid attempts of a problem, over all teachers.
        give_up_after: paid attempts without one correct path, over all teachers.
    """

    ladder: tuple[str, ...]
    target_correct: int
    max_attempts: int
    give_up_after: int


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


def next_wave(rules: Rules, outcomes: Sequence[Outcome]) -> tuple[Ask, ...]:
    """The attempts to make now, together; none when the problem has enough paths or is given up.

    Every rung of the ladder may use its share of the attempts; a problem climbs when that share is used up, and does
    not climb down again.

    Args:
        rules: when to ask and when to stop.
        outcomes: of all solutions so far, in any order.
    """
    paths = {outcome.path for outcome in outcomes if outcome.path is not None}
    missing = rules.target_correct - len(paths)
    if missing <= 0:
        return ()
    asked = {teacher: sum(outcome.teacher == teacher for outcome in outcomes) for teacher in rules.ladder}
    paid = sum(asked.values())
    allowed = rules.max_attempts if paths else min(rules.give_up_after, rules.max_attempts)
    reached = max((rung for rung, teacher in enumerate(rules.ladder) if asked[teacher]), default=0)
    for rung in range(reached, len(rules.ladder)):
        share = math.ceil(allowed * (rung + 1) / len(rules.ladder))
        wave = min(missing, share - paid)
        if wave > 0:
            teacher = rules.ladder[rung]
            return tuple(Ask(teacher, asked[teacher] + number) for number in range(wave))
    return ()
