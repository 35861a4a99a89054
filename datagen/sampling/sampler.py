"""Asks teachers until every problem has what the plan wants, and keeps each completion as it arrives.

One event loop over all problems: as many are open as keep the teachers' slots filled, a wave is a barrier for its
problem only. Each completion goes to the journal before anything else happens with it, and is looked up there before
it is asked for, so that a run that died goes on where it stood and pays for nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from datagen.errors import DatagenError, RequestFailedError, StoppedError
from datagen.journal import Journal
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.recipe_teachers import PaidTeacher
from datagen.same_words import Words, counted_words, say_the_same
from datagen.sampling.plan import Ask, Outcome, Rules, next_wave
from datagen.solutions import request_key
from datagen.spending.paying import origin_of, record_of, seed_of, take_over
from datagen.stopping import STOP, refuse_when_stopped
from datagen.tables import Problem, Solution, Verdict
from datagen.teachers.base import Request, TeacherClient
from datagen.teachers.families import parameters_of
from datagen.teachers.prompting import Prompt
from datagen.verify.verdicts import Verdicts

_BEYOND_SLOTS = 32
"""Requests that wait so that no slot is ever empty; and problems that are open beyond what fills the slots."""

_MOST_LEFT = 20
"""Problems that may be left while others are answered; where there are more, it is the teacher that fails."""

Obtain = Callable[[Problem, Ask], Awaitable[Solution]]


@dataclass(frozen=True, slots=True)
class Rung:
    """One paid teacher with what it needs to be asked."""

    teacher: PaidTeacher
    prompt: Prompt
    client: TeacherClient


def rules_of(recipe: Recipe) -> Rules:
    """The recipe's settings as rules of the plan."""
    return Rules(
        ladder=tuple(teacher.name for teacher in recipe.paid_teachers),
        target_correct=recipe.target_correct,
        max_attempts=recipe.sampling.max_attempts,
        give_up_after=recipe.sampling.give_up_after,
    )


async def follow_plan(
    problem: Problem, recorded: Sequence[Solution], rules: Rules, paths: PathRule, obtain: Obtain, verdicts: Verdicts
) -> AsyncIterator[tuple[Solution, Verdict]]:
    """Take one problem through its plan; its texts are held no longer than their verdicts take.

    Args:
        problem: the problem.
        recorded: its recorded solutions; empty when the recipe has no recorded teacher.
        rules: when to ask and when to stop.
        paths: which solutions are paths; these are told apart by their texts.
        obtain: gives the solution of an attempt, from a teacher or from the journal.
        verdicts: gives verdicts.

    Yields:
        The solutions that belong to the plan, each with its verdict: recorded ones, then attempts wave by wave.
    """
    outcomes: list[Outcome] = []
    told = Told(problem, paths)
    arrived = recorded
    while True:
        given = await asyncio.gather(*(asyncio.wrap_future(verdicts.of(problem, one)) for one in arrived))
        for solution, verdict in zip(arrived, given, strict=True):
            outcomes.append(told.outcome(solution, verdict))
            yield solution, verdict
        wave = next_wave(rules, outcomes)
        if not wave:
            return
        arrived = await _wave(problem, wave, obtain)


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


