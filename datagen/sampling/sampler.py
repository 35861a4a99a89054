"""Asks teachers until every problem has what the plan wants.

One event loop over all problems: as many are open as keep the teachers' slots filled. A problem whose next wave depends
on earlier problems that are not through yet is put aside, and holds neither slot nor texts: it is taken up again from
the journal when there is room.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from datagen.errors import DatagenError, RequestFailedError, StoppedError
from datagen.journal import Journal
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.sampling.asking import Attempts, ReadyTeacher
from datagen.sampling.blocks import Blocks, HeldUpError, NotYetError
from datagen.sampling.figures import end_of
from datagen.sampling.following import Course, Obtain
from datagen.sampling.ladder import costs_of, first_block, rules_of
from datagen.sampling.plan import Ask, NextStep
from datagen.sampling.policy import Bounds, Policy, Step, first_step
from datagen.sampling.record import Record
from datagen.sampling.truncation import Attempt
from datagen.stopping import STOP, refuse_when_stopped
from datagen.tables import Problem, Sampled, Solution, Verdict
from datagen.verify.verdicts import Verdicts

_BEYOND_SLOTS = 32
"""Requests that wait so that no slot is ever empty; and problems that are open beyond what fills the slots."""
_MOST_ASIDE = 8192
"""Problems that are put aside at a time; beyond them, nothing new is begun."""
_LOOK_EVERY_S = 1.0
"""How soon it is seen that teachers have more slots than before, as when their servers are up."""
_MOST_LEFT = 20
"""Problems that may be left while others are answered; where there are more, it is the teacher that fails."""

Recorded = Callable[[Problem], Sequence[Solution]]


@dataclass(frozen=True, slots=True)
class _AsFarAsKnown:
    """The policy of a problem that may not be known yet; the first wave needs none."""

    bounds: Bounds
    policy: Callable[[], Policy | None]

    def next(self, record: Record) -> Step | None:
        """The wave that comes next; None when there is none.

        Raises:
            NotYetError: it is not known yet.
        """
        if not record.paid or record.paths >= self.bounds.target_correct:
            return first_step(self.bounds, record)
        policy = self.policy()
        if policy is None:
            raise NotYetError
        return policy.next(record)


class Sampler:
    """Samples what the plan wants.

    Args:
        recipe: the settings.
        paths: which solutions are paths.
        recorded: gives the recorded solutions of a problem.
        teachers: the paid teachers by name.
        journal: where completions are kept.
        reuse: another run's journal, to take completions from; or None.
        verdicts: gives verdicts.
        progress: is kept up to date for whoever shows it.
    """

    def __init__(
        self,
        recipe: Recipe,
        paths: PathRule,
        recorded: Recorded,
        teachers: Mapping[str, ReadyTeacher],
        journal: Journal,
        reuse: Journal | None,
        verdicts: Verdicts,
        progress: Progress,
    ) -> None:
        self._rules = rules_of(recipe)
        self._limit = recipe.sampling.max_tokens
        self._paths = paths
        self._recorded = recorded
        self._teachers = teachers
        self._attempts = Attempts(recipe, teachers, journal, reuse, progress, self._look_again)
        self._verdicts = verdicts
        self._progress = progress
        self._blocks = Blocks(
            len(self._rules.ladder), self._rules.bounds, lambda used: costs_of(recipe, used), first_block(recipe)
        )
        self._most = 0
        self._places = asyncio.Semaphore(0)
        self._aside = self._held_up = 0
        self._left: list[RequestFailedError] = []
        self._failures: list[Exception] = []
        self._less = asyncio.Event()
        self._ended = False

    async def run(self, problems: Iterable[Problem]) -> None:
        """Take every problem through its plan; all that arrives is in the journal.

        A request that fails each time that it is tried holds up its problem, and those whose plan rests on it.

        Raises:
            StoppedError: the run was told to stop.
            DatagenError: a teacher does not answer for good, or problems are left whose requests it never answered.
        """
        async with asyncio.TaskGroup() as group:
            for place, problem in enumerate(problems):
                while not self._has_room():
                    self._less.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._less.wait(), _LOOK_EVERY_S)
                await self._places.acquire()
                if self._ended or STOP.is_set():
                    break
                group.create_task(self._work(place, problem))
                await asyncio.sleep(0)  # it says how much it asks for
        real = [error for error in self._failures if not isinstance(error, StoppedError)]
        if self._failures:
            raise (real or self._failures)[0]
        refuse_when_stopped()
        if self._left:
            waiting = f", and {self._held_up:,} whose plan rests on these" if self._held_up else ""
            raise DatagenError(
                f"{self._left[0]}; everything else is sampled and kept, {len(self._left):,} problems are left for such "
                f"requests{waiting}: start again to try them once more"
            )

    async def course(self, place: int, problem: Problem) -> tuple[Course, list[tuple[Solution, Verdict]], Sampled]:
        """A problem's way through its plan once more, after `run`, from the journal alone; and how it ended.

        Raises:
            DatagenError: the journal lacks a completion.
        """
        course = Course(problem, self._rules, self._paths, self._verdicts)
        policy = await self._blocks.policy(place) if self._rules.ladder else None
        known = _AsFarAsKnown(self._rules.bounds, lambda: policy)
        again = partial(self._attempts.again, worth=partial(self._is_raising_worth_it, place))
        solutions = [pair async for pair in course.follow(self._recorded(problem), again, known)]
        return course, solutions, end_of(course, self._rules, policy)

    async def _work(self, place: int, problem: Problem) -> None:
        try:
            course = await self._course(place, problem)
            self._blocks.finished(place, course.record, course.used, course.lengths(self._limit))
            self._progress.finished(course.record.paid + sum(len(one.keys) - 1 for one in course.cut))
        except Exception as error:
            self._blocks.left(place)
            if isinstance(error, HeldUpError):
                self._held_up += 1
            elif isinstance(error, RequestFailedError):
                self._left.append(error)
            if not isinstance(error, RequestFailedError | HeldUpError) or len(self._left) == _MOST_LEFT:
                self._failures.append(error)
                self._end()
        finally:
            self._places.release()
            self._look_again()

    async def _course(self, place: int, problem: Problem) -> Course:
        """Take a problem through its plan, in two goes where its policy is not known when the first wave is over."""
        asked_now: set[str] = set()
        met: dict[str, bool] = {}

        async def obtain(problem: Problem, ask: Ask) -> Attempt:
            worth = partial(self._is_raising_worth_it, place)
            attempt = await self._attempts.obtain(problem, ask, worth, met)
            if any(met.get(key) for key in attempt.keys):
                asked_now.add(attempt.solution.id)
            met.update(dict.fromkeys(attempt.keys, False))
            return attempt

        async def follow(policy: NextStep, obtain: Obtain) -> Course:
            course = Course(problem, self._rules, self._paths, self._verdicts)
            async for solution, verdict in course.follow(self._recorded(problem), obtain, policy):
                if solution.id in asked_now:
                    asked_now.remove(solution.id)
                    self._progress.verdicts[verdict.verdict] += 1
            return course

        with suppress(NotYetError):
            return await follow(_AsFarAsKnown(self._rules.bounds, partial(self._blocks.policy_now, place)), obtain)
        self._aside += 1
        self._places.release()
        self._look_again()
        try:  # outside any handler: what is being handled would keep the texts
            policy = await self._blocks.policy(place)
        finally:
            await self._places.acquire()  # thousands may be let go on at once, and each takes its texts up again
            self._aside -= 1
            self._look_again()
        return await follow(policy, obtain)

    def _is_raising_worth_it(self, place: int, teacher: str) -> bool:
        lengths = self._blocks.lengths(place)
        return teacher in lengths and lengths[teacher].is_raising_worth_it()

    def _end(self) -> None:
        """Send nothing more; what is in flight still arrives and is kept."""
        self._ended = True
        for ready in self._teachers.values():
            ready.client.end(StoppedError("another request failed for good"))

    def _has_room(self) -> bool:
        """Whether another problem may be begun; there are as many places as the teachers have slots, and some more."""
        slots = sum(ready.client.slots for ready in self._teachers.values())
        while self._most < slots + _BEYOND_SLOTS:
            self._most += 1
            self._places.release()
        is_full = self._attempts.outstanding >= self._most or self._aside >= _MOST_ASIDE or self._places.locked()
        return not is_full

    def _look_again(self) -> None:
        self._less.set()
