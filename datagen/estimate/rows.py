"""How many problems a recipe's sources will give: counted where that is cheap, else what is known of them.

A run that pulled and screened the same sources knows exactly; one that did so with another limit knows the share that
survives. Files are counted; what lies on the Hub is known by its size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datagen.estimate.assumptions import SURVIVAL_OFF, Stated, known_of
from datagen.estimate.evidence import Evidence
from datagen.funnel import funnel
from datagen.reading import count_rows, read_rows
from datagen.recipe import Recipe, Source
from datagen.recipe_file import load_recipe
from datagen.sources.pulling import resolve
from datagen.workspace import Workspace

Draw = Callable[[np.random.Generator], int]


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What a source will give.

    Attributes:
        draw: draws how many problems pass screening.
        basis: what that rests on, for people.
    """

    draw: Draw
    basis: str


def rows_of(recipe: Recipe, folder: Path, evidence: Evidence | None, stated: Stated) -> dict[str, SourceRows]:
    """What each source will give, by its name.

    Args:
        recipe: the recipe.
        folder: where its run is or will be; what stands there is known.
        evidence: what an earlier run tells.
        stated: what the user knows better.

    Raises:
        UsageError: a file is not there or can't be read.
    """
    known = _screened(recipe, folder)
    if known is not None:
        return {source: _exactly(number, f"screened in {folder}") for source, number in known.items()}
    return {source.label: _rows(source, evidence, stated) for source in recipe.sources}


def _screened(recipe: Recipe, folder: Path) -> dict[str, int] | None:
    """Problems by source, where the very same sources were pulled and screened."""
    if not (folder / "run.json").is_file() or "screen" not in Workspace(folder).record().get("stages", {}):
        return None
    earlier = load_recipe(str(folder / "recipe.yaml"))
    if (earlier.sources, earlier.screen) != (recipe.sources, recipe.screen):
        return None
    found = funnel(Workspace(folder))
    return {source.label: found[source.label].screened if source.label in found else 0 for source in recipe.sources}


def _exactly(number: int, basis: str) -> SourceRows:
    return SourceRows(lambda chance: number, f"{number:,} problems, {basis}")


def _rows(source: Source, evidence: Evidence | None, stated: Stated) -> SourceRows:
    pulled, told = _pulled(source)
    seen = evidence.rows.get(source.label) if evidence is not None else None
    if stated.survival is not None:
        share, basis = _about(stated.survival), f"{stated.survival:.2f} of them survive, as stated"
    elif seen is not None and seen[0] and evidence is not None:
        rows, survived = seen
        share = _beta(survived + 0.5, rows - survived + 0.5)
        basis = f"{survived:,} of {rows:,} survived in {evidence.folder}"
    else:
        survival = known_of(source).survival
        share, basis = _about(survival), f"{survival:.2f} of them assumed to survive pull and screening"
    return SourceRows(lambda chance: int(chance.binomial(pulled, share(chance))), f"{pulled:,} rows ({told}), {basis}")


def _pulled(source: Source) -> tuple[int, str]:
    """Rows that will be pulled, and how that is known."""
    size = known_of(source).rows
    if size is None:
        if source.limit is not None and source.path is not None and "://" in source.path:
            return source.limit, "its limit"  # not worth reading a remote table for
        located = resolve(source)
        counted = count_rows(located)
        size = sum(1 for _ in read_rows(located)) if counted is None else counted
        told = "counted"
    else:
        told = "the dataset's size"
    return (source.limit, "its limit") if source.limit is not None and source.limit <= size else (size, told)


def _about(share: float) -> Callable[[np.random.Generator], float]:
    off = min(SURVIVAL_OFF, share / 2, (1 - share) / 2)
    if not off:
        return lambda chance: share
    strength = share * (1 - share) / off**2 - 1
    return _beta(share * strength, (1 - share) * strength)


def _beta(right: float, wrong: float) -> Callable[[np.random.Generator], float]:
    return lambda chance: float(chance.beta(right, wrong))
