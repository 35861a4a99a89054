"""How sampling went: how each problem ended, and what each rung solved at what price."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.recipe import Recipe
from datagen.recipe_teachers import RecordedTeacher
from datagen.sampling.following import Course
from datagen.sampling.plan import Rules
from datagen.sampling.policy import Policy
from datagen.sampling.record import Tally
from datagen.spending.cost import NOTHING, Amount, from_usd, shown_usd
from datagen.tables import Sampled, SamplingEnd, Solution


def end_of(course: Course, rules: Rules, policy: Policy | None) -> Sampled:
    """How a problem ended.

    Args:
        course: its way through its plan, to the end.
        rules: of the plan.
        policy: its block's; None when there is no paid teacher.
    """
    record, bounds = course.record, rules.bounds
    ended: SamplingEnd = "given_up"
    if record.paths >= bounds.target_correct:
        ended = "enough"
    elif policy is None:
        ended = "not_asked"
    elif record.paid >= bounds.max_attempts:
        ended = "attempts_used"
    return Sampled(
        problem_id=course.problem.id,
        solutions=course.solutions,
        attempts=record.paid,
        correct=course.correct,
        distinct_paths=record.paths,
        pass_rate=course.correct / course.solutions if course.solutions else None,
        ended=ended,
        chance=round(policy.chance(record), 4) if policy is not None and ended == "given_up" else None,
    )


@dataclass(slots=True)
class _Brought:
    """What one rung brought so far."""

    teachers: Sequence[str]
    solutions: int = 0
    new_paths: int = 0
    served: int = 0
    spent: Amount = NOTHING

    def add(self, tally: Tally) -> None:
        self.solutions += tally.asked
        self.new_paths += tally.new


class RungFigures:
    """What each rung brought: solutions, new paths, the problems that had enough with it, and what that cost.

    Args:
        recipe: the settings.
        rules: of the plan.
    """

    def __init__(self, recipe: Recipe, rules: Rules) -> None:
        carried = [teacher.name for teacher in recipe.teachers if isinstance(teacher, RecordedTeacher)]
        self._rungs = [_Brought(carried), *(_Brought(teachers) for teachers in rules.ladder)]
        self._of = {name: brought for brought in self._rungs for name in brought.teachers}
        self._ended: Counter[str] = Counter()

    def add(self, course: Course, solutions: Sequence[Solution], end: Sampled) -> None:
        """Count a problem in that is through."""
        record = course.record
        for brought, tally in zip(self._rungs, (record.recorded, *record.rungs), strict=True):
            brought.add(tally)
        for solution in solutions:
            self._of[solution.teacher].spent += from_usd(solution.cost_usd)
        self._ended[end.ended] += 1
        if end.ended == "enough":
            self._rungs[record.reached + 1 if record.paid else 0].served += 1

    def figures(self) -> dict[str, Any]:
        """For `run.json`: how problems ended, and what each rung brought; money as it was when it was paid."""
        return {
            "ended": dict(sorted(self._ended.items())),
            "rungs": [
                {
                    "teachers": list(brought.teachers),
                    "solutions": brought.solutions,
                    "new_paths": brought.new_paths,
                    "problems_served": brought.served,
                    "usd": brought.spent.usd,
                }
                for brought in self._rungs
                if brought.teachers
            ],
        }


def rung_lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures for people; none for a run that did not get that far."""
    lines = []
    for rung in figures.get("rungs", ()):
        each = f", {shown_usd(rung['usd'] / rung['new_paths'])} a path" if rung["usd"] and rung["new_paths"] else ""
        lines.append(
            f"  {' + '.join(rung['teachers']):20} {rung['solutions']:,} solutions, {rung['new_paths']:,} new paths, "
            f"{rung['problems_served']:,} problems served; {shown_usd(rung['usd'])} USD{each}"
        )
    ended = ", ".join(f"{end} {number:,}" for end, number in figures.get("ended", {}).items())
    return [*lines, f"  problems that ended: {ended}"] if ended else lines
