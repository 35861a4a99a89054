"""What an audit finds and the recipe asked for: no broken promise, neither when a build ends nor when it goes out."""

from datagen.recipe import Recipe


def admitted_by(recipe: Recipe) -> set[str]:
    """Names of findings that this recipe admits.

    Args:
        recipe: of the dataset.
    """
    return {"without_two_agreeing_paths"} if recipe.paths.fewest_correct < 2 else set()
