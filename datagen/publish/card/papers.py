"""What a dataset carries beside its rows: its card, its recipe, the prompts, and what an audit says of it.

All of it is written before the folder gets its name, so that the hash in the name vouches for it, too.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datagen.audit.lines import audit_json
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.publish.card.figures import used_prompts
from datagen.publish.card.published_recipe import PROMPTS, RECIPE, published_recipe
from datagen.publish.card.writing import render_card
from datagen.publish.self_audit import audit_build
from datagen.recipe import FormatName, Recipe
from datagen.stage import Run
from datagen.tables import Split
from datagen.unbuilt import LIMITS_OF_THIS_VERSION

_VERSION = "4"
_CARD, _AUDIT = "README.md", "audit.json"


def paper_settings(run: Run) -> object:
    """What the papers depend on beside the tables, as JSON."""
    prompts = [[used.purpose, used.prompt.name, used.prompt.sha256] for used in used_prompts(run.recipe)]
    return [_VERSION, LIMITS_OF_THIS_VERSION, published_recipe(run), prompts]


def write_papers(
    run: Run, dataset: Path, rows: Counter[Split], formats: Sequence[FormatName], tokenizer: ExampleTokenizer
) -> dict[str, Any]:
    """Audit what was written, and write the papers beside it.

    Args:
        run: the run, whose tables stand.
        dataset: the folder, which holds every format and the tokenizer already.
        rows: examples by split.
        formats: the dataset's formats, the default first.
        tokenizer: the recipe's tokenizer.

    Returns:
        What the audit found, for the run's record.

    Raises:
        DatagenError: the audit found a broken promise.
    """
    audit = audit_build(run, dataset, formats, rows.total())
    told = json.dumps(audit_json(audit), indent=1, ensure_ascii=False)
    (dataset / _AUDIT).write_text(f"{told}\n", encoding="utf-8")
    (dataset / RECIPE).write_text(published_recipe(run), encoding="utf-8")
    _write_prompts(run.recipe, dataset / PROMPTS)
    (dataset / _CARD).write_text(render_card(run, rows, formats, tokenizer, audit), encoding="utf-8")
    return {"found": {finding.name: finding.count for finding in audit.findings if finding.count}}


def _write_prompts(recipe: Recipe, folder: Path) -> None:
    for used in used_prompts(recipe):
        path = folder / used.place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(used.prompt.text, encoding="utf-8")
