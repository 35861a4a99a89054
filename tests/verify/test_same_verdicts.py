"""A verdict depends on its pair alone: not on order, workers, neighbours, or on what was computed before."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from datagen.verify.memo import Memo
from datagen.verify.pair import Finding
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.verify.hostile import HOSTILE, TOWER
from tests.verify.normal import Normal, normal_pairs

LIMITS = Limits(cpu_s=2, memory_mb=1024)
BETWEEN = [TOWER, HOSTILE["a row of factorials"], HOSTILE["braces, 5000 deep"], HOSTILE["a box that stays open"]]


@pytest.fixture(scope="module")
def pairs() -> list[Normal]:
    return normal_pairs(400, seed=1)


@pytest.fixture(scope="module")
def expected(pairs: list[Normal]) -> list[Finding]:
    with Verifier(LIMITS, workers=1) as verifier:
        return found(verifier, pairs)


def test_the_pairs_are_of_every_kind(expected: list[Finding]) -> None:
    assert {finding.verdict for finding in expected} >= {"correct", "wrong"}
    assert sum(finding.verdict == "correct" for finding in expected) > len(expected) / 4


@pytest.mark.parametrize("seed", [2, 3])
def test_any_order_and_hostile_neighbours_change_no_verdict(
    pairs: list[Normal], expected: list[Finding], seed: int
) -> None:
    draw = random.Random(seed)
    places = draw.sample(range(len(pairs)), len(pairs))
    mixed: list[Normal] = [pairs[place] for place in places]
    with Verifier(LIMITS, workers=seed) as verifier:
        hostile = [verifier.verify("5", "", f"\\boxed{{{answer}}}") for answer in BETWEEN]
        shuffled = found(verifier, mixed)
        assert {finding.result().verdict for finding in hostile} >= {"timeout"}
    assert dict(zip(places, shuffled, strict=True)) == dict(enumerate(expected))


def test_a_second_run_from_memory_gives_the_same_verdicts(
    tmp_path: Path, pairs: list[Normal], expected: list[Finding]
) -> None:
    for _ in ("first", "second"):
        with Verifier(LIMITS, workers=2, memo=Memo(tmp_path, LIMITS)) as verifier:
            assert found(verifier, pairs) == expected


def found(verifier: Verifier, pairs: Sequence[Normal]) -> list[Finding]:
    findings = [verifier.verify(pair.gold, "", pair.solution, pair.problem) for pair in pairs]
    return [finding.result() for finding in findings]
