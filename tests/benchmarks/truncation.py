"""The three policies for answers that are cut off, on the same recorded outputs under a low limit: cost and yield."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.pipeline import Options
from datagen.recipe_file import load_recipe
from datagen.spending.ledger import ledger_of
from datagen.thoughts import OPEN
from tests.building import build
from tests.serving import demo_server

_OPEN_R1 = Path(__file__).parents[3] / "shared" / "data" / "sources" / "open_r1"
_POLICIES = ("accept", "raise_limit", "continue")
_LIMITS = (1024, 2048, 4096)
_TARGET = 2
_PRICE = {"input": 0.55, "output": 2.19}
_COLUMNS = ("cut off", "asked again", "finished", "correct", "new paths", "served", "tokens", "USD", "USD a served")


def measure(share: int = 1) -> Iterator[str]:
    """Ask about each `share`th problem."""
    yield f"| limit | policy | {' | '.join(_COLUMNS)} |"
    yield "|---|---|" + "---|" * len(_COLUMNS)
    with tempfile.TemporaryDirectory() as kept:
        recorded, problems = _write(Path(kept), share)
        for limit in _LIMITS:
            for policy in _POLICIES:
                with tempfile.TemporaryDirectory() as folder, demo_server("--replay", str(recorded)) as server:
                    yield _row(Path(folder), server.url, problems, limit, policy)


def _write(folder: Path, share: int) -> tuple[Path, Path]:
    """Every recorded output that thinks in tags, and the problems that have one."""
    rows = [row for file in sorted(_OPEN_R1.glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    outputs = [(row["problem"], text) for row in rows for text in row["generations"] if text and OPEN in text]
    recorded, problems = folder / "recorded.parquet", folder / "problems.jsonl"
    pq.write_table(pa.table({"problem": [one for one, _ in outputs], "output": [one for _, one in outputs]}), recorded)
    answers = {row["problem"]: row["answer"] for row in rows}
    asked = list(dict.fromkeys(problem for problem, _ in outputs))[::share]
    problems.write_text("".join(json.dumps({"problem": one, "answer": answers[one]}) + "\n" for one in asked))
    return recorded, problems


def _row(folder: Path, url: str, problems: Path, limit: int, policy: str) -> str:
    run = build(load_recipe(_recipe(folder, url, problems, limit, policy)), folder / "run", Options(until="sample"))
    sampled = run.record()["stages"]["sample"]["counts"]
    cut, spent = sampled["truncated"], ledger_of(run)[0].total.amount
    served = sum(rung["problems_served"] for rung in sampled["rungs"])
    counted = [cut[name] for name in ("answers", "asked_again", "finished", "correct", "new_paths")]
    cells = [*(f"{one:,}" for one in (*counted, served, spent.tokens)), f"{spent.usd:.2f}", f"{spent.usd / served:.5f}"]
    return f"| {limit:,} | `{policy}` | {' | '.join(cells)} |"


def _recipe(folder: Path, url: str, problems: Path, limit: int, policy: str) -> str:
    tree: dict[str, Any] = {
        "name": "truncation",
        "sources": [{"kind": "table", "name": "recorded", "path": str(problems), "licence": "Apache-2.0"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "replay", "kind": "openai", "model": "m", "base_url": url, "price": _PRICE}],
        "sampling": {"target_correct": _TARGET, "max_tokens": limit, "on_truncated": policy},
        "paths": {"tokenizer": "bundled", "count": [1, _TARGET]},
    }
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps(tree))
    return str(recipe)
