"""The sample stage: asks teachers, then writes the solutions that belong to the plan, in plan order."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from datagen.approaches import SAME_PATH_VERSION
from datagen.journal import Journal
from datagen.path_rule import path_rule_of, path_settings
from datagen.progress import Progress, Spent
from datagen.recipe import Recipe, Sampling
from datagen.recipe_teachers import RecordedTeacher
from datagen.sampling.asking import ReadyTeacher
from datagen.sampling.cut_figures import CutFigures
from datagen.sampling.figures import RungFigures
from datagen.sampling.ladder import first_block, rules_of, rungs_of
from datagen.sampling.policy import POLICY_VERSION
from datagen.sampling.recorded import RecordedSolutions
from datagen.sampling.reuse import Hashes, reuse_figures, reuse_lines
from datagen.sampling.sampler import Sampler
from datagen.sampling.truncation import TRUNCATION_VERSION
from datagen.spending.cost import is_priced
from datagen.spending.counting import tokens_counter
from datagen.spending.ledger import read_ledger
from datagen.spending.paying import KeptCompletions
from datagen.spending.purse import Purse, purse_of
from datagen.spending.questions import reused_completions
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import RECORDED, SAMPLED, SCREENED, SOLUTIONS, Problem, Solution
from datagen.teachers.base import Traffic, taken_together
from datagen.teachers.batch import Keeping, of_nobody
from datagen.teachers.connecting import connected
from datagen.teachers.families import family_name, started_with
from datagen.teachers.prompting import load_prompt
from datagen.verify.judge import judge_of, judge_settings
from datagen.verify.verdicts import Verdicts, verifier_for


class Sample(Stage):
    """Writes `solutions` (of each problem the recorded ones, then the attempts of its plan) and `sampled`, its end."""

    stage = "sample"
    reads = (SCREENED, RECORDED)
    writes = (SOLUTIONS, SAMPLED)

    def settings(self, run: Run) -> object:
        """What the plan and the completions depend on; neither addresses nor concurrency.

        Prices decide when a rung is worth more than another, so they count where there are several.
        """
        recipe = run.recipe
        sampling = recipe.sampling
        prompts = {teacher.name: load_prompt(sampling.prompt, teacher.model) for teacher in recipe.paid_teachers}
        teachers = [
            [
                *(teacher.name, teacher.model, family_name(teacher), teacher.seed, prompts[teacher.name].sha256),
                *started_with(teacher).values(),
            ]
            for teacher in recipe.paid_teachers
        ]
        return [
            [teacher.name for teacher in recipe.teachers if isinstance(teacher, RecordedTeacher)],
            teachers,
            recipe.seed if teachers else None,
            [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.max_attempts, sampling.give_up_after],
            [recipe.paths.fewest_correct, recipe.target_correct],
            [POLICY_VERSION, first_block(recipe), _prices(recipe)],
            [TRUNCATION_VERSION, sampling.on_truncated],
            path_settings(run),
            recipe.verify.limits,
            judge_settings(recipe),
            SAME_PATH_VERSION,
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Sample what is missing, then write the plan's solutions from the journal."""
        with (
            run.workspace.completions() as journal,
            run.workspace.verdicts() as kept_verdicts,
            reused_completions(run) as reuse,
        ):
            start, used = journal.position, Hashes()
            with (
                purse_of(run, journal) as purse,
                judge_of(run, journal, reuse, purse) as judge,
                verifier_for(run.recipe.verify) as verifier,
            ):
                verdicts = Verdicts(verifier, kept_verdicts, judge)
                counts = asyncio.run(_sample_and_write(run, self.part, journal, reuse, verdicts, purse, used))
            journal.compact()
            spent = {"spent": read_ledger(journal, None, run.recipe).by_teacher()}
            counts |= spent if judge is None else judge.figures()
            counts["reuse"] = reuse_figures(run.recipe, _problems(run), used, journal, start, reuse)
        for line in reuse_lines(counts["reuse"]):
            run.say(f"sample: {line}")
        return counts, self.files(run.workspace)


def _prices(recipe: Recipe) -> object:
    rungs = rungs_of(recipe)
    if len(rungs) < 2:
        return None
    return [
        [[teacher.name, teacher.price.model_dump() if teacher.price else is_priced(teacher)] for teacher in rung]
        for rung in rungs
    ]


