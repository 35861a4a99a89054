"""What is paid already and fits a recipe: only that is not asked for again.

A completion fits when its model, its prompt and the settings that were sent with it are what the recipe would send. One
that another run had paid for counts there alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.recipe import Recipe
from datagen.spending.cost import NOTHING, from_usd
from datagen.spending.ledger import TAKEN_OVER, Account, kept_journal
from datagen.teachers.base import Request
from datagen.teachers.families import parameters_of
from datagen.teachers.prompting import load_prompt
from datagen.verify.judge import MOST_TOKENS, PROMPT, TEMPERATURE, TOP_P, judging_teacher
from datagen.workspace import completions_of

_SETTINGS = ("temperature", "top_p", "max_tokens")
_ASKED = ("model", "prompt", *_SETTINGS)
_FIELDS = (*_ASKED, "prompt_tokens", "completion_tokens", "cost_usd", TAKEN_OVER)
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
    account, money = Account(), NOTHING
    with kept_journal(completions_of(folder)) as journal:
        for record in journal.records(_FIELDS) if journal is not None else ():
            if record.get(TAKEN_OVER) or tuple(map(record.get, _ASKED)) not in asked:
                continue
            account.completions += 1
            account.prompt_tokens += record["prompt_tokens"] or 0
            account.completion_tokens += record["completion_tokens"] or 0
            money += from_usd(record["cost_usd"])
    account.usd = money.usd
    return account


def _asked(recipe: Recipe) -> Iterator[_Asked]:
    """What the recipe sends beside the problem, by teacher; the judge's questions included."""
    sampling = recipe.sampling
    request = Request((), sampling.temperature, sampling.top_p, sampling.max_tokens, seed=None)
    for teacher in recipe.paid_teachers:
        sent = parameters_of(teacher, request)
        yield (teacher.model, load_prompt(sampling.prompt, teacher.model).sha256, *map(sent.get, _SETTINGS))
    judge = judging_teacher(recipe)
    if judge is not None:
        sent = parameters_of(judge, Request((), TEMPERATURE, TOP_P, min(sampling.max_tokens, MOST_TOKENS), seed=None))
        yield (judge.model, load_prompt(PROMPT, judge.model).sha256, *map(sent.get, _SETTINGS))
