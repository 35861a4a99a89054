"""A recipe whose teacher is asked in batches, and its build as a process that can be killed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.teachers.batch import carrying, client, provider
from tests.building import build

PRICE = {"input": 1.0, "output": 2.0}


def hurry(change: Callable[[Any, str, float], None] = setattr) -> None:
    """Shorten the waits that are meant for real providers."""
    change(client, "QUIET_S", 0.2)
    change(carrying, "FIRST_POLL_S", 0.02)
    change(carrying, "LONGEST_POLL_S", 0.02)
    change(provider, "SETTLING_S", 0.3)


def recipe(folder: Path, base_url: str, problems: int = 20, kind: str = "openai_batch", **sampling: Any) -> Recipe:
    """A recipe of sums."""
    rows = folder / "rows.jsonl"
    rows.write_text("".join(f'{{"problem": "What is {n} + 2 ?", "answer": "{n + 2}"}}\n' for n in range(problems)))
    asked = {"model": "m", "base_url": base_url, "price": PRICE, "api_key_env": "TEST_KEY"}
    tree = {
        "name": "sums",
        "sources": [{"kind": "table", "name": "sums", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "r1", "kind": kind, **asked}],
        "sampling": {"target_correct": 2, "max_attempts": 4, "timeout_s": 20, "max_tokens": 300, **sampling},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [1, 2]},
        "output": {"formats": ["text"], "test_fraction": 0.0},
    }
    file = folder / "sums.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


if __name__ == "__main__":
    hurry()
    build(recipe(Path(sys.argv[1]), sys.argv[2]), Path(sys.argv[1]) / "run")
