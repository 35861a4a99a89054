"""The sample stage: asks teachers, then writes the solutions that belong to the plan, in plan order."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from datagen.errors import UsageError
from datagen.journal import Journal
from datagen.path_rule import PathRule, path_rule_of, path_settings
from datagen.progress import Progress, Spent
from datagen.recipe import Sampling
from datagen.recipe_teachers import RecordedTeacher
from datagen.same_words import SAME_SHARE
from datagen.sampling.plan import Ask
from datagen.sampling.recorded import RecordedSolutions
from datagen.sampling.reuse import Hashes, reuse_figures, reuse_lines
from datagen.sampling.sampler import Rung, Sampler, follow_plan, rules_of
from datagen.spending.counting import tokens_counter
from datagen.spending.ledger import read_ledger
from datagen.spending.paying import KeptCompletions
from datagen.spending.purse import Purse, purse_of
from datagen.stage import Run, Stage
from datagen.tables import RECORDED, SCREENED, SOLUTIONS, Problem, Solution
from datagen.teachers.base import Traffic
from datagen.teachers.batch import Keeping, of_nobody
from datagen.teachers.connecting import connected
from datagen.teachers.families import family_name
from datagen.teachers.prompting import load_prompt
from datagen.verify.judge import judge_of, judge_settings
from datagen.verify.verdicts import Verdicts, verifier_for
from datagen.workspace import completions_of


class Sample(Stage):
    """Writes `solutions`: for each problem its recorded solutions, then the attempts of its plan."""

    stage = "sample"
    reads = (SCREENED, RECORDED)
    writes = (SOLUTIONS,)

    def settings(self, run: Run) -> object:
        """What the plan and the completions depend on; neither addresses nor concurrency nor prices."""
        recipe = run.recipe
        sampling = recipe.sampling
        prompts = {teacher.name: load_prompt(sampling.prompt, teacher.model) for teacher in recipe.paid_teachers}
        teachers = [
            [teacher.name, teacher.model, family_name(teacher), teacher.seed, prompts[teacher.name].sha256]
            for teacher in recipe.paid_teachers
        ]
        return [
            [teacher.name for teacher in recipe.teachers if isinstance(teacher, RecordedTeacher)],
            teachers,
            recipe.seed if teachers else None,
            [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.max_attempts, sampling.give_up_after],
            recipe.target_correct,
            path_settings(run),
            recipe.verify.limits,
            judge_settings(recipe),
            SAME_SHARE,
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Sample what is missing, then write the plan's solutions from the journal."""
        with run.workspace.completions() as journal, run.workspace.verdicts() as kept_verdicts, _reused(run) as reuse:
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
        async with _rungs(run, journal, purse) as rungs:
            if rungs:
                progress.traffic = partial(_traffic, rungs)
            sampler = Sampler(run.recipe, paths, rungs, journal, reuse, verdicts, progress)
            with run.watch(progress):
                await sampler.run((problem, recorded(problem)) for problem in run.workspace.read(SCREENED))
            counted = await _write(run, part, sampler, recorded, paths, verdicts, used)
    finally:
        recorded.close()
    return {"asked_now": progress.completions, "reused_from_other_run": progress.reused, **counted}


async def _write(
    run: Run,
    part: str,
    sampler: Sampler,
    recorded: "_Recorded",
    paths: PathRule,
    verdicts: Verdicts,
    used: Hashes,
) -> dict[str, Any]:
    rules = rules_of(run.recipe)
    by_teacher: Counter[str] = Counter()
    problems = 0

    async def kept(problem: Problem, ask: Ask) -> Solution:
        solution = sampler.from_journal(problem, ask)
        used.add(solution.request_key)
        return solution

    with run.workspace.writing(SOLUTIONS, part) as write:
        for problem in run.workspace.read(SCREENED):
            problems += 1
            async for solution, _ in follow_plan(problem, recorded(problem), rules, paths, kept, verdicts):
                by_teacher[solution.teacher] += 1
                write(solution)
    return {"problems": problems, "rows": by_teacher.total(), "solutions": dict(by_teacher)}


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


@contextlib.contextmanager
def _reused(run: Run) -> Iterator[Journal | None]:
    if run.reuse is None:
        yield None
        return
    path = completions_of(run.reuse)
    if not Journal.is_at(path):
        raise UsageError(f"--reuse {run.reuse}: this is no run's folder that holds completions")
    with Journal(path, read_only=True) as journal:
        yield journal


@contextlib.asynccontextmanager
async def _rungs(run: Run, journal: Journal, purse: Purse) -> AsyncIterator[Mapping[str, Rung]]:
    """The paid teachers, ready to be asked."""
    timeout_s, count_tokens = run.recipe.sampling.timeout_s, tokens_counter(run.recipe)
    for batch in of_nobody(run.workspace.batches, run.recipe.paid_teachers):
        run.say(
            f"sample: batch {batch.batch_id} of {batch.requests:,} requests is left at {batch.base_url}: no teacher of "
            f"kind openai_batch asks {batch.model} there any more; what it brings is paid, and not collected"
        )
    async with contextlib.AsyncExitStack() as stack:
        rungs = {}
        for teacher in run.recipe.paid_teachers:
            budget = purse.budget_for(teacher)
            keeping = Keeping(run.workspace.batches, KeptCompletions(teacher, journal), run.say)
            connection = connected(teacher, timeout_s, run.workspace.logs, budget, count_tokens, keeping)
            client = await stack.enter_async_context(connection)
            prompt = load_prompt(run.recipe.sampling.prompt, teacher.model)
            rungs[teacher.name] = Rung(teacher, prompt, client)
        yield rungs


def _traffic(rungs: Mapping[str, Rung]) -> Traffic:
    """What the teachers' clients are doing, taken together."""
    traffics = [rung.client.traffic() for rung in rungs.values()]
    faults: Counter[str] = Counter()
    for traffic in traffics:
        faults.update(traffic.faults)
    return Traffic(sum(one.in_flight for one in traffics), sum(one.waiting for one in traffics), faults)


def _spent(sampling: Sampling, purse: Purse) -> Spent:
    """What the run has spent so far, over all its starts."""
    return Spent(purse.spent.usd, purse.spent.tokens, sampling.budget_usd, sampling.budget_tokens)
