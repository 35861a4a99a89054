"""One attempt: found in the journal, taken over from another run, or asked of its teacher and kept as it arrives.

It takes one request, or a second one where the answer was cut off and the recipe wants more of it (`truncation.py`).

Each completion goes to the journal before anything else happens with it, and is looked up there before it is asked for,
so that a run that died goes on where it stood and pays for nothing twice.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from datagen.errors import DatagenError, NoMoreError
from datagen.journal import Journal
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.recipe_teachers import PaidTeacher
from datagen.sampling.plan import Ask
from datagen.sampling.truncation import (
    Attempt,
    WorthRaising,
    continued,
    cut_of,
    is_cut_off,
    raised,
    refusal_key,
    refused,
    with_raised,
    with_rest,
)
from datagen.solutions import request_key
from datagen.spending.paying import origin_of, record_of, seed_of, take_over
from datagen.tables import Problem, Solution
from datagen.teachers.base import Completion, Request, TeacherClient
from datagen.teachers.families import parameters_of
from datagen.teachers.prompting import Prompt

_log = logging.getLogger(__name__)


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
        self._told: set[str] = set()
        self._recipe = recipe
        self._teachers = teachers
        self._journal = journal
        self._reuse = reuse
        self._progress = progress
        self._changed = changed

    async def obtain(self, problem: Problem, ask: Ask, worth: WorthRaising, met: MutableMapping[str, bool]) -> Attempt:
        """What an attempt came to.

        Args:
            problem: the problem.
            ask: the attempt.
            worth: whether to raise the limit of an answer that reached it; what it raises ends the attempt for now.
            met: keeps the keys of the problem's completions that were counted before, and whether they were asked for
                now.

        Raises:
            RequestFailedError: a request failed each time that it was tried.
            DatagenError: no request to its teacher will work.
            StoppedError: it was not sent.
        """

        async def fetch(ready: ReadyTeacher, key: str, request: Request) -> dict[str, Any]:
            record = self._journal.get(key) if key in met else self._kept(key)
            met.setdefault(key, record is None)
            return record if record is not None else await self._ask(ready, problem, ask, key, request)

        return await self._attempt(problem, ask, worth, fetch)

    async def again(self, problem: Problem, ask: Ask, worth: WorthRaising) -> Attempt:
        """What an attempt that was made before came to; counted there and then.

        Raises:
            DatagenError: it was never made.
        """

        async def fetch(ready: ReadyTeacher, key: str, request: Request) -> dict[str, Any]:
            record = self._journal.get(key)
            if record is None:
                what = f"attempt {ask.attempt} of {ask.teacher} at {problem.id}"
                raise DatagenError(f"the journal lacks {what}; start again")
            return record

        return await self._attempt(problem, ask, worth, fetch)

    async def _attempt(self, problem: Problem, ask: Ask, worth: WorthRaising, fetch: "_Fetch") -> Attempt:
        """Make an attempt of the completions that it takes, wherever they are fetched from."""
        ready, sampling = self._teachers[ask.teacher], self._recipe.sampling
        key, request = self._asked(ready, problem, ask)
        first = _solution(problem, ready.teacher, key, await fetch(ready, key, request))
        if not is_cut_off(first):
            return Attempt(first, (key,))
        cut = cut_of(first, sampling.max_tokens)
        attempt = Attempt(first, (key,), cut)
        if cut.repeats or not (first.reasoning or first.content):
            return attempt
        if sampling.on_truncated == "raise_limit" and cut.is_at_limit and worth(ask.teacher):
            more, made = raised(request), with_raised
        elif sampling.on_truncated == "continue":
            more, made = continued(request, first), with_rest
            more = replace(more, seed=seed_of(ready.teacher, self._recipe.seed, more.messages, ask.attempt))
        else:
            return attempt
        key = _key(ready.teacher, more, ask)
        if key not in self._journal and refusal_key(key) in self._journal:
            return refused(attempt, key)
        try:
            record = await fetch(ready, key, more)
        except NoMoreError as error:
            if ask.teacher not in self._told:
                self._told.add(ask.teacher)
                _log.warning("%s; such answers stay cut off", error)
            nothing = Completion("", "", "length", 0, 0)
            self._journal.append(refusal_key(key), self._record(ready, problem, ask, more, nothing))
            return refused(attempt, key)
        return made(attempt, key, _solution(problem, ready.teacher, key, record))

    def _kept(self, key: str) -> dict[str, Any] | None:
        """What was paid for before, in this run or in the other one; that is kept here from now on."""
        record = self._journal.get(key)
        if record is not None:
            self._progress.kept += 1
        elif (record := take_over(key, self._journal, self._reuse)) is not None:
            self._progress.reused += 1
        return record

    async def _ask(self, ready: ReadyTeacher, problem: Problem, ask: Ask, key: str, request: Request) -> dict[str, Any]:
        request = replace(request, origin=origin_of(key, ask.attempt, ready.prompt, problem.problem))
        self.outstanding += 1
        try:
            completion = await ready.client.ask(request)
        finally:
            self.outstanding -= 1
            self._changed()
        record = self._record(ready, problem, ask, request, completion)
        self._journal.append(key, record)
        self._progress.arrived(completion)
        return record

    def _record(
        self, ready: ReadyTeacher, problem: Problem, ask: Ask, request: Request, completion: Completion
    ) -> dict[str, Any]:
        return record_of(ready.teacher, request, ask.attempt, ready.prompt, problem.problem, completion)

    def _asked(self, ready: ReadyTeacher, problem: Problem, ask: Ask) -> tuple[str, Request]:
        """What an attempt asks first, and the key of its completion."""
        messages = ready.prompt.messages(problem.problem)
        sampling = self._recipe.sampling
        seed = seed_of(ready.teacher, self._recipe.seed, messages, ask.attempt)
        request = Request(messages, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)
        return _key(ready.teacher, request, ask), request


_Fetch = Callable[[ReadyTeacher, str, Request], Awaitable[dict[str, Any]]]


def _key(teacher: PaidTeacher, request: Request, ask: Ask) -> str:
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    return request_key(teacher.model, messages, parameters_of(teacher, request), ask.attempt)


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
