"""Golds that most independent solutions contradict: what counts, what does not, and never the order."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.journal import Journal
from datagen.solutions import recorded_solution
from datagen.tables import FinishReason, Problem, Verdict, VerdictKind
from datagen.verify.pair import Judgement, Pair
from datagen.verify.suspects import Judged, Majorities, Majority
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

PROBLEM = Problem("row", "id", "What is 3 + 4?", "8", "s", "s#1", "r", "MIT")
_NUMBERS = count()


class CountingVerifier(Verifier):
    """Counts the pairs that it is asked about."""

    asked = 0

    def compare(self, pair: Pair) -> Future[Judgement]:
        self.asked += 1
        return super().compare(pair)


@pytest.fixture(scope="module")
def verifier() -> Iterator[CountingVerifier]:
    with CountingVerifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        yield verifier


@pytest.fixture
def majorities(verifier: CountingVerifier, tmp_path: Path) -> Iterator[Majorities]:
    verifier.asked = 0
    with Journal(tmp_path / "verdicts.jsonl") as journal:
        yield Majorities(verifier, journal)


def says(
    answer: str | None, kind: VerdictKind, text: str | None = None, finish_reason: FinishReason = "stop"
) -> Judged:
    """A solution that gives an answer; without `text`, one that says it in words of its own."""
    words = text or f"way {next(_NUMBERS)} to {answer}"
    solution = recorded_solution(PROBLEM.id, PROBLEM.problem, words, model="m", index=0, finish_reason=finish_reason)
    return solution, Verdict(solution.id, PROBLEM.answer, answer, kind, "string", "v")


def many(number: int, answer: str | None, kind: VerdictKind = "wrong", **rest: FinishReason) -> list[Judged]:
    return [says(answer, kind, f"way {place} to {answer} {kind}", **rest) for place in range(number)]


def test_an_answer_that_most_solutions_give_instead_of_the_gold_is_its_majority(majorities: Majorities) -> None:
    told = [*many(5, "7"), *many(1, "8", "correct")]
    assert majorities.against_gold(PROBLEM, told) == Majority("7", 5, 6, "contradicted")


NO_MAJORITY: dict[str, Sequence[Judged]] = {
    "the gold has most": [*many(3, "7"), *many(4, "8", "correct")],
    "half is not more than half": [*many(3, "7"), *many(3, "8", "correct")],
    "two are no pattern": many(2, "7"),
    "the wrong ones differ": [*many(2, "7"), *many(2, "6"), *many(2, "5")],
    "the largest group is no majority": [*many(3, "7"), *many(2, "6"), *many(2, "5")],
    "one text three times": [says("7", "wrong", text) for text in ("So it is 7", "so  it is 7", "So it\nis 7")],
    "cut off": many(5, "7", "truncated"),
    "cut by a filter": many(5, "7", finish_reason="content_filter"),
    "without an answer": many(5, None, "no_answer"),
    "timed out": many(5, "7", "timeout"),
    "perhaps the gold": [*many(3, "7"), *many(3, "4+4", "timeout")],
    "nothing": [],
}


@pytest.mark.parametrize("case", NO_MAJORITY)
def test_what_is_no_majority_of_independent_whole_answers_is_none(case: str, majorities: Majorities) -> None:
    assert majorities.against_gold(PROBLEM, NO_MAJORITY[case]) is None


def test_a_text_counts_once_whichever_side_it_takes(majorities: Majorities) -> None:
    copies = [says("8", "correct", f"It{' ' * number}is 8") for number in range(1, 6)]
    assert majorities.against_gold(PROBLEM, [*copies, *many(3, "7")]) == Majority("7", 3, 4, "contradicted")


def test_forms_of_one_answer_are_one_and_the_shortest_names_it(majorities: Majorities) -> None:
    told = [says("\\frac{1}{2}", "wrong"), says("\\dfrac{1}{2}", "wrong"), says("$\\frac{1}{2}$", "wrong")]
    assert majorities.against_gold(PROBLEM, told) == Majority("\\frac{1}{2}", 3, 3, "contradicted")


def test_answers_to_a_gold_that_nobody_can_read_may_agree(majorities: Majorities) -> None:
    assert majorities.against_gold(PROBLEM, many(4, "7", "bad_gold")) == Majority("7", 4, 4, "unreadable")


def test_that_all_attempts_at_a_proof_end_in_the_same_word_shows_nothing(majorities: Majorities) -> None:
    assert majorities.against_gold(PROBLEM, many(4, "\\text{Proved}", "bad_gold")) is None


FORMS = ("7", "7.", "$7$", "14/2", "6", "5")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(FORMS), min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_solutions_changes_nothing(
    verifier: CountingVerifier, tmp_path_factory: pytest.TempPathFactory, answers: list[str], order: random.Random
) -> None:
    told = [says(answer, "wrong", f"way {number} to {answer}") for number, answer in enumerate(answers)]
    shuffled = list(told)
    order.shuffle(shuffled)
    found = []
    for one in (told, shuffled):
        with Journal(tmp_path_factory.mktemp("order") / "verdicts.jsonl") as journal:
            found.append(Majorities(verifier, journal).against_gold(PROBLEM, one))
    assert found[0] == found[1]


def test_answers_are_compared_only_where_a_majority_can_be(verifier: CountingVerifier, majorities: Majorities) -> None:
    for case in ("the gold has most", "half is not more than half", "two are no pattern", "perhaps the gold"):
        majorities.against_gold(PROBLEM, NO_MAJORITY[case])
    assert verifier.asked == 0
    majorities.against_gold(PROBLEM, NO_MAJORITY["the wrong ones differ"])
    assert verifier.asked == 3  # the first with the two others, and these


def test_a_majority_that_was_found_is_kept(verifier: CountingVerifier, majorities: Majorities, tmp_path: Path) -> None:
    told = [*many(3, "7"), *many(2, "6")]
    found = majorities.against_gold(PROBLEM, told)
    asked = verifier.asked
    assert asked > 0
    assert majorities.against_gold(PROBLEM, told) == found
    assert verifier.asked == asked


def test_an_answer_that_the_gold_equals_the_other_way_round_is_not_another_one(majorities: Majorities) -> None:
    assert majorities.against_gold(PROBLEM, many(4, "8.")) is None
