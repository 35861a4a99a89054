"""What a dataset's card says of the benchmarks that were kept out of it."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from datagen.recipe_file import load_recipe
from datagen.tables import DROPPED
from datagen.workspace import Workspace
from tests.building import build

TOURNAMENT = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players, and the number of games won by left-handed players was 40% more "
    "than the number of games won by right-handed players. What is the total number of games played?"
)
SHORT = "Evaluate $\\log_2 64$."
WAYS = (
    "Counting upwards on my fingers, one after another, I arrive at",
    "By a drawing of squares and dots it becomes plain that we have",
    "Algebra: call the unknown x, rearrange both sides, and read off",
)


def built(folder: Path, benchmarks: dict[str, list[str]]) -> Workspace:
    problems = (TOURNAMENT, TOURNAMENT + " Explain each step.", SHORT, "How much is 3 + 4?", "How much is 5 + 6?")
    rows = [
        {"problem": problem, "answer": "36", "solutions": [f"{way} \\boxed{{36}}" for way in WAYS]}
        for problem in problems
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, texts in benchmarks.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps({"problem": text}) + "\n" for text in texts))
    tree = {
        "name": "small",
        "sources": [
            {
                "kind": "table",
                "name": "mine",
                "path": str(folder / "rows.jsonl"),
                "columns": {"solutions": "solutions"},
                "licence": "MIT",
            }
        ],
        "screen": {"benchmarks": [{"name": name, "path": str(folder / f"{name}.jsonl")} for name in benchmarks]},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled"},
        "output": {"formats": ["text"], "test_fraction": 0},
    }
    (folder / "small.yaml").write_text(json.dumps(tree))
    return build(load_recipe(str(folder / "small.yaml")), folder / "run")


def section(workspace: Workspace) -> str:
    card = (workspace.folder / "dataset" / "README.md").read_text()
    return card.partition("## Benchmarks kept out")[2].partition("\n## ")[0]


def test_the_card_counts_each_row_that_a_benchmark_took_and_by_which_layer(tmp_path: Path) -> None:
    workspace = built(tmp_path, {"exam": [TOURNAMENT, SHORT], "other": ["Compute $2^{10}$."]})
    dropped = [drop.detail for drop in workspace.read(DROPPED) if drop.reason == "benchmark"]
    told = Counter(match.group() for detail in dropped if (match := re.match(r"exam row \d: \w+", detail)))
    assert told == {"exam row 0: exact": 1, "exam row 0: coverage": 1, "exam row 1: exact": 1}
    card = section(workspace)
    assert re.search(r"\| `exam` \| .*exam\.jsonl, \w{12} \| 3 \| exact 2, coverage 1 \|", card)
    assert re.search(r"\| `other` \| .* \| 0 \| no layer \|", card)


def test_the_card_says_what_no_layer_could_have_seen(tmp_path: Path) -> None:
    card = section(built(tmp_path, {"exam": [TOURNAMENT, SHORT]}))
    assert "| `exam` | 2 | 1 | 0 | 0 | 1 |" in card


def test_the_card_claims_nothing_where_no_benchmark_was_screened(tmp_path: Path) -> None:
    assert section(built(tmp_path, {})).strip() == "No benchmark was screened against."


@pytest.fixture(autouse=True)
def _without_memo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAGEN_CACHE", "off")
