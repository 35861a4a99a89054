"""One problem on its way through its plan: what is asked, what it brought, and when it ends.

A wave is a barrier for its problem: the next one is decided when the last answer of this one has its verdict. Texts are
held no longer than their verdicts take.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from datagen.path_rule import PathRule
from datagen.same_words import Words, counted_words, say_the_same
from datagen.sampling.blocks import Usage
from datagen.sampling.plan import Ask, NextStep, Outcome, Rules, next_wave, record_of
from datagen.sampling.record import Record
from datagen.tables import Problem, Solution, Verdict
from datagen.verify.verdicts import Verdicts

Obtain = Callable[[Problem, Ask], Awaitable[Solution]]


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
        solutions, correct: how many there are so far, recorded ones included, and how many answers of them are right.
    """

    def __init__(self, problem: Problem, rules: Rules, paths: PathRule, verdicts: Verdicts) -> None:
        self.problem = problem
        self.used = [Usage() for _ in rules.ladder]
        self.solutions = self.correct = 0
        self._rules = rules
        self._verdicts = verdicts
        self._told = Told(problem, paths)
        self._outcomes: list[Outcome] = []

    @property
    def record(self) -> Record:
        """What the plan goes by."""
        return record_of(self._rules, self._outcomes)

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
        arrived = recorded
        while True:
            asked = (asyncio.wrap_future(self._verdicts.of(self.problem, one)) for one in arrived)
            for solution, verdict in zip(arrived, await asyncio.gather(*asked), strict=True):
                self._count(solution, verdict)
                yield solution, verdict
            wave = next_wave(self._rules, self._outcomes, policy)
            if not wave:
                return
            arrived = await _wave(self.problem, wave, obtain)

    def _count(self, solution: Solution, verdict: Verdict) -> None:
        self._outcomes.append(self._told.outcome(solution, verdict))
        self.solutions += 1
        self.correct += verdict.verdict == "correct"
        for rung, teachers in enumerate(self._rules.ladder):
            if solution.teacher in teachers:
                self.used[rung].add(Usage(1, solution.prompt_tokens or 0, solution.completion_tokens or 0))


async def _wave(problem: Problem, wave: Sequence[Ask], obtain: Obtain) -> list[Solution]:
    """The solutions of a wave, whose tail is never cancelled: what is in flight is paid for, and kept as it arrives."""
    arrived = await asyncio.gather(*(obtain(problem, ask) for ask in wave), return_exceptions=True)
    failed = [error for error in arrived if isinstance(error, BaseException)]
    if failed:
        raise failed[0]
    return [solution for solution in arrived if isinstance(solution, Solution)]


class Told:
    """The paths of a problem so far; a solution that says what an earlier one says is the same path.

    Args:
        problem: the problem.
        paths: which solutions are paths.
    """

    def __init__(self, problem: Problem, paths: PathRule) -> None:
        self._problem = problem
        self._rule = paths
        self._paths: list[tuple[str, Words]] = []

    def outcome(self, solution: Solution, verdict: Verdict) -> Outcome:
        """What a solution brings to the plan."""
        read = self._rule.read(self._problem, solution, verdict)
        is_path = read is not None and read.quote is None
        return Outcome(solution.teacher, self._path(solution.id, read.text) if read and is_path else None)

    def _path(self, solution_id: str, text: str) -> str:
        """The path that a solution's text tells: the id of the first solution that said it."""
        words = counted_words(text)
        for path, known in self._paths:
            if say_the_same(words, known):
                return path
        self._paths.append((solution_id, words))
        return solution_id
