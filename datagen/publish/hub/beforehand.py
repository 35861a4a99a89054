"""What would keep a dataset from being published, as far as its recipe tells: said before anything is spent on it."""

from datagen.errors import UsageError
from datagen.publish.hub.repository import refuse_malformed, refuse_without_token
from datagen.recipe import Recipe
from datagen.recipe_teachers import DemoTeacher


def refuse_unpublishable(recipe: Recipe) -> None:
    """Refuse a build that is to be published, and never could be.

    Raises:
        UsageError: it does not say where to, asks a demonstration, looks for no benchmark, or there is no token.
    """
    if recipe.publish is None:
        raise UsageError("publish: the recipe does not say where to; give it publish: {repo_id: owner/name}")
    refuse_malformed(recipe.publish.repo_id)
    for teacher in recipe.teachers:
        if isinstance(teacher, DemoTeacher):
            told = f"teachers.{teacher.name}: the demo teacher teaches a model nothing, so its dataset is not published"
            raise UsageError(f"{told}; take a real teacher, or build without publishing")
    if not recipe.screen.benchmarks:
        told = "screen.benchmarks: nobody looks for benchmark rows, so the dataset is not published"
        raise UsageError(f"{told}; name the benchmarks, or build without publishing")
    refuse_without_token(recipe.publish.repo_id)
