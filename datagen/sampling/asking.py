"""One attempt: found in the journal, taken over from another run, or asked of its teacher and kept as it arrives.

Each completion goes to the journal before anything else happens with it, and is looked up there before it is asked for,
so that a run that died goes on where it stood and pays for nothing twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.recipe_teachers import PaidTeacher
from datagen.sampling.plan import Ask
from datagen.solutions import request_key
from datagen.spending.paying import record_of, seed_of, take_over
from datagen.tables import Problem, Solution
from datagen.teachers.base import Request, TeacherClient
from datagen.teachers.families import parameters_of
from datagen.teachers.prompting import Prompt


@dataclass(frozen=True, slots=True)
class ReadyTeacher:
    """One paid teacher with what it needs to be asked."""

    teacher: PaidTeacher
    prompt: Prompt
    client: TeacherClient


class Attempts:
    """Gives the solutions of attempts.

    Args:
        recipe: the settings.
        teachers: the paid teachers by name.
        journal: where completions are kept.
        reuse: another run's journal, to take completions from; or None.
        progress: is kept up to date for whoever shows it.
        changed: is called when `outstanding` has changed to less.

    Attributes:
        outstanding: requests that wait for their teacher's answer.
    """

    def __init__(
        self,
        recipe: Recipe,
        teachers: Mapping[str, ReadyTeacher],
        journal: Journal,
        reuse: Journal | None,
        progress: Progress,
        changed: Callable[[], None],
    ) -> None:
        self.outstanding = 0
        self._recipe = recipe
        self._teachers = teachers
        self._journal = journal
        self._reuse = reuse
        self._progress = progress
        self._changed = changed

    async def obtain(self, problem: Problem, ask: Ask) -> tuple[Solution, bool]:
        """The solution of an attempt, and whether it was asked for now.

        Raises:
            RequestFailedError: this request failed each time that it was tried.
            DatagenError: no request to its teacher will work.
            StoppedError: it was not sent.
        """
        ready = self._teachers[ask.teacher]
        key, request = self._asked(ready, problem, ask)
        record = self._kept(key)
        if record is not None:
            return _solution(problem, ready.teacher, key, record), False
        record = await self._ask(ready, problem, ask, key, request)
        return _solution(problem, ready.teacher, key, record), True

    def again(self, problem: Problem, ask: Ask) -> Solution:
        """The solution of an attempt that was made before; counted there and then.

        Raises:
            DatagenError: it was never made.
        """
        ready = self._teachers[ask.teacher]
        key, _ = self._asked(ready, problem, ask)
        record = self._journal.get(key)
        if record is None:
            raise DatagenError(f"the journal lacks attempt {ask.attempt} of {ask.teacher} at {problem.id}; start again")
        return _solution(problem, ready.teacher, key, record)

    def _kept(self, key: str) -> dict[str, Any] | None:
        """What was paid for before, in this run or in the other one; that is kept here from now on."""
        record = self._journal.get(key)
        if record is not None:
            self._progress.kept += 1
        elif (record := take_over(key, self._journal, self._reuse)) is not None:
            self._progress.reused += 1
        return record

    async def _ask(self, ready: ReadyTeacher, problem: Problem, ask: Ask, key: str, request: Request) -> dict[str, Any]:
        self.outstanding += 1
        try:
            completion = await ready.client.ask(request)
        finally:
            self.outstanding -= 1
            self._changed()
        record = record_of(ready.teacher, request, ask.attempt, ready.prompt, problem.problem, completion)
        self._journal.append(key, record)
        self._progress.arrived(completion)
        return record

    def _asked(self, ready: ReadyTeacher, problem: Problem, ask: Ask) -> tuple[str, Request]:
        """What an attempt asks, and the key of its completion."""
        messages = ready.prompt.messages(problem.problem)
        sampling = self._recipe.sampling
        seed = seed_of(ready.teacher, self._recipe.seed, messages, ask.attempt)
        request = Request(messages, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)
        parameters = parameters_of(ready.teacher, request)
        return request_key(ready.teacher.model, [asdict(m) for m in messages], parameters, ask.attempt), request


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
