"""The estimate of a run: simulated runs of all its problems, and what their totals range over.

Each simulated run draws how many problems there are, which of the problems that were seen (or assumed) they are like,
and how each went through the plan; so the range holds both chance and how little is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datagen.estimate.assumptions import (
    BATCH_HOURS,
    JUDGEMENT_TOKENS,
    JUDGEMENTS,
    OFF_BY,
    PROMPT_TOKENS,
    SUMMARY_TOKENS,
    TOKENS,
    TOKENS_A_SECOND,
    Stated,
)
from datagen.estimate.evidence import Evidence
from datagen.estimate.figures import RUNS, Draws, Estimate, Paid, Range, Reach, Usage
from datagen.estimate.fitting import paid_for
from datagen.estimate.rows import SourceRows, rows_of
from datagen.estimate.worlds import World, assumed_worlds, measured_worlds
from datagen.recipe import Recipe
from datagen.recipe_teachers import OpenAITeacher, PaidTeacher, asks_in_batches
from datagen.select.summaries import summarising_teacher
from datagen.spending.cost import NOTHING, Tariff, is_priced
from datagen.spending.ledger import Account, ledger_of
from datagen.verify.judge import judging_teacher
from datagen.workspace import Workspace

_MOST_DRAWN = 2000
"""Problems that are drawn for each source and simulated run; the rest is taken to be like them."""
_MANY_SECONDS = 3600
_WAVES = 3
"""Completions that the last problem waits for, one after the other, when all others are done."""


def estimate_run(recipe: Recipe, folder: Path, evidence: Evidence | None, stated: Stated) -> Estimate:
    """Estimate a run before anything is spent.

    Args:
        recipe: the recipe.
        folder: where the run is or will be.
        evidence: what an earlier run tells; None leaves it to assumptions.
        stated: what the user knows better.

    Raises:
        UsageError: a source is not there.
    """
    chance = np.random.default_rng(recipe.seed)
    rows = rows_of(recipe, folder, evidence, stated)
    about = sum(one.draw(chance) for one in rows.values())
    if evidence is None:
        worlds, basis = assumed_worlds(recipe, about, stated, chance)
    else:
        worlds, basis = measured_worlds(recipe, about, evidence, stated, chance)
    numbers, totals = _simulate(recipe, rows, worlds, chance)
    problems = sum(numbers.values(), np.zeros(RUNS))
    teachers, judged = _by_teacher(recipe, totals, problems, evidence, chance)
    summarised = _with_summaries(recipe, teachers, totals[:, -1], evidence, stated)
    hours, paced = _hours(recipe, teachers, evidence, stated, chance)
    in_all = sum(teachers.values(), np.zeros((RUNS, 3)))
    usd = {teacher.name: _usd(teacher, teachers[teacher.name]) for teacher in recipe.paid_teachers}
    paid = paid_for(recipe, folder, None if evidence is None else evidence.folder)
    return Estimate(
        problems=Range.of(problems),
        by_source={source: Range.of(drawn) for source, drawn in numbers.items()},
        teachers={name: _usage(drawn, usd[name]) for name, drawn in teachers.items()},
        in_all=_usage(in_all, _sum_of(usd.values())),
        hours=Range.of(hours),
        examples=Range.of(totals[:, -1]),
        basis=[
            *(f"{source}: {one.basis}" for source, one in rows.items()),
            *basis,
            *judged,
            *summarised,
            *paced,
            *_cut(recipe),
        ],
        reaches=_reaches(recipe, _sum_of(usd.values()), in_all[:, 1:].sum(axis=1), folder, paid),
        paid=[Paid(at, one.completions, one.usd) for at, one in paid.items() if one.completions],
    )


def _cut(recipe: Recipe) -> list[str]:
    """What is left out of answers that are cut off."""
    policy = recipe.sampling.on_truncated
    if policy == "accept":
        return []
    return [f"on_truncated {policy}: second requests count only as far as an earlier run made them"]


def _simulate(
    recipe: Recipe, rows: Mapping[str, SourceRows], worlds: Sequence[World], chance: np.random.Generator
) -> tuple[dict[str, Draws], NDArray[np.float64]]:
    """Problems by source, and the sums of the plays' columns, for each simulated run."""
    numbers = {source: np.zeros(RUNS) for source in rows}
    totals = np.zeros((RUNS, 3 * len(recipe.paid_teachers) + 1))
    for run in range(RUNS):
        world = worlds[run % len(worlds)]
        for source, one in rows.items():
            number = one.draw(chance)
            numbers[source][run] = number
            plays = world[source]
            drawn = min(number, _MOST_DRAWN)
            went = plays[chance.integers(len(plays), size=drawn), chance.integers(plays.shape[1], size=drawn)]
            totals[run] += went.sum(axis=0) * (number / max(drawn, 1))
    return numbers, totals