class Sampler:
    """Samples what the plan wants.

    Args:
        recipe: the settings.
        paths: which solutions are paths.
        rungs: the paid teachers by name.
        journal: where completions are kept.
        reuse: another run's journal, to take completions from; or None.
        verdicts: gives verdicts.
        progress: is kept up to date for whoever shows it.
    """

    def __init__(
        self,
        recipe: Recipe,
        paths: PathRule,
        rungs: Mapping[str, Rung],
        journal: Journal,
        reuse: Journal | None,
        verdicts: Verdicts,
        progress: Progress,
    ) -> None:
        self._recipe = recipe
        self._rules = rules_of(recipe)
        self._paths = paths
        self._rungs = rungs
        self._journal = journal
        self._reuse = reuse
        self._verdicts = verdicts
        self._progress = progress
        self._unjudged: set[str] = set()
        self._outstanding = 0
        self._less = asyncio.Event()
        self._ended = False

    async def run(self, problems: Iterable[tuple[Problem, Sequence[Solution]]]) -> None:
        """Take every problem through its plan; all that arrives is in the journal.

        A request that fails each time that it is tried holds up its problem, not the others.

        Raises:
            StoppedError: the run was told to stop.
            DatagenError: a teacher does not answer for good, or problems are left whose requests it never answered.
        """
        most = sum(rung.teacher.concurrency for rung in self._rungs.values()) + _BEYOND_SLOTS
        failure: list[Exception] = []
        left: list[RequestFailedError] = []
        is_open = 0

        async def work(problem: Problem, recorded: Sequence[Solution]) -> None:
            nonlocal is_open
            try:
                plan = follow_plan(problem, recorded, self._rules, self._paths, self._obtain, self._verdicts)
                paid = 0
                async for solution, verdict in plan:  # the solution is in the journal
                    self._count(solution, verdict)
                    paid += solution.teacher in self._rungs
                self._progress.finished(paid)
            except Exception as error:
                if isinstance(error, RequestFailedError):
                    left.append(error)
                if not isinstance(error, RequestFailedError) or len(left) == _MOST_LEFT:
                    failure.append(error)
                    self._end()
            finally:
                is_open -= 1
                self._less.set()

        async with asyncio.TaskGroup() as group:
            for problem, recorded in problems:
                while is_open >= most or self._outstanding >= most:
                    self._less.clear()
                    await self._less.wait()
                if self._ended or STOP.is_set():
                    break
                is_open += 1
                group.create_task(work(problem, recorded))
                await asyncio.sleep(0)  # it says how much it asks for
        real = [error for error in failure if not isinstance(error, StoppedError)]
        if real or failure:
            raise (real or failure)[0]
        refuse_when_stopped()
        if left:
            raise DatagenError(
                f"{left[0]}; everything else is sampled and kept, {len(left):,} problems are left for such requests: "
                "start again to try them once more"
            )

    def _end(self) -> None:
        """Send nothing more; what is in flight still arrives and is kept."""
        self._ended = True
        for rung in self._rungs.values():
            rung.client.end(StoppedError("another request failed for good"))

    def from_journal(self, problem: Problem, ask: Ask) -> Solution:
        """The solution of an attempt that was made before.

        Raises:
            DatagenError: it was never made.
        """
        rung = self._rungs[ask.teacher]
        key, _ = self._asked(rung, problem, ask)
        record = self._journal.get(key)
        if record is None:
            raise DatagenError(f"the journal lacks attempt {ask.attempt} of {ask.teacher} at {problem.id}; start again")
        return _solution(problem, rung.teacher, key, record)

    async def _obtain(self, problem: Problem, ask: Ask) -> Solution:
        rung = self._rungs[ask.teacher]
        key, request = self._asked(rung, problem, ask)
        record = self._kept(key)
        if record is not None:
            return _solution(problem, rung.teacher, key, record)
        record = await self._ask(rung, problem, ask, key, request)
        solution = _solution(problem, rung.teacher, key, record)
        self._unjudged.add(solution.id)
        return solution

    def _kept(self, key: str) -> dict[str, Any] | None:
        """What was paid for before, in this run or in the other one; that is kept here from now on."""
        record = self._journal.get(key)
        if record is not None:
            self._progress.kept += 1
        elif (record := take_over(key, self._journal, self._reuse)) is not None:
            self._progress.reused += 1
        return record

    def _count(self, solution: Solution, verdict: Verdict) -> None:
        """Count the verdict on a completion that was asked for now."""
        if solution.id in self._unjudged:
            self._unjudged.remove(solution.id)
            self._progress.verdicts[verdict.verdict] += 1

    async def _ask(self, rung: Rung, problem: Problem, ask: Ask, key: str, request: Request) -> dict[str, Any]:
        self._outstanding += 1
        try:
            completion = await rung.client.ask(request)
        finally:
            self._outstanding -= 1
            self._less.set()
        record = record_of(rung.teacher, request, ask.attempt, rung.prompt, problem.problem, completion)
        self._journal.append(key, record)
        self._progress.arrived(completion)
        return record

    def _asked(self, rung: Rung, problem: Problem, ask: Ask) -> tuple[str, Request]:
        """What an attempt asks, and the key of its completion."""
        messages = rung.prompt.messages(problem.problem)
        sampling = self._recipe.sampling
        seed = seed_of(rung.teacher, self._recipe.seed, messages, ask.attempt)
        request = Request(messages, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)
        parameters = parameters_of(rung.teacher, request)
        key = request_key(rung.teacher.model, [asdict(m) for m in messages], parameters, ask.attempt)
        return key, replace(request, origin=origin_of(key, ask.attempt, rung.prompt, problem.problem))


def _solution(problem: Problem, teacher: PaidTeacher, key: str, record: Mapping[str, Any]) -> Solution:
    return Solution(
        id=key[:16],
        problem_id=problem.id,
        teacher=teacher.name,
        model=record["model"],
        attempt=record["attempt"],
        reasoning=record["reasoning"],
        content=record["content"],
        finish_reason=record["finish_reason"],
        prompt_tokens=record["prompt_tokens"],
        completion_tokens=record["completion_tokens"],
        cost_usd=record["cost_usd"],
        request_key=key,
        usage_estimated=record.get("usage_estimated", False),
    )
