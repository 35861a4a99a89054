"""Asks teachers until every problem has what the plan wants, and keeps each completion as it arrives.

One event loop over all problems: as many are open as fill the teachers' slots, a wave is a barrier for its problem
only. Each completion goes to the journal before anything else happens with it, and is looked up there before it is
asked for, so that a run that died goes on where it stood and pays for nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datagen.errors import DatagenError, StoppedError
from datagen.formats.tokenizer import CONTROL_TOKENS
from datagen.journal import Journal
from datagen.recipe import Recipe
from datagen.recipe_teachers import PaidTeacher
from datagen.sampling.plan import Ask, Outcome, Rules, next_wave
from datagen.solutions import TextMode, request_key
from datagen.spending.ledger import taken_over
from datagen.stopping import STOP, refuse_when_stopped
from datagen.tables import Problem, Solution, Verdict
from datagen.teachers.base import Message, Request, TeacherClient
from datagen.teachers.paying import record_of, seed_of
from datagen.teachers.prompting import Prompt
from datagen.texts import say_the_same, words_of
from datagen.thoughts import CLOSE, OPEN
from datagen.verify.closing import closing_text
from datagen.verify.verdicts import Verdicts

_OPEN_BEYOND_SLOTS = 32
"""Problems that are open while others wait for their slot or their verdict."""

Obtain = Callable[[Problem, Ask], Awaitable[Solution]]


@dataclass(slots=True)
class Tally:
    """What a run has done so far, for people."""

    problems: int = 0
    completions: int = 0
    reused: int = 0


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
    problem: Problem, recorded: Sequence[Solution], rules: Rules, mode: TextMode, obtain: Obtain, verdicts: Verdicts
) -> list[Solution]:
    """Take one problem through its plan.

    Args:
        problem: the problem.
        recorded: its recorded solutions; empty when the recipe has no recorded teacher.
        rules: when to ask and when to stop.
        mode: what of a solution is the path; paths are told apart by it.
        obtain: gives the solution of an attempt, from a teacher or from the journal.
        verdicts: gives verdicts.

    Returns:
        The solutions that belong to the plan: recorded ones, then attempts wave by wave.
    """
    solutions: list[Solution] = []
    outcomes: list[Outcome] = []
    told = Told()

    async def add(arrived: Sequence[Solution]) -> None:
        given = await asyncio.gather(*(asyncio.wrap_future(verdicts.of(problem, one)) for one in arrived))
        for solution, verdict in zip(arrived, given, strict=True):
            outcomes.append(told.outcome(solution, verdict, mode))
        solutions.extend(arrived)

    await add(recorded)
    while wave := next_wave(rules, outcomes):
        # A wave's tail is never cancelled: what is in flight is paid for, and is kept as it arrives.
        arrived = await asyncio.gather(*(obtain(problem, ask) for ask in wave), return_exceptions=True)
        failed = [error for error in arrived if isinstance(error, BaseException)]
        if failed:
            raise failed[0]
        await add([solution for solution in arrived if isinstance(solution, Solution)])
    return solutions


class Told:
    """The correct paths of a problem so far; a solution that says what an earlier one says is the same path."""

    def __init__(self) -> None:
        self._paths: list[tuple[str, list[str]]] = []

    def outcome(self, solution: Solution, verdict: Verdict, mode: TextMode) -> Outcome:
        """What a solution brings to the plan."""
        text = closing_text(solution, verdict, mode)
        usable = text is not None and not any(token in text for token in (*CONTROL_TOKENS, OPEN, CLOSE))
        return Outcome(solution.teacher, self._path(solution.id, text) if text and usable else None)

    def _path(self, solution_id: str, text: str) -> str:
        """The path that a solution's text tells: the id of the first solution that said it."""
        words = words_of(text)
        for path, known in self._paths:
            if say_the_same(words, known):
                return path
        self._paths.append((solution_id, words))
        return solution_id


class Sampler:
    """Samples what the plan wants.

    Args:
        recipe: the settings.
        rungs: the paid teachers by name.
        journal: where completions are kept.
        reuse: another run's journal, to take completions from; or None.
        verdicts: gives verdicts.
        tally: is kept up to date for whoever shows progress.
    """

    def __init__(
        self,
        recipe: Recipe,
        rungs: Mapping[str, Rung],
        journal: Journal,
        reuse: Journal | None,
        verdicts: Verdicts,
        tally: Tally,
    ) -> None:
        self._recipe = recipe
        self._rules = rules_of(recipe)
        self._rungs = rungs
        self._journal = journal
        self._reuse = reuse
        self._verdicts = verdicts
        self._tally = tally
        self._ended = False

    async def run(self, problems: Iterable[tuple[Problem, Sequence[Solution]]]) -> None:
        """Take every problem through its plan; all that arrives is in the journal.

        Raises:
            StoppedError: the run was told to stop.
            DatagenError: a teacher does not answer for good.
        """
        slots = sum(rung.teacher.concurrency for rung in self._rungs.values())
        room = asyncio.Semaphore(slots + _OPEN_BEYOND_SLOTS)
        failure: list[BaseException] = []

        async def work(problem: Problem, recorded: Sequence[Solution]) -> None:
            try:
                mode = self._recipe.paths.text
                await follow_plan(problem, recorded, self._rules, mode, self._obtain, self._verdicts)
                self._tally.problems += 1
            except Exception as error:
                failure.append(error)
                self._end()
            finally:
                room.release()

        async with asyncio.TaskGroup() as group:
            for problem, recorded in problems:
                await room.acquire()
                if self._ended or STOP.is_set():
                    room.release()
                    break
                group.create_task(work(problem, recorded))
        real = [error for error in failure if not isinstance(error, StoppedError)]
        if real or failure:
            raise (real or failure)[0]
        refuse_when_stopped()

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
        key, _ = self._key(rung, problem, ask)
        record = self._journal.get(key)
        if record is None:
            raise DatagenError(f"the journal lacks attempt {ask.attempt} of {ask.teacher} at {problem.id}; start again")
        return _solution(problem, rung.teacher, key, record)

    async def _obtain(self, problem: Problem, ask: Ask) -> Solution:
        rung = self._rungs[ask.teacher]
        key, messages = self._key(rung, problem, ask)
        record = self._journal.get(key)
        if record is None and self._reuse is not None and (record := self._reuse.get(key)) is not None:
            self._journal.append(key, taken_over(record))
            self._tally.reused += 1
        if record is None:
            record = await self._ask(rung, problem, ask, key, messages)
        return _solution(problem, rung.teacher, key, record)

    async def _ask(
        self, rung: Rung, problem: Problem, ask: Ask, key: str, messages: tuple[Message, ...]
    ) -> dict[str, Any]:
        sampling = self._recipe.sampling
        seed = seed_of(rung.teacher, self._recipe.seed, messages, ask.attempt)
        request = Request(messages, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)
        completion = await rung.client.ask(request)
        record = record_of(rung.teacher, request, ask.attempt, rung.prompt, problem.problem, completion)
        self._journal.append(key, record)
        self._tally.completions += 1
        return record

    def _key(self, rung: Rung, problem: Problem, ask: Ask) -> tuple[str, tuple[Message, ...]]:
        messages = rung.prompt.messages(problem.problem)
        sampling = self._recipe.sampling
        parameters = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
        }
        return request_key(rung.teacher.model, [asdict(m) for m in messages], parameters, ask.attempt), messages


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
