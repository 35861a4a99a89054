"""One problem on its way through its plan: what is asked, what it brought, and when it ends.

A wave is a barrier for its problem: the next one is decided when the last answer of this one has its verdict. Texts are
held no longer than their verdicts take.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from datagen.approaches import ReadPath, is_same_path, read_path
from datagen.path_rule import PathRule
from datagen.sampling.blocks import NotYetError, Usage
from datagen.sampling.lengths import Length, Lengths
from datagen.sampling.plan import Ask, NextStep, Outcome, Rules, next_wave, record_of
from datagen.sampling.record import Record
from datagen.sampling.truncation import Attempt, Cut
from datagen.solutions import is_whole
from datagen.tables import Problem, Solution, Verdict
from datagen.verify.verdicts import Verdicts

Obtain = Callable[[Problem, Ask], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class CutAttempt:
    """An attempt whose first answer was cut off, and what it came to.

    Attributes:
        cut: how it was cut off, and what was made of it.
        keys: of what the journal keeps of it.
        has_ended: whether its last text is whole.
        is_correct: whether that is right.
        is_new: whether that is a path that no solution before it had.
    """

    cut: Cut
    keys: tuple[str, ...]
    has_ended: bool
    is_correct: bool
    is_new: bool


class Course:
    """A problem's way through its plan.

    Args:
        problem: the problem.
        rules: whom to ask, and what no plan goes beyond.
        paths: which solutions are paths; these are told apart by their texts.
        verdicts: gives verdicts.

    Attributes:
        problem: as given.
        used: what the attempts took so far, by rung.
        cut: the attempts whose first answers were cut off.
        solutions, correct: how many there are so far, recorded ones included, and how many answers of them are right.
    """

    def __init__(self, problem: Problem, rules: Rules, paths: PathRule, verdicts: Verdicts) -> None:
        self.problem = problem
        self.used = [Usage() for _ in rules.ladder]
        self.cut: list[CutAttempt] = []
        self.solutions = self.correct = 0
        self._rules = rules
        self._verdicts = verdicts
        self._told = Told(problem, paths)
        self._outcomes: list[Outcome] = []
        self._lengths: defaultdict[str, list[Length]] = defaultdict(list)

    @property
    def record(self) -> Record:
        """What the plan goes by."""
        return record_of(self._rules, self._outcomes)

    def lengths(self, limit: int) -> dict[str, Lengths]:
        """What the attempts say about lengths, by teacher.

        Args:
            limit: the most tokens that first answers were asked to have.
        """
        return {teacher: Lengths.of(limit, lengths) for teacher, lengths in self._lengths.items()}

    async def follow(
        self, recorded: Sequence[Solution], obtain: Obtain, policy: NextStep
    ) -> AsyncIterator[tuple[Solution, Verdict]]:
        """Take the problem through its plan.

        Args:
            recorded: its recorded solutions; empty when the recipe has no recorded teacher.
            obtain: gives the solution of an attempt, from a teacher or from the journal.
            policy: says how often to ask whom.

        Yields:
            The solutions that belong to the plan, each with its verdict: recorded ones, then attempts wave by wave.
        """
        arrived = [Attempt(solution) for solution in recorded]
        while True:
            asked = (asyncio.wrap_future(self._verdicts.of(self.problem, one.solution)) for one in arrived)
            for attempt, verdict in zip(arrived, await asyncio.gather(*asked), strict=True):
                self._count(attempt, verdict)
                yield attempt.solution, verdict
            wave = next_wave(self._rules, self._outcomes, policy)
            if not wave:
                return
            arrived = await _wave(self.problem, wave, obtain)

    def _count(self, attempt: Attempt, verdict: Verdict) -> None:
        solution, known = attempt.solution, {outcome.path for outcome in self._outcomes}
        outcome = self._told.outcome(solution, verdict)
        is_new = outcome.path is not None and outcome.path not in known
        self._outcomes.append(outcome)
        self.solutions += 1
        self.correct += verdict.verdict == "correct"
        for rung, teachers in enumerate(self._rules.ladder):
            if solution.teacher in teachers:
                self.used[rung].add(Usage(1, solution.prompt_tokens or 0, solution.completion_tokens or 0))
                self._lengths[solution.teacher].append(_length(attempt, is_new))
        if attempt.cut is not None:
            is_correct = verdict.verdict == "correct"
            self.cut.append(CutAttempt(attempt.cut, attempt.keys, is_whole(solution), is_correct, is_new))


def _length(attempt: Attempt, is_new: bool) -> Length:
    cut, written = attempt.cut, attempt.solution.completion_tokens or 0
    if cut is None:
        return Length(written, has_ended=True, is_path=is_new, is_cut=False)
    is_cut, first = cut.is_at_limit and not cut.repeats, cut.tokens or 0
    again = written - first if cut.then == "raised" else None
    return Length(first, False, False, is_cut, raised_tokens=again, raised_path=is_new)


async def _wave(problem: Problem, wave: Sequence[Ask], obtain: Obtain) -> list[Attempt]:
    """The attempts of a wave, whose tail is never cancelled: what is in flight is paid for, and kept as it arrives."""
    arrived = await asyncio.gather(*(obtain(problem, ask) for ask in wave), return_exceptions=True)
    failed = [error for error in arrived if isinstance(error, BaseException)]
    if failed:
        raise min(failed, key=lambda error: isinstance(error, NotYetError))
    return [attempt for attempt in arrived if isinstance(attempt, Attempt)]


class Told:
    """The paths of a problem so far; a solution that is the same path as an earlier one counts with it.

    Args:
        problem: the problem.
        paths: which solutions are paths.
    """

    def __init__(self, problem: Problem, paths: PathRule) -> None:
        self._problem = problem
        self._rule = paths
        self._paths: list[tuple[str, ReadPath]] = []

    def outcome(self, solution: Solution, verdict: Verdict) -> Outcome:
        """What a solution brings to the plan."""
        read = self._rule.read(self._problem, solution, verdict)
        return Outcome(solution.teacher, self._path(solution.id, read.text) if read and read.is_path else None)

    def _path(self, solution_id: str, text: str) -> str:
        """The path that a solution's text tells: the id of the first solution that told it."""
        read = read_path(text, self._problem.problem)
        for path, known in self._paths:
            if is_same_path(read, known):
                return path
        self._paths.append((solution_id, read))
        return solution_id
