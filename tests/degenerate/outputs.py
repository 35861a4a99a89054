"""Every recorded output of the shared data, with its problem and whether it is a correct and whole one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from datagen.solutions import is_whole, recorded_solution

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Output:
    """One of them.

    Attributes:
        name: its source, row, and place in the row.
        is_right: whether it is whole, and its source's own check calls it correct.
    """

    name: str
    problem: str
    thought: str
    content: str
    is_right: bool


def outputs() -> Iterator[Output]:
    """All 13,391, in the order of their files."""
    for number, row in _rows("solutions/skythought.parquet"):
        yield _output(f"skythought {number}", row["problem"], row["output"], row["judged_correct"])
    for number, row in _rows("sources/open_r1/train-00000-of-00001.parquet"):
        for place, text in enumerate(row["generations"]):
            is_right = row["correctness_math_verify"][place]
            yield _output(f"open_r1 {number}.{place}", row["problem"], text, is_right)
    for number, row in _rows("sources/limo/train-00000-of-00001.parquet"):
        yield _output(f"limo {number}", row["question"], row["solution"], True)
    for number, row in _rows("parallel/parallel_r1_341.parquet"):
        yield _output(f"parallel {number}", row["problem"], row["output"], True)


def _rows(file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    yield from enumerate(pq.read_table(DATA / file).to_pylist())


def _output(name: str, problem: str, text: str, is_right: bool) -> Output:
    solution = recorded_solution("id", problem, text, model="m", index=0)
    return Output(name, problem, solution.reasoning, solution.content, is_right and is_whole(solution))
