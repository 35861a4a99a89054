"""Verdicts: one verdict a triple, kept, at once where no worker is needed, and never a silent wait."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.solutions import recorded_solution
from datagen.tables import Problem, Solution
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.verdicts import Verdicts
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

PROBLEM = Problem("row", "id", "What is 1/2?", "\\frac{1}{2}", "s", "s#1", "r", "MIT")


def solution(text: str) -> Solution:
    return recorded_solution(PROBLEM.id, PROBLEM.problem, text, model="m", index=0)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=1, memory_mb=1024), workers=1) as verifier:
        yield verifier


@pytest.mark.parametrize(
    ("text", "verdict", "method", "answer"),
    [
        ("\\boxed{\\frac{1}{2}}", "correct", "string", "\\frac{1}{2}"),
        ("\\boxed{0.5}", "correct", "number", "0.5"),
        ("\\boxed{\\sqrt{1/4}}", "correct", "math-verify", "\\sqrt{1/4}"),
        ("\\boxed{\\sqrt{3}}", "wrong", "evaluation", "\\sqrt{3}"),
        ("<think>\\boxed{0.5}</think>It is half.", "correct", "number", "0.5"),
        ("I don't know.", "no_answer", "extract", None),
        ("<think>\\boxed{0.5}", "truncated", "finish-reason", None),
        ("\\boxed{9^{9^{9^{9^{9}}}}+1}", "timeout", "cpu-limit", "9^{9^{9^{9^{9}}}}+1"),
    ],
)
def test_each_solution_has_one_verdict(
    tmp_path: Path, verifier: Verifier, text: str, verdict: str, method: str, answer: str | None
) -> None:
    with Journal(tmp_path / "v.jsonl") as journal:
        judged = Verdicts(verifier, journal).of(PROBLEM, solution(text)).result(60)
    assert (judged.verdict, judged.method, judged.answer) == (verdict, method, answer)
    assert (judged.gold, judged.verifier_version) == (PROBLEM.answer, VERIFIER_VERSION)


def test_a_gold_that_cannot_be_checked_is_a_verdict_too(tmp_path: Path, verifier: Verifier) -> None:
    problem = replace(PROBLEM, answer="the sum of both numbers")
    with Journal(tmp_path / "v.jsonl") as journal:
        assert Verdicts(verifier, journal).of(problem, solution("\\boxed{2}")).result(60).verdict == "bad_gold"


def test_a_verdict_is_given_once_and_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "v.jsonl") as journal, Verifier(Limits(cpu_s=5, memory_mb=1024), 1) as verifier:
        first = Verdicts(verifier, journal).of(PROBLEM, solution("\\boxed{\\sqrt{1/4}}")).result(60)
    closed = verifier  # one that takes no more pairs: what is asked again must come from the journal
    with Journal(tmp_path / "v.jsonl") as journal:
        verdicts = Verdicts(closed, journal)
        assert verdicts.of(PROBLEM, solution("\\boxed{\\sqrt{1/4}}")).result(0) == first
        with pytest.raises(RuntimeError, match="shutdown"):
            verdicts.of(replace(PROBLEM, answer="1/2"), solution("\\boxed{\\sqrt{1/4}}"))


def test_a_verdict_that_cannot_be_kept_fails_and_nobody_waits_for_it(tmp_path: Path, verifier: Verifier) -> None:
    with Journal(tmp_path / "v.jsonl"):
        pass
    with Journal(tmp_path / "v.jsonl", read_only=True) as full:
        verdict = Verdicts(verifier, full).of(PROBLEM, solution("\\boxed{0.5}"))
        with pytest.raises(DatagenError, match="the journal can't be written"):
            verdict.result(60)
