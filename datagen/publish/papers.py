"""What a dataset carries beside its rows: its card, its recipe, and the prompts that were used.

All of it is written before the folder gets its name, so that the hash in the name vouches for it, too.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from datagen.errors import DatagenError
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.publish.card import render_card
from datagen.publish.figures import used_prompts
from datagen.publish.published_recipe import PROMPTS, RECIPE, published_recipe
from datagen.recipe import FormatName, Recipe
from datagen.stage import Run
from datagen.tables import Split
from datagen.unbuilt import LIMITS_OF_THIS_VERSION

_VERSION = "4"
CARD = "README.md"


def paper_settings(run: Run) -> object:
    """What the papers depend on beside the tables, as JSON."""
    prompts = [[used.purpose, used.prompt.name, used.prompt.sha256] for used in used_prompts(run.recipe)]
    return [_VERSION, LIMITS_OF_THIS_VERSION, published_recipe(run), prompts]


def write_papers(
    run: Run, dataset: Path, rows: Counter[Split], formats: Sequence[FormatName], tokenizer: ExampleTokenizer
) -> None:
    """Write them into a dataset's folder.

    Args:
        run: the run, whose tables stand.
        dataset: the folder, which holds every format already.
        rows: examples by split.
        formats: the dataset's formats, the default first.
        tokenizer: the recipe's tokenizer.

    Raises:
        DatagenError: two prompts would have one name.
    """
    (dataset / RECIPE).write_text(published_recipe(run), encoding="utf-8")
    _write_prompts(run.recipe, dataset / PROMPTS)
    (dataset / CARD).write_text(render_card(run, rows, formats, tokenizer), encoding="utf-8")


def _write_prompts(recipe: Recipe, folder: Path) -> None:
    written: dict[str, str] = {}
    for used in used_prompts(recipe):
        name, text = used.prompt.name, used.prompt.text
        if written.setdefault(name, text) != text:
            raise DatagenError(f"prompts: two are called {name}; rename the folder of one, and start again")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
