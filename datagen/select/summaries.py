"""Summaries by a teacher: it reads the problem and the paths of an example and writes what they come to.

It is asked once for each example, paid and kept like any completion, and never told the reference answer: what it
concludes is verified, as a path is. Where its summary does not stand (`summary_rule.py`), that of the template does.

Many examples wait for their summaries at once, as many as keep the teacher busy; they leave in the order in which they
came, so that neither memory nor order depends on who answers first.
"""

import contextlib
import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from datagen.errors import UsageError
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.futures import known, then
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe, Summariser
from datagen.recipe_teachers import PaidTeacher, RecordedTeacher, asks_in_batches
from datagen.select.choice import Refusal
from datagen.select.summary_rule import SUMMARY_FAULTS, SUMMARY_VERSION, SummaryFault, SummaryRule
from datagen.spending.counting import tokens_counter
from datagen.spending.ledger import TAKEN_OVER, AccountSum
from datagen.spending.purse import purse_of
from datagen.spending.questions import Answered, Manner, Questions, reused_completions
from datagen.stage import Run
from datagen.stopping import refuse_when_stopped
from datagen.tables import SCREENED, Example, Problem, Solution, Verdict
from datagen.teachers.base import Message
from datagen.teachers.connecting import connected
from datagen.teachers.families import family_name, parameters_of
from datagen.teachers.prompting import Prompt, defused, load_prompt
from datagen.texts import digest
from datagen.verify.judge import judge_of
from datagen.verify.verdicts import Verdicts, verifier_for

TEMPLATE = "template"
"""Who wrote a summary that no teacher did."""
MOST_TOKENS = 8192
"""Tokens of one summary, thought included; `sampling.max_tokens` when that is less."""

_MOST_AHEAD = 512
"""Examples that wait for their summary; with their texts, this many are all right to hold in memory."""
_MARK_DIGITS = 12
_log = logging.getLogger(__name__)

Context = TypeVar("Context")


def summarising_teacher(recipe: Recipe) -> PaidTeacher | None:
    """The teacher that writes summaries; None when the template does.

    Raises:
        UsageError: the teacher that the recipe names can't write any.
    """
    if not isinstance(recipe.paths.summary, Summariser):
        return None
    wanted = recipe.paths.summary.teacher
    named = next(teacher for teacher in recipe.teachers if teacher.name == wanted)
    if isinstance(named, RecordedTeacher):
        raise UsageError(
            f"{recipe.name}: paths.summary.teacher: a teacher of kind recorded can't be asked; name a language model, "
            "or use summary: template"
        )
    if asks_in_batches(named):
        raise UsageError(
            f"{recipe.name}: paths.summary.teacher: kind openai_batch writes no summaries yet; name a teacher of kind "
            "openai or vllm, or use summary: template"
        )
    return named


def summary_settings(recipe: Recipe) -> list[object] | None:
    """What summaries depend on beside the paths and the verifier: who is asked, what, and how."""
    teacher = summarising_teacher(recipe)
    if teacher is None:
        return None
    prompt = summary_prompt(recipe, teacher)
    parameters = parameters_of(teacher, summary_manner(recipe).request(()))
    return [SUMMARY_VERSION, teacher.name, teacher.model, family_name(teacher), prompt.sha256, parameters]


def summary_prompt(recipe: Recipe, teacher: PaidTeacher) -> Prompt:
    """What the teacher is asked; UsageError when there is no such prompt."""
    settings = recipe.paths.summary
    name = settings.prompt if isinstance(settings, Summariser) else ""
    return load_prompt(name, teacher.model, "paths.summary.prompt", ("problem", "paths"))


def summary_manner(recipe: Recipe) -> Manner:
    """How the teacher is asked: as the paths were, for no longer an answer than a summary needs."""
    sampling = recipe.sampling
    return Manner(sampling.temperature, sampling.top_p, min(sampling.max_tokens, MOST_TOKENS), may_be_refused=True)


@contextlib.contextmanager
def summaries_of(run: Run, tokenizer: ExampleTokenizer, paths: PathRule) -> "Iterator[Summaries | None]":
    """The summaries of a run, ready to be asked for; None when its recipe has the template write them.

    Args:
        run: the run.
        tokenizer: the recipe's tokenizer.
        paths: the run's rule for paths.
    """
    recipe = run.recipe
    teacher = summarising_teacher(recipe)
    if teacher is None:
        yield None
        return
    rule = SummaryRule(tokenizer, paths, recipe.paths.max_example_tokens)
    prompt = summary_prompt(recipe, teacher)
    with (
        run.workspace.completions() as journal,
        run.workspace.verdicts() as kept_verdicts,
        reused_completions(run) as reuse,
        purse_of(run, journal) as purse,
        judge_of(run, journal, reuse, purse) as judge,
        verifier_for(recipe.verify) as verifier,
    ):
        timeout_s, count_tokens = recipe.sampling.timeout_s, tokens_counter(recipe)
        connection = connected(teacher, timeout_s, run.workspace.logs, purse.budget_for(teacher), count_tokens)
        progress = Progress("select", "problems", run.workspace.rows(SCREENED))
        with (
            Questions(teacher, prompt, summary_manner(recipe), recipe.seed, connection, journal, reuse) as questions,
            run.watch(progress),
        ):
            verdicts = Verdicts(verifier, kept_verdicts, judge)
            yield Summaries(teacher, prompt, questions, verdicts, rule, progress)
        if questions.asked_now:
            journal.compact()


