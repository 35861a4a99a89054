"""The judge: a teacher that is asked whether two answers are the same, only where rules can't decide.

A judgement is asked for and kept like any completion: looked up in the run's journal by what is asked, and appended
there as it arrives, so that it is paid for once and a resumed run finds the same. Gold, answer and problem are data
that others wrote: none of them can speak for the judge. What is not clearly a judgement is none.
"""

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from datagen.errors import UsageError
from datagen.futures import known, then
from datagen.journal import Journal
from datagen.recipe import Recipe
from datagen.recipe_teachers import DemoTeacher, PaidTeacher, RecordedTeacher, asks_in_batches
from datagen.spending.counting import tokens_counter
from datagen.spending.ledger import read_ledger
from datagen.spending.purse import Purse, purse_of
from datagen.spending.questions import Manner, Questions
from datagen.stage import Run
from datagen.teachers.base import TeacherClient
from datagen.teachers.connecting import connected
from datagen.teachers.families import family_name, started_with
from datagen.teachers.prompting import defused, load_prompt
from datagen.texts import digest

Opinion = Literal["equal", "different", "cannot tell"]

PROMPT = "judge"
"""The folder of its prompts."""
MOST_TOKENS = 8192
"""Tokens of one judgement, thought included; `sampling.max_tokens` when that is less."""

TEMPERATURE, TOP_P = 0.0, 1.0
"""Of every judgement."""

_MARK_DIGITS = 12
_OPINIONS: tuple[Opinion, ...] = ("equal", "different", "cannot tell")


def judging_teacher(recipe: Recipe) -> PaidTeacher | None:
    """The teacher that judges; None when the recipe names none.

    Raises:
        UsageError: the teacher that it names can't judge.
    """
    if recipe.verify.judge is None:
        return None
    named = next(teacher for teacher in recipe.teachers if teacher.name == recipe.verify.judge)
    if isinstance(named, RecordedTeacher | DemoTeacher):
        raise UsageError(
            f"{recipe.name}: verify.judge: a teacher of kind {named.kind} can't judge; name a language model, or null"
        )
    if asks_in_batches(named):
        raise UsageError(
            f"{recipe.name}: verify.judge: kind openai_batch can't judge, each verdict would wait for hours"
        )
    return named


def judge_settings(recipe: Recipe) -> list[Any] | None:
    """What judged verdicts depend on beside the verifier: who is asked, by which prompt, started with what."""
    teacher = judging_teacher(recipe)
    if teacher is None:
        return None
    prompt = load_prompt(PROMPT, teacher.model).sha256
    return [teacher.name, teacher.model, family_name(teacher), prompt, *started_with(teacher).values()]


def manner_of(recipe: Recipe) -> Manner:
    """How judgements are asked for."""
    return Manner(TEMPERATURE, TOP_P, min(recipe.sampling.max_tokens, MOST_TOKENS))


@contextlib.contextmanager
def judge_of(
    run: Run, completions: Journal | None = None, reuse: Journal | None = None, purse: Purse | None = None
) -> "Iterator[Judge | None]":
    """The judge of a run; None when its recipe names none.

    Args:
        run: the run.
        completions: its journal of completions where that is open already; opened here when None.
        reuse: another run's journal, to take judgements from; or None.
        purse: pays, where one is open already; opened here when None.
    """
    teacher = judging_teacher(run.recipe)
    if teacher is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        journal = completions if completions is not None else stack.enter_context(run.workspace.completions())
        purse = purse if purse is not None else stack.enter_context(purse_of(run, journal))
        budget = purse.budget_for(teacher)
        timeout_s, count_tokens = run.recipe.sampling.timeout_s, tokens_counter(run.recipe)
        connection = connected(teacher, timeout_s, run.workspace.logs, budget, count_tokens)
        yield stack.enter_context(Judge(run.recipe, teacher, connection, journal, reuse))


class Judge:
    """Gives opinions on answers; safe to ask from any thread and beside any event loop.

    Its teacher is first needed by the first question that no journal answers. At the end of its block what is in flight
    is awaited and kept, and what waits for its turn is not asked.

    Args:
        recipe: the settings.
        teacher: who judges.
        connection: makes the teacher's client.
        journal: where completions are kept.
        reuse: another run's journal, to take judgements from; or None.
    """

    def __init__(
        self,
        recipe: Recipe,
        teacher: PaidTeacher,
        connection: AbstractAsyncContextManager[TeacherClient],
        journal: Journal,
        reuse: Journal | None = None,
    ) -> None:
        self.name = teacher.name
        self._prompt = load_prompt(PROMPT, teacher.model)
        self._questions = Questions(teacher, self._prompt, manner_of(recipe), recipe.seed, connection, journal, reuse)
        self._spent = partial(read_ledger, journal, None, recipe)

    def opinion(self, problem: str, gold: str, answer: str) -> Future[Opinion]:
        """Whether an answer is the gold one; at once where it was judged before.

        Args:
            problem: its text.
            gold: the reference answer's text.
            answer: the given answer's text.

        Returns:
            The opinion; StoppedError when the run ends first, DatagenError when the teacher does not answer for good.
        """
        mark = digest("judge", problem, gold, answer)[:_MARK_DIGITS]
        messages = self._prompt.messages(defused(problem), gold=defused(gold), answer=defused(answer), mark=mark)
        asked = self._questions.ask(problem, messages)
        return then(asked, lambda answered: known(read_opinion(answered.record, mark)))

    def figures(self) -> dict[str, Any]:
        """For a stage's record: judgements asked for and taken over now, and what all completions of the run cost."""
        counts = {
            "judge_asked_now": self._questions.asked_now,
            "judge_reused_from_other_run": self._questions.taken_over,
        }
        return {**counts, "spent": self._spent().by_teacher()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._questions.close()


def read_opinion(record: Mapping[str, Any] | None, mark: str) -> Opinion:
    """The opinion that a completion closes with; `cannot tell` for none and for whatever is not exactly one.

    Only the last line of a whole reply counts, and only with the mark of this very question, which no text that the
    judge read, and may quote, can hold.
    """
    if record is None or record["finish_reason"] in ("length", "content_filter"):
        return "cannot tell"
    lines = record["content"].rstrip().split("\n")
    return next((opinion for opinion in _OPINIONS if lines[-1].strip() == f"VERDICT {mark}: {opinion}"), "cannot tell")
