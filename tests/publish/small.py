"""Small runs of recorded solutions: their recipes, and their datasets as a reader meets them."""

import json
from pathlib import Path
from typing import Any

from datagen.recipe_file import load_recipe
from datagen.workspace import Workspace
from tests.building import build

WAYS = (
    "Counting upwards on my fingers, one after another, I arrive at",
    "By a drawing of squares and dots it becomes plain that we have",
    "Algebra: call the unknown x, rearrange both sides, and read off",
)


def built(folder: Path, **settings: Any) -> Workspace:
    """A run of five sums, each with three solutions."""
    rows = [
        {
            "problem": f"How much is {number} + {number + 2}?",
            "answer": str(2 * number + 2),
            "solutions": [f"{way} \\boxed{{{2 * number + 2}}}" for way in WAYS],
        }
        for number in (3, 5, 8, 13, 21)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"kind": "table", "name": "mine", "path": "rows.jsonl", "columns": {"solutions": "solutions"}}
    tree = {
        "name": "small",
        "sources": [{**source, "licence": "MIT", "recorded_model": "the-house"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled"},
        "output": {"formats": ["text", "parathinker", "messages", "parallel_r1", "rl"], "test_fraction": 0.3},
        **settings,
    }
    (folder / "small.yaml").write_text(json.dumps(tree))
    return build(load_recipe(str(folder / "small.yaml")), folder / "run")


def card_of(workspace: Workspace) -> str:
    return (workspace.folder / "dataset" / "README.md").read_text()


def section(card: str, title: str) -> str:
    """What stands under a heading, its line breaks closed up."""
    _, found, rest = card.partition(f"\n## {title}\n")
    assert found, title
    return " ".join(rest.partition("\n## ")[0].split())
