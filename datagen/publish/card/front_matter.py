"""The front matter of a card: what the Hub reads of a dataset, its configurations, size, licences and language.

It says nothing that the Hub would not understand, and nothing that is not known: a licence that the Hub has no name for
is `other` there, and the card names it; a language is stated only where every source is known to be of it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from datagen.formats import FORMATS
from datagen.publish.licences import canonical
from datagen.recipe import FormatName, Recipe
from datagen.tables import Split

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_LARGEST = "100M<n<1B"
_HUB_LICENCES = {
    *("apache-2.0", "mit", "unknown", "unlicense", "wtfpl", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0"),
    *("cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0"),
    *("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0"),
    *("cc-by-nc-sa-4.0", "c-uda", "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "odc-by"),
    *("odbl", "pddl", "bsd-2-clause", "bsd-3-clause", "gfdl", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0"),
    *("mpl-2.0", "openrail"),
}
"""Identifiers of https://huggingface.co/docs/hub/repositories-licenses that data come under."""
_HUB_NAMES = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}
"""SPDX identifiers, in small letters, that the Hub calls otherwise."""


def front_matter(recipe: Recipe, rows: dict[Split, int], formats: Sequence[FormatName], licences: Iterable[str]) -> str:
    """The front matter as YAML, without the lines of dashes around it.

    Args:
        recipe: the settings.
        rows: examples by split; a split without any is not in it.
        formats: of the dataset, the default first.
        licences: of the examples, as their sources state them.
    """
    configs = [
        {
            "config_name": name,
            **({"default": True} if name == formats[0] else {}),
            "data_files": [{"split": split, "path": f"{FORMATS[name].folder}/{split}-*.parquet"} for split in rows],
        }
        for name in formats
    ]
    total = sum(rows.values())
    matter: dict[str, Any] = {
        "pretty_name": recipe.name,
        **_licences(licences),
        **({} if any(source.kind == "table" for source in recipe.sources) else {"language": ["en"]}),
        "task_categories": ["text-generation"],
        "tags": ["math", "reasoning", "parallel-thinking", "synthetic", "datagen"],
        "size_categories": [next((name for most, name in _SIZES if total < most), _LARGEST)],
        "configs": configs,
    }
    return yaml.safe_dump(matter, sort_keys=False, allow_unicode=True)


def _licences(stated: Iterable[str]) -> dict[str, Any]:
    names = sorted({_hub_licence(licence) for licence in stated})
    named = {"license_name": "as-the-card-says"} if "other" in names else {}
    return {"license": names[0] if len(names) == 1 else names, **named}


def _hub_licence(stated: str) -> str:
    name = canonical(stated)
    name = _HUB_NAMES.get(name, name)
    return name if name in _HUB_LICENCES else "other"