def _by_teacher(
    recipe: Recipe,
    totals: NDArray[np.float64],
    problems: Draws,
    evidence: Evidence | None,
    chance: np.random.Generator,
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Completions, prompt and completion tokens of each teacher, those of the judge included."""
    names = [teacher.name for teacher in recipe.paid_teachers]
    teachers = {name: totals[:, 3 * place : 3 * place + 3] for place, name in enumerate(names)}
    judge = judging_teacher(recipe)
    if judge is None:
        return teachers, []
    measured = evidence.judge if evidence is not None else None
    each, prompt, written = measured or (JUDGEMENTS, *JUDGEMENT_TOKENS)
    asked = chance.poisson(each * problems * (1.0 if measured else np.exp(OFF_BY * chance.standard_normal(RUNS))))
    teachers[judge.name] = teachers[judge.name] + asked[:, None] * np.array([1.0, prompt, written])
    told = f"measured in {evidence.folder}" if measured and evidence else "assumed"
    return teachers, [
        f"judge {judge.name}: {each:.2f} questions a problem, {prompt:,.0f} + {written:,.0f} tokens, {told}"
    ]


def _with_summaries(
    recipe: Recipe,
    teachers: dict[str, NDArray[np.float64]],
    examples: Draws,
    evidence: Evidence | None,
    stated: Stated,
) -> list[str]:
    """Count in the summaries: one for each example, of the teacher that writes them; says what that rests on."""
    writer = summarising_teacher(recipe)
    if writer is None:
        return []
    measured = evidence.summary if evidence is not None else None
    paths = min(recipe.paths.count[1] * (stated.tokens or TOKENS), recipe.paths.max_example_tokens)
    prompt, written = measured or (PROMPT_TOKENS + paths, SUMMARY_TOKENS)
    teachers[writer.name] = teachers[writer.name] + examples[:, None] * np.array([1.0, prompt, written])
    told = f"measured in {evidence.folder}" if measured and evidence else "assumed"
    return [f"summaries by {writer.name}: one an example, {prompt:,.0f} + {written:,.0f} tokens, {told}"]


def _hours(
    recipe: Recipe,
    teachers: Mapping[str, NDArray[np.float64]],
    evidence: Evidence | None,
    stated: Stated,
    chance: np.random.Generator,
) -> tuple[Draws, list[str]]:
    """Hours of sampling: those of the busiest teacher, since all work at once, and a tail."""
    hours, basis = np.zeros(RUNS), []
    for teacher in recipe.paid_teachers:
        completions, prompts, written = teachers[teacher.name].T
        seconds, told = stated.seconds, "as stated"
        off: Draws | float = 1.0
        if seconds is None and evidence is not None and teacher.name in evidence.seconds:
            seconds, told = evidence.seconds[teacher.name], f"measured in {evidence.folder}"
        each = written / np.maximum(completions, 1) / TOKENS_A_SECOND
        if seconds is None and asks_in_batches(teacher):
            told, each = "assumed (what a batch takes)", 3600 * chance.uniform(*BATCH_HOURS, RUNS)
        elif seconds is None:
            told, off = f"assumed ({TOKENS_A_SECOND:g} tokens a second)", np.exp(OFF_BY * chance.standard_normal(RUNS))
        else:
            each = np.full(RUNS, seconds)
        each = each * off
        needed = completions * each / teacher.concurrency / 3600
        limits = [f"{teacher.concurrency} at once"]
        if isinstance(teacher, OpenAITeacher):
            for most, used, unit in (
                (teacher.requests_per_minute, completions, "requests"),
                (teacher.tokens_per_minute, prompts + written, "tokens"),
            ):
                if most is not None:
                    needed = np.maximum(needed, used / most / 60)
                    limits.append(f"at most {most:,} {unit} a minute")
        tail = _WAVES * each / 3600 * (completions > 0)
        hours = np.maximum(hours, needed + tail)
        mean = each.mean()
        pace = f"{mean:,.3g} seconds" if mean < _MANY_SECONDS else f"{mean / 3600:,.3g} hours"
        basis.append(f"{teacher.name}: {pace} a completion, {told}; {', '.join(limits)}")
    return hours, basis


def _usd(teacher: PaidTeacher, drawn: NDArray[np.float64]) -> Draws | None:
    if not is_priced(teacher):
        return None
    tariff = Tariff.of(teacher)
    prompt, written = tariff.amount(1, 0).usd, tariff.amount(0, 1).usd
    return np.asarray(drawn[:, 1] * prompt + drawn[:, 2] * written)


def _sum_of(draws: Iterable[Draws | None]) -> Draws | None:
    """All teachers' money; None when that of one is not known."""
    total = np.zeros(RUNS)
    for one in draws:
        if one is None:
            return None
        total = total + one
    return total


def _usage(drawn: NDArray[np.float64], usd: Draws | None) -> Usage:
    completions, prompts, written = (Range.of(column) for column in drawn.T)
    return Usage(completions, prompts, written, None if usd is None else Range.of(usd))


def _reaches(
    recipe: Recipe, usd: Draws | None, tokens: Draws, folder: Path, paid: Mapping[Path, Account]
) -> list[Reach]:
    """Budgets against what is still to be paid: what this run spent uses them up, what fits its recipe spares them."""
    spent = ledger_of(Workspace(folder))[0].spent if (folder / "run.json").is_file() else NOTHING
    free = sum((one.amount for one in paid.values()), NOTHING) - spent
    reaches = []
    for setting, limit, needed in (
        ("budget_usd", recipe.sampling.budget_usd, usd),
        ("budget_tokens", recipe.sampling.budget_tokens, tokens),
    ):
        if limit is None or needed is None:
            continue
        left = max(0, limit + (free.usd if setting == "budget_usd" else free.tokens))
        share = np.minimum(left / np.maximum(needed, 1e-12), 1.0)
        reaches.append(Reach(setting, limit, Range.of(share), float((share >= 1).mean())))
    return reaches
