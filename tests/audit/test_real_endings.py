"""Texts that are cut in the middle, told by their last words alone: on recorded outputs whose end is known."""

import re
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from datagen.audit.checks.endings import is_cut
from tests.degenerate.outputs import DATA, Output, outputs

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")

CUT_AND_RIGHT = frozenset(
    {
        *(f"skythought {n}" for n in (127, 174, 1197, 1238, 1317, 1346, 2775, 2807, 2945, 3082, 3105, 3178, 3226)),
        *(f"open_r1 {n}" for n in ("120.5", "381.2", "1052.1", "1062.5", "1079.1", "1337.2", "1396.3", "1456.2")),
    }
)
"""Their answer was found right, and then they went on and were cut, as a person sees who reads their ends."""


@pytest.fixture(scope="module")
def recorded() -> list[Output]:
    return list(outputs())


def distinct(texts: Iterator[tuple[str, str]]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, text in texts:
        named.setdefault(text, name)
    return named


def test_of_right_outputs_only_those_are_cut_that_are(recorded: list[Output]) -> None:
    right = distinct((one.name, f"{one.thought}\n\n{one.content}".strip()) for one in recorded if one.is_right)
    assert len(right) > 4_000
    assert {name for text, name in right.items() if is_cut(text)} == CUT_AND_RIGHT


def test_no_human_solution_and_no_path_of_people_is_cut() -> None:
    human = [
        row["solution"]
        for file in ("problems/aime_1983_2023.parquet", "sources/s1k/train-00000-of-00001.parquet")
        for row in pq.read_table(DATA / file).to_pylist()
        if row["solution"]
    ]
    traces = pq.read_table(DATA / "parallel/parallel_r1_341.parquet").column("output").to_pylist()
    paths = [path.strip() for trace in traces for path in re.findall(r"<Path>(.*?)</Path>", trace, re.DOTALL)]
    assert len(human) + len(paths) > 2_000
    assert [text[-100:] for text in (*human, *paths) if is_cut(text)] == []


def test_most_thoughts_that_never_closed_are_seen(recorded: list[Output]) -> None:
    thoughts = {one.thought for one in recorded if one.thought and not one.content}
    found = sum(map(is_cut, thoughts))
    assert len(thoughts) > 400
    assert found / len(thoughts) > 0.69
