"""The verifier on real pairs: it accepts nothing wrong that plain math-verify would not accept."""

import json
import logging
from pathlib import Path

import pytest

from datagen.verify.extract import last_box
from datagen.verify.pair import Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

PAIRS = Path(__file__).parents[2] / ".." / "shared" / "data" / "gold" / "grader_pairs.jsonl"


def answer_of(text: str) -> str:
    """As an answer reaches the comparison: out of its box."""
    return last_box(text) or text


def plainly_equal(gold: str, answer: str) -> bool:
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    return bool(verify(parse(gold, parsing_timeout=0), parse(answer, parsing_timeout=0), timeout_seconds=0))


def test_no_wrong_answer_is_accepted_that_math_verify_would_refuse() -> None:
    if not PAIRS.is_file():
        pytest.skip("shared/data/gold is not beside this repository")
    pairs = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=2) as verifier:
        judged = [verifier.compare(Pair.of(answer_of(pair["gold"]), answer_of(pair["pred"]))) for pair in pairs]
        accepted = [pair for pair, one in zip(pairs, judged, strict=True) if one.result(60).verdict == "correct"]
    assert len(accepted) > len(pairs) / 2
    wrong = [(pair["gold"], pair["pred"]) for pair in accepted if not pair["equal"]]
    assert [pair for pair in wrong if not plainly_equal(*pair)] == []
