"""The pilot: a small real run of the same recipe, whose completions the whole run takes over.

It takes the first rows of each source, as `--limit` does: those rows are the first of the whole run too, so that all
that the pilot paid for is used; and what the run has paid for already, the pilot does not pay for again. Where a source
is sorted, its first rows may be easier or harder than the rest.
"""

from dataclasses import dataclass
from pathlib import Path

from datagen.errors import UsageError
from datagen.journal import Journal
from datagen.pipeline import Options, run_folder
from datagen.recipe import Recipe
from datagen.workspace import completions_of


@dataclass(frozen=True, slots=True)
class Pilot:
    """How a pilot is run.

    Attributes:
        folder: the run's.
        overrides: `KEY=VALUE` settings that make the recipe a pilot's.
        options: how far it goes, which is to solutions and their verdicts, and the run whose completions it takes over.
    """

    folder: Path
    overrides: tuple[str, ...]
    options: Options


def pilot_of(recipe: Recipe, problems: int, folder: Path | None) -> Pilot:
    """The pilot of a recipe.

    Args:
        recipe: the recipe.
        problems: rows of each source; a source that has a smaller limit keeps it.
        folder: where to run it; `outputs/NAME-pilot` when None.

    Raises:
        UsageError: not a single row, or there is nobody to try out.
    """
    if problems < 1:
        raise UsageError(f"--pilot {problems}: give a whole number above 0")
    if not recipe.paid_teachers:
        raise UsageError(f"{recipe.name}: --pilot: the recipe asks no teacher, so there is nothing to try out")
    limits = [min(problems, source.limit or problems) for source in recipe.sources]
    overrides = tuple(f"sources.{number}.limit={limit}" for number, limit in enumerate(limits))
    whole = run_folder(recipe, None)
    reuse = whole if Journal.is_at(completions_of(whole)) else None
    return Pilot(folder if folder is not None else pilot_folder(whole), overrides, Options("sample", reuse))


def pilot_folder(folder: Path) -> Path:
    """Where the pilot of a run lies."""
    return folder.with_name(f"{folder.name}-pilot")
