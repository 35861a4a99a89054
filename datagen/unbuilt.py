"""Settings that this version accepts but does not act on yet: refused when they were asked for, announced otherwise.

An entry leaves this page when its setting is built.
"""

from collections.abc import Collection, Iterator

from datagen.errors import UsageError
from datagen.recipe import Recipe
from datagen.tables import StageName


def refuse_unbuilt(recipe: Recipe, stages: Collection[StageName]) -> None:
    """Refuse a recipe that asks for what this version can't do.

    Args:
        recipe: the settings.
        stages: the stages that will run; a setting of another stage is let be.

    Raises:
        UsageError: names the first such setting and the way around it.
    """
    for stage, place, advice in _unbuilt(recipe):
        if stage in stages:
            raise UsageError(f"{recipe.name}: {place}: not built yet; {advice}")


LIMITS_OF_THIS_VERSION = (
    "Two paths count as one when most words or nearly all formulas agree: one method, carried out otherwise, can stand "
    "there twice.",
)
"""What a reader of the dataset must know that this version leaves undone, in sentences."""


def _unbuilt(recipe: Recipe) -> Iterator[tuple[StageName, str, str]]:
    if recipe.execution.engine != "local":
        yield "pull", "execution.engine: ray", "use local"
