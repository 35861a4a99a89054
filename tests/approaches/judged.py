"""Pairs of correct solutions of one problem that a reader judged: one derivation, one approach, or two approaches.

`judged.jsonl` names texts of `../shared` by their hashes and holds none of them. Problems were split into two halves
before anything was tuned.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq

from datagen.texts import digest, problem_id

Half = Literal["tuning", "held out"]
Label = Literal["identical", "same", "different"]
_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
_OUTPUTS = _DATA / "solutions" / "skythought.parquet"
_OPEN_R1 = _DATA / "sources" / "open_r1" / "train-00000-of-00001.parquet"
HAS_TEXTS = _OUTPUTS.exists() and _OPEN_R1.exists()


@dataclass(frozen=True)
class JudgedPair:
    """Two solutions of a problem and what a reader found.

    Attributes:
        problem: its id.
        half: what the pair may be used for.
        kind: the benchmark or source that it is from.
        label: `identical` is one derivation in other words, `same` one approach carried out otherwise.
        statement: the problem's text.
        texts: of the two solutions.
    """

    problem: str
    half: Half
    kind: str
    label: Label
    statement: str
    texts: tuple[str, str]


def judged_pairs() -> list[JudgedPair]:
    """All pairs with their texts, which are read from `../shared`."""
    lines = (Path(__file__).parent / "judged.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    wanted = {row[side] for row in rows for side in ("one", "other")}
    texts: dict[str, str] = {}
    statements: dict[str, str] = {}
    for statement, text in recorded_solutions():
        if (key := digest(text)[:16]) in wanted:
            texts[key] = text
            statements[problem_id(statement)] = statement
    return [
        JudgedPair(
            row["problem"],
            row["half"],
            row["kind"],
            row["label"],
            statements[row["problem"]],
            (texts[row["one"]], texts[row["other"]]),
        )
        for row in rows
    ]


def recorded_solutions() -> Iterator[tuple[str, str]]:
    """Every correct recorded solution behind its problem."""
    outputs = pq.read_table(_OUTPUTS, columns=["problem", "output", "judged_correct"])
    for row in outputs.to_pylist():
        if row["judged_correct"]:
            yield row["problem"], row["output"]
    for row in pq.read_table(_OPEN_R1, columns=["problem", "generations", "correctness_math_verify"]).to_pylist():
        for text, is_correct in zip(row["generations"], row["correctness_math_verify"], strict=True):
            if is_correct:
                yield row["problem"], text
