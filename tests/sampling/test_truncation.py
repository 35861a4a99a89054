"""Answers that were cut off: what more is asked for, what it brings and costs, and that none of it is paid twice."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from datagen.sampling.truncation import beginning, joined, repeats_itself
from datagen.tables import Solution
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.sampling.long_answers import LIMIT, PROMPT_TOKENS, LongAnswers, kept, run
from tests.sampling.openai_like import KEY

PRICE = {"prompt": 1e-6, "completion": 2e-6}
FEW = 6


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        yield verifier


def long(number: int, chance: float) -> int:
    """Every second problem has answers about as long as the limit, or longer."""
    return 40 + int(40 * chance) if number % 2 == 0 else 60 + int(160 * chance)


def solution(reasoning: str, content: str, finish_reason: Any = "length") -> Solution:
    return Solution("s", "p", "t", "m", 0, reasoning, content, finish_reason, 10, 20, 0.0, "k")


def asked_for_more(world: LongAnswers) -> int:
    return sum(body["max_tokens"] > LIMIT or body["messages"][-1]["role"] == "assistant" for body in world.bodies)


def cut_off(ran: Any) -> int:
    return sum(verdict.verdict == "truncated" for _, verdict in ran.solutions)


def test_an_accepted_cut_stays_and_is_counted_with_what_it_cost(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(long)
    ran = run(tmp_path, verifier, world, FEW)
    assert ran.error is None
    assert asked_for_more(world) == 0
    assert ran.figures["answers"] == cut_off(ran) > 0
    assert ran.figures["tokens"] == ran.figures["answers"] * (PROMPT_TOKENS + LIMIT)
    assert ran.figures["asked_again"] == ran.figures["tokens_again"] == 0


@pytest.mark.parametrize("parser", [False, True])
def test_a_continued_answer_is_the_whole_answer_as_one_attempt(
    parser: bool, tmp_path: Path, verifier: Verifier
) -> None:
    world = LongAnswers(long, parser=parser)
    ran = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert ran.error is None
    again, figures = asked_for_more(world), ran.figures
    assert figures["asked_again"] == figures["answers"] == again > 3
    assert figures["finished"] == again - cut_off(ran)
    assert 0 < figures["new_paths"] <= figures["correct"] < figures["finished"]
    for one, verdict in ran.solutions:
        number, seed = map(int, one.reasoning.split()[0].split("-")[1:])
        words = world.words(number, seed)
        written = one.reasoning.split(), one.content.split()
        is_whole = len(words) <= 2 * LIMIT
        assert (verdict.verdict != "truncated") == is_whole
        assert ["<think>", *written[0], "</think>", *written[1]][: len(words)] == (words if is_whole else words[:200])


def test_both_completions_of_an_attempt_count_and_each_is_paid_once(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(long)
    first = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    records = kept(tmp_path).values()
    assert sum(record["prompt_tokens"] + record["completion_tokens"] for record in records) == world.tokens
    told = [(one.prompt_tokens or 0, one.completion_tokens or 0, one.cost_usd) for one, _ in first.solutions]
    assert sum(prompt + written for prompt, written, _ in told) == world.tokens
    for prompt, written, usd in told:
        assert usd == pytest.approx(prompt * PRICE["prompt"] + written * PRICE["completion"])
    assert set(world.asked.values()) == {1}
    assert first.progress.settled == first.progress.completions == len(records)
    assert first.progress.verdicts.total() == len(first.solutions)

    asked = len(world.bodies)
    second = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert (len(world.bodies), second.progress.kept) == (asked, len(records))
    assert (second.solutions, second.figures) == (first.solutions, first.figures)