@dataclass(frozen=True, slots=True)
class _Written:
    """What a teacher wrote about an example, and what the verifier says of it; nothing when it was not answered."""

    answered: Answered
    summary: Solution | None = None
    verdict: Verdict | None = None


class Summaries:
    """Gives examples their summaries.

    Args:
        teacher: who writes them.
        prompt: what it is asked.
        questions: asks it.
        verdicts: verifies them.
        rule: says which of them stand.
        progress: counts the problems that are through.
    """

    def __init__(
        self,
        teacher: PaidTeacher,
        prompt: Prompt,
        questions: Questions,
        verdicts: Verdicts,
        rule: SummaryRule,
        progress: Progress,
    ) -> None:
        self._teacher = teacher
        self._prompt = prompt
        self._questions = questions
        self._verdicts = verdicts
        self._rule = rule
        self._progress = progress
        self._ahead = min(2 * teacher.concurrency, _MOST_AHEAD)
        self._faults: Counter[SummaryFault] = Counter()
        self._written = 0
        self._paid, self._taken_over = AccountSum(), AccountSum()
        self._has_told = False

    def in_order(
        self, made: Iterable[tuple[Context, Example | Refusal]]
    ) -> Iterator[tuple[Context, Example | Refusal]]:
        """The same, in the same order, each example with its summary."""
        waiting: deque[tuple[Context, Example | Refusal, Future[_Written] | None]] = deque()
        for context, one in made:
            waiting.append((context, one, None if isinstance(one, Refusal) else self._ask(one)))
            if len(waiting) > self._ahead:
                yield self._settle(*waiting.popleft())
        while waiting:
            refuse_when_stopped()
            yield self._settle(*waiting.popleft())

    def figures(self) -> dict[str, Any]:
        """For the stage's record: who wrote the summaries, why the template did, and what the teacher's cost."""
        faults = {fault: self._faults[fault] for fault in SUMMARY_FAULTS if self._faults[fault]}
        return {
            "summaries": {self._teacher.name: self._written, TEMPLATE: self._faults.total()},
            "summary_faults": faults,
            "summaries_asked_now": self._questions.asked_now,
            "summaries_reused_from_other_run": self._questions.taken_over,
            "summary_cost": {"paid": asdict(self._paid.account()), "taken_over": asdict(self._taken_over.account())},
        }

    def _ask(self, example: Example) -> Future[_Written]:
        messages = self._messages(example)
        asked = self._questions.ask(example.problem, messages)
        return then(asked, lambda answered: self._verified(example, answered))

    def _messages(self, example: Example) -> tuple[Message, ...]:
        mark = mark_of(example)
        paths = [
            f"Path {path.think_id} {mark}\n{defused(path.text)}\nend of Path {path.think_id} {mark}"
            for path in example.paths
        ]
        names = ", ".join(f"Path {path.think_id}" for path in example.paths)
        return self._prompt.messages(defused(example.problem), paths="\n\n".join(paths), names=names, mark=mark)

    def _verified(self, example: Example, answered: Answered) -> Future[_Written]:
        record = answered.record
        if record is None:
            return known(_Written(answered))
        summary = Solution(
            id=answered.key[:16],
            problem_id=example.id,
            teacher=self._teacher.name,
            model=record["model"],
            attempt=record["attempt"],
            reasoning="",
            content=record["content"].strip(),
            finish_reason=record["finish_reason"],
            prompt_tokens=record["prompt_tokens"],
            completion_tokens=record["completion_tokens"],
            cost_usd=record["cost_usd"],
            request_key=answered.key,
        )
        verdict = self._verdicts.of(_problem_of(example), summary)
        return then(verdict, lambda given: known(_Written(answered, summary, given)))

    def _settle(
        self, context: Context, one: Example | Refusal, asked: Future[_Written] | None
    ) -> tuple[Context, Example | Refusal]:
        if isinstance(one, Example) and asked is not None:
            one = self._with_summary(one, asked.result())
        self._progress.done += 1
        return context, one

    def _with_summary(self, example: Example, written: _Written) -> Example:
        """The example with the teacher's summary where that stands, else as it is."""
        if written.answered.record is not None:
            is_taken_over = written.answered.record.get(TAKEN_OVER)
            (self._taken_over if is_taken_over else self._paid).add(written.answered.record)
        elif not self._has_told:
            self._has_told = True
            _log.warning("%s; such examples get the summary of the template", written.answered.refusal)
        made = self._read(example, written)
        if isinstance(made, Example):
            self._written += 1
            return made
        self._faults[made] += 1
        return example

    def _read(self, example: Example, written: _Written) -> Example | SummaryFault:
        """The example with the teacher's summary, or why that does not stand."""
        if written.summary is None or written.verdict is None:
            return "refused"
        return self._rule.read(example, written.summary, written.verdict, mark_of(example))


def mark_of(example: Example) -> str:
    """A code that stands beside every text of the question, and that no text which its teacher reads can foresee."""
    return digest("summary", example.problem, [[path.think_id, path.text] for path in example.paths])[:_MARK_DIGITS]


def _problem_of(example: Example) -> Problem:
    """The problem as the summary answers it: its answer is the example's, which may be an adopted one."""
    return Problem(
        row_id=example.row_id,
        id=example.id,
        problem=example.problem,
        answer=example.answer,
        source=example.source,
        source_id=example.source_id,
        revision=example.revision,
        licence=example.licence,
    )