async def _sample_and_write(
    run: Run,
    part: str,
    journal: Journal,
    reuse: Journal | None,
    verdicts: Verdicts,
    purse: Purse,
    used: Hashes,
) -> dict[str, Any]:
    progress = Progress(total=run.workspace.rows(SCREENED))
    progress.spent = partial(_spent, run.recipe.sampling, purse)
    recorded, paths = _Recorded(run), path_rule_of(run)
    try:
        async with _ready(run, journal, purse) as teachers:
            if teachers:
                progress.traffic = partial(_traffic, teachers)
            sampler = Sampler(run.recipe, paths, recorded, teachers, journal, reuse, verdicts, progress)
            writing = asyncio.create_task(_write(run, part, sampler, used))
            try:
                with run.watch(progress):
                    await sampler.run(run.workspace.read(SCREENED))
                workers = _traffic(teachers).workers
                counted = await writing
            finally:
                writing.cancel()
                await asyncio.wait({writing})
    finally:
        recorded.close()
    counts = {"asked_now": progress.completions, "reused_from_other_run": progress.reused, **counted}
    if workers is not None:
        counts["workers"] = {"of": workers.of, "preempted": workers.preempted, "restarts": workers.restarts}
    return counts


async def _write(run: Run, part: str, sampler: Sampler, used: Hashes) -> dict[str, Any]:
    """Write the plan's solutions in plan order, and how each problem ended; while later ones are being sampled."""
    by_teacher: Counter[str] = Counter()
    figures = RungFigures(run.recipe, rules_of(run.recipe))
    cuts = CutFigures(run.recipe.sampling.on_truncated)
    problems = 0
    with run.workspace.writing(SOLUTIONS, part) as write, run.workspace.writing(SAMPLED, part) as write_end:
        for place, problem in enumerate(run.workspace.read(SCREENED)):
            refuse_when_stopped()
            course, solutions, end = await sampler.course(place, problem)
            for solution, _ in solutions:
                by_teacher[solution.teacher] += 1
                used.add(solution.request_key)
                write(solution)
            for cut in course.cut:
                for key in cut.keys:
                    used.add(key)
            figures.add(course, [solution for solution, _ in solutions], end)
            cuts.add(course.cut)
            write_end(end)
            problems += 1
    counts = {"problems": problems, "rows": by_teacher.total(), "solutions": dict(by_teacher)}
    return counts | figures.figures() | {"truncated": cuts.figures()}


def _problems(run: Run) -> Iterator[str]:
    for batch in run.workspace.read_batches(SCREENED, columns=["problem"]):
        yield from batch.column(0).to_pylist()


class _Recorded:
    """The recorded solutions of a problem under their teacher's name; none when the recipe has no such teacher."""

    def __init__(self, run: Run) -> None:
        names = [teacher.name for teacher in run.recipe.teachers if isinstance(teacher, RecordedTeacher)]
        self._solutions = RecordedSolutions(run.workspace.parts(RECORDED)) if names else None
        self._name = names[0] if names else ""

    def __call__(self, problem: Problem) -> list[Solution]:
        found = self._solutions.of(problem.id) if self._solutions else []
        return [replace(solution, teacher=self._name) for solution in found]

    def close(self) -> None:
        if self._solutions:
            self._solutions.close()


@contextlib.asynccontextmanager
async def _ready(run: Run, journal: Journal, purse: Purse) -> AsyncIterator[Mapping[str, ReadyTeacher]]:
    """The paid teachers, ready to be asked."""
    timeout_s, count_tokens = run.recipe.sampling.timeout_s, tokens_counter(run.recipe)
    for batch in of_nobody(run.workspace.batches, run.recipe.paid_teachers):
        run.say(
            f"sample: batch {batch.batch_id} of {batch.requests:,} requests is left at {batch.base_url}: no teacher of "
            f"kind openai_batch asks {batch.model} there any more; what it brings is paid, and not collected"
        )
    async with contextlib.AsyncExitStack() as stack:
        teachers = {}
        for teacher in run.recipe.paid_teachers:
            budget = purse.budget_for(teacher)
            keeping = Keeping(run.workspace.batches, KeptCompletions(teacher, journal), run.say)
            connection = connected(teacher, timeout_s, run.workspace.logs, budget, count_tokens, keeping)
            client = await stack.enter_async_context(connection)
            prompt = load_prompt(run.recipe.sampling.prompt, teacher.model)
            teachers[teacher.name] = ReadyTeacher(teacher, prompt, client)
        yield teachers


def _traffic(teachers: Mapping[str, ReadyTeacher]) -> Traffic:
    return taken_together([ready.client.traffic() for ready in teachers.values()])


def _spent(sampling: Sampling, purse: Purse) -> Spent:
    """What the run has spent so far, over all its starts."""
    return Spent(purse.spent.usd, purse.spent.tokens, sampling.budget_usd, sampling.budget_tokens)
