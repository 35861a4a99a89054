"""The verifier on answers as graders meet them: every kind of answer, many spellings, and the near misses beside them.

`pairs.jsonl` holds golds with answers that equal them and answers that don't, written by hand after the forms of MATH,
AIME, OlympiadBench, Minerva and GSM8K and of the test suites of other graders; `endings.jsonl` holds how models end.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from datagen.thoughts import split_thought
from datagen.verify.pair import Judgement, Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

HERE = Path(__file__).parent

Asked = tuple[str, str, str, Future[Judgement]]
"""Gold, answer, the verdict that it should have, and the one that it gets."""


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


GROUPS: dict[str, list[dict[str, Any]]] = defaultdict(list)
for row in rows("pairs.jsonl"):
    GROUPS[row["group"]].append(row)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=2) as verifier:
        yield verifier


@pytest.fixture(scope="module")
def judged(verifier: Verifier) -> dict[str, list[Asked]]:
    """Every pair, asked at once, so that the workers never wait."""
    return {
        group: [
            (row["gold"], answer, expected, verifier.compare(Pair.of(row["gold"], answer, row.get("problem"))))
            for row in golds
            for expected, key in (("correct", "equal"), ("wrong", "unequal"))
            for answer in row[key]
        ]
        for group, golds in GROUPS.items()
    }


@pytest.mark.parametrize("group", GROUPS)
def test_equal_answers_are_accepted_and_near_misses_are_not(group: str, judged: dict[str, list[Asked]]) -> None:
    told = [(gold, answer, expected, one.result(120).verdict) for gold, answer, expected, one in judged[group]]
    assert [row for row in told if (row[2] == "correct") != (row[3] == "correct")] == []


def test_the_answer_that_a_solution_ends_with_is_the_one_that_is_judged(verifier: Verifier) -> None:
    told = []
    for row in rows("endings.jsonl"):
        parts = split_thought(row["solution"])
        finding = verifier.verify(row["gold"], parts.reasoning, parts.content, row.get("problem")).result(60)
        told.append((row["gold"], row["solution"], row["verdict"], finding.verdict))
    assert [row for row in told if (row[2] == "correct") != (row[3] == "correct")] == []
