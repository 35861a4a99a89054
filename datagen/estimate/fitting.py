"""What is paid already and fits a recipe: only that is not asked for again.

A completion fits when its model, its prompt and the settings that were sent with it are what the recipe would send. One
that another run had paid for counts there alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.recipe import Recipe
from datagen.select.summaries import summarising_teacher, summary_manner, summary_prompt
from datagen.spending.ledger import SUMMED, TAKEN_OVER, Account, AccountSum, kept_journal
from datagen.spending.paying import SETTINGS, sampling_settings, settings_sent
from datagen.teachers.prompting import load_prompt
from datagen.verify.judge import PROMPT, judging_teacher, manner_of
from datagen.workspace import completions_of

_ASKED = ("model", "prompt", *SETTINGS)
_FIELDS = (*_ASKED, *SUMMED, TAKEN_OVER)
_Asked = tuple[Any, ...]


def paid_for(recipe: Recipe, folder: Path, earlier: Path | None) -> dict[Path, Account]:
    """What was paid in a run's own folder, and in the one that is gone by, of completions that fit a recipe.

    Args:
        recipe: what is to be run.
        folder: where; there need be no run yet.
        earlier: the run that is gone by; or None.
    """
    found: dict[Path, Account] = {}
    asked = set(_asked(recipe))
    folders = [folder] if earlier is None or earlier.resolve() == folder.resolve() else [earlier, folder]
    for one in folders:
        found[one] = _fitting(one, asked)
    return found


def _fitting(folder: Path, asked: set[_Asked]) -> Account:
    paid = AccountSum()
    with kept_journal(completions_of(folder)) as journal:
        for record in journal.records(_FIELDS) if journal is not None else ():
            if record.get(TAKEN_OVER) or tuple(map(record.get, _ASKED)) not in asked:
                continue
            paid.add(record)
    return paid.account()


def _asked(recipe: Recipe) -> Iterator[_Asked]:
    """What the recipe sends beside the problem, by teacher; the judge's questions and the summaries included."""
    sampling = recipe.sampling
    for teacher in recipe.paid_teachers:
        sent = sampling_settings(teacher, sampling)
        yield (teacher.model, load_prompt(sampling.prompt, teacher.model).sha256, *sent.values())
    judge = judging_teacher(recipe)
    if judge is not None:
        sent = settings_sent(judge, manner_of(recipe).request(()))
        yield (judge.model, load_prompt(PROMPT, judge.model).sha256, *sent.values())
    writer = summarising_teacher(recipe)
    if writer is not None:
        sent = settings_sent(writer, summary_manner(recipe).request(()))
        yield (writer.model, summary_prompt(recipe, writer).sha256, *sent.values())
