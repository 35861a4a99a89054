"""Pictures of a stage, small and large."""

from typing import Any

from datagen.progress.counts import Asking, Spent, View
from datagen.teachers.base import Traffic


def view(**changes: Any) -> View:
    """A sampling stage in the middle of its work; `changes` are fields of the view or of its conversation."""
    asking: dict[str, Any] = {
        "completions": 8120,
        "reused": 0,
        "tokens": 1_204_332,
        "completions_per_second": 3.1,
        "tokens_per_second": 4512.0,
        "traffic": Traffic(64, 120, {}),
        "spent": Spent(1.32, 1_904_332),
    }
    stage: dict[str, Any] = {
        "stage": "sample",
        "things": "problems",
        "total": 6000,
        "done": 1204,
        "elapsed_s": 1440.0,
        "left_s": 4320.0,
        "verdicts": {"correct": 640, "wrong": 120, "truncated": 40, "no_answer": 2},
    }
    for name, value in changes.items():
        (asking if name in asking else stage)[name] = value
    return View(**{"asking": Asking(**asking), **stage})
