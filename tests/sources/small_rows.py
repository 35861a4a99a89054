"""One good row of each source, and the pull of a few rows from a real file."""

import json
from pathlib import Path
from typing import Any

from datagen.recipe import Columns, HubSource, Source, TableSource
from datagen.sources import PullCounts, Pulled, pull, resolve
from datagen.tables import Drop

OPEN_R1 = {
    "problem": "What is 6 times 7?",
    "answer": "42",
    "question_type": "math-word-problem",
    "problem_type": "Algebra",
    "uuid": "u-1",
    "generations": ["<think>\n6*7=42\n</think>\n\nIt is \\boxed{42}.", "So \\boxed{41}."],
    "finish_reasons": ["stop", "length"],
    "is_reasoning_complete": [False, False],
    "correctness_math_verify": [False, False],
    "correctness_llama": None,
}
DEEPMATH = {
    "question": "Evaluate the limit.",
    "final_answer": "\\frac{1}{2}",
    "difficulty": 6.5,
    "topic": "Mathematics -> Calculus",
    "r1_solution_1": "Half. \\boxed{\\frac{1}{2}}",
    "r1_solution_2": None,
    "r1_solution_3": "Half. \\boxed{\\frac{1}{2}}",
}
S1K = {
    "question": "What is the least prime?",
    "solution": "2",
    "cot_type": "math",
    "source_type": "KbsdJames/Omni-MATH",
    "metadata": "__import__('os').abort()",
    "deepseek_thinking_trajectory": "One is no prime.",
    "deepseek_attempt": "It is \\boxed{2}.",
    "gemini_thinking_trajectory": "Hmm.",
    "gemini_attempt": None,
}
LIMO = {"question": "Find the angle.", "answer": "27", "solution": "<think>\n27°\n</think>\n\\boxed{27}"}
ROWS: dict[str, dict[str, Any]] = {"open_r1": OPEN_R1, "deepmath": DEEPMATH, "s1k": S1K, "limo": LIMO}


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def run(source: Source) -> tuple[list[Pulled | Drop], PullCounts]:
    counts = PullCounts()
    return list(pull(source, resolve(source), counts)), counts


def pull_row(tmp_path: Path, kind: str, **changes: Any) -> Pulled | Drop:
    path = write(tmp_path / "rows.jsonl", [{**ROWS[kind], **changes}])
    [pulled], _ = run(HubSource.model_validate({"kind": kind, "path": path}))
    return pulled


def pull_table(tmp_path: Path, *rows: dict[str, Any], **columns: str) -> list[Pulled | Drop]:
    path = write(tmp_path / "mine.jsonl", list(rows))
    return run(TableSource(kind="table", name="mine", path=path, columns=Columns(**columns)))[0]


def kept(pulled: Pulled | Drop) -> Pulled:
    assert isinstance(pulled, Pulled), pulled
    return pulled


def reason(pulled: Pulled | Drop) -> str:
    assert isinstance(pulled, Drop), pulled
    assert pulled.stage == "pull"
    assert pulled.detail
    return pulled.reason
