"""Each quirk of the four sources, on small rows of our own."""

from pathlib import Path
from typing import Any

import pytest

from datagen.recipe import HubSource
from datagen.solutions import is_truncated
from tests.sources.small_rows import OPEN_R1, kept, pull_row, reason, run, write


def test_a_row_of_open_r1_is_a_problem_with_its_generations(tmp_path: Path) -> None:
    pulled = kept(pull_row(tmp_path, "open_r1"))
    problem = pulled.problem
    assert (problem.problem, problem.answer, problem.topic) == ("What is 6 times 7?", "42", "Algebra")
    assert (problem.source, problem.source_id, problem.licence) == ("open_r1", "u-1", "Apache-2.0")
    assert [solution.model for solution in pulled.recorded] == ["unknown", "unknown"]
    assert [solution.attempt for solution in pulled.recorded] == [0, 1]
    assert pulled.recorded[0].reasoning == "6*7=42"
    assert {solution.problem_id for solution in pulled.recorded} == {problem.id}


def test_open_r1_reads_truncation_from_finish_reasons_alone(tmp_path: Path) -> None:
    recorded = kept(pull_row(tmp_path, "open_r1")).recorded
    assert [is_truncated(solution) for solution in recorded] == [False, True]


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"finish_reasons": None}, ["unknown", "unknown"]),
        ({"finish_reasons": ["stop"]}, ["stop", "unknown"]),
        ({"finish_reasons": [None, "length", "stop"]}, ["unknown", "length"]),
        ({"generations": None}, []),
        ({"generations": [None, "", "So \\boxed{42}."], "finish_reasons": [None, None, "stop"]}, ["stop"]),
        ({"generations": ["same", "same"]}, ["stop"]),
        ({"generations": ["<think>never closed"], "finish_reasons": ["stop"]}, ["length"]),
    ],
)
def test_open_r1_lists_may_be_null_short_or_full_of_nulls(
    tmp_path: Path, changes: dict[str, Any], reasons: list[str]
) -> None:
    assert [solution.finish_reason for solution in kept(pull_row(tmp_path, "open_r1", **changes)).recorded] == reasons


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"answer": "proof"}, "proof"),
        ({"answer": "Proof "}, "proof"),
        ({"question_type": "proof"}, "proof"),
        ({"answer": "notfound"}, "no_answer"),
        ({"answer": ""}, "no_answer"),
        ({"answer": None}, "no_answer"),
        ({"answer": " \n"}, "no_answer"),
        ({"answer": float("nan")}, "no_answer"),
        ({"answer": "NaN"}, "no_answer"),
        ({"answer": "\\frac{4 \\sqrt{3"}, "no_answer"),
        ({"answer": "\\begin{pmatrix"}, "no_answer"),
        ({"answer": "7" * 401}, "answer_is_not_short"),
        ({"answer": "first the left hand side grows and then the right hand side falls until both become equal"},
         "answer_is_not_short"),
        ({"problem": " "}, "empty_problem"),
        ({"problem": None}, "empty_problem"),
        ({"problem": "", "answer": "proof"}, "empty_problem"),
    ],
)  # fmt: skip
def test_a_row_of_open_r1_without_a_checkable_answer_is_dropped_with_its_reason(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    assert reason(pull_row(tmp_path, "open_r1", **changes)) == expected


@pytest.mark.parametrize(
    "answer", ["A", "Yes", "True", "(3,4]", "[1, 2]", "\\{1,2\\}", "x_{1}=-2k, x_{2}=\\pi", "100!"]
)
def test_letters_words_lists_and_intervals_stay_as_they_are(tmp_path: Path, answer: str) -> None:
    assert kept(pull_row(tmp_path, "open_r1", answer=answer)).problem.answer == answer
    assert kept(pull_row(tmp_path, "s1k", solution=answer)).problem.answer == answer


def test_a_repeated_or_missing_uuid_gives_way_to_file_and_row(tmp_path: Path) -> None:
    uuids = ["u", "u", "NaN", None, float("nan"), "v", "NaN"]
    path = write(tmp_path / "r.jsonl", [{**OPEN_R1, "uuid": uuid} for uuid in uuids])
    pulled, _ = run(HubSource(kind="open_r1", path=path))
    names = [kept(row).problem.source_id for row in pulled]
    assert names == ["u", "r.jsonl#1", "r.jsonl#2", "r.jsonl#3", "r.jsonl#4", "v", "r.jsonl#6"]
    assert len({kept(row).problem.row_id for row in pulled}) == len(uuids)
    assert len({kept(row).problem.id for row in pulled}) == 1


def test_a_row_of_deepmath_keeps_difficulty_and_each_solution_once(tmp_path: Path) -> None:
    pulled = kept(pull_row(tmp_path, "deepmath"))
    problem = pulled.problem
    assert (problem.answer, problem.difficulty, problem.topic) == ("\\frac{1}{2}", 6.5, "Mathematics -> Calculus")
    assert (problem.source_id, problem.licence) == ("rows.jsonl#0", "MIT")
    assert [(solution.content, solution.reasoning) for solution in pulled.recorded] == [
        ("Half. \\boxed{\\frac{1}{2}}", "")
    ]


def test_the_problem_stays_raw(tmp_path: Path) -> None:
    raw = " ## Task 1.\nWhat is 6 times 7?\n"
    assert kept(pull_row(tmp_path, "open_r1", problem=raw)).problem.problem == raw


def test_null_difficulty_and_topic_are_none(tmp_path: Path) -> None:
    problem = kept(pull_row(tmp_path, "deepmath", difficulty=None, topic=None)).problem
    assert (problem.difficulty, problem.topic) == (None, None)
    assert kept(pull_row(tmp_path, "deepmath", difficulty=float("nan"))).problem.difficulty is None


@pytest.mark.parametrize(
    ("cot_type", "source_type"),
    [
        ("science", "Idavidrein/gpqa"),
        ("crossword", "0xharib/xword1"),
        ("coding", "livecodebench"),
        (None, "KbsdJames/Omni-MATH"),
        ("math", "0xharib/xword1"),
        ("math", "GAIR/OlympicArena/Astronomy"),
        ("math", "GAIR/OlympicArena/Chemistry"),
        ("math", "daman1209arora/jeebench/phy"),
        ("math", "Hothan/OlympiadBench/Theorem proof/Physics"),
    ],
)
def test_science_and_crosswords_in_s1k_are_not_mathematics(
    tmp_path: Path, cot_type: str | None, source_type: str
) -> None:
    assert reason(pull_row(tmp_path, "s1k", cot_type=cot_type, source_type=source_type)) == "not_mathematics"


@pytest.mark.parametrize("source_type", ["GAIR/OlympicArena/Math", "daman1209arora/jeebench/math", "qfq/quant", None])
def test_mathematics_in_s1k_stays(tmp_path: Path, source_type: str | None) -> None:
    kept(pull_row(tmp_path, "s1k", source_type=source_type))


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("\\[\n383\n\\]", "383"),
        ("$41352,42351$", "41352,42351"),
        ("$a$ and $b$", "$a$ and $b$"),
        ("Expand both sides. " * 40 + "Hence the answer is $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}"),
        ("We prove it by induction. So \\[\\boxed{7}\\] $\\blacksquare$", "7"),
        (True, "True"),
        (12, "12"),
        (12.0, "12"),
        (0.5, "0.5"),
    ],
)
def test_what_an_s1k_solution_answers(tmp_path: Path, solution: object, answer: str) -> None:
    assert kept(pull_row(tmp_path, "s1k", solution=solution)).problem.answer == answer


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"solution": None}, "no_answer"),
        ({"solution": "Proof. Let $n$ be odd. Then it follows."}, "proof"),
        ({"solution": "Take a prime p. This completes the proof."}, "proof"),
        ({"solution": "Either \\boxed{1} or \\boxed{2}. " + "Expand both sides. " * 40}, "answer_is_not_short"),
        ({"solution": "First \\boxed{1}. " + "Then expand both sides again. " * 40}, "answer_is_not_short"),
        ({"source_type": "Hothan/OlympiadBench/Theorem proof/Math"}, "proof"),
    ],
)
def test_an_s1k_solution_that_is_no_answer_is_dropped_with_its_reason(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    assert reason(pull_row(tmp_path, "s1k", **changes)) == expected


def test_s1k_carries_both_traces_and_skips_empty_attempts(tmp_path: Path) -> None:
    [only] = kept(pull_row(tmp_path, "s1k")).recorded
    assert (only.model, only.reasoning, only.content) == ("deepseek-r1", "One is no prime.", "It is \\boxed{2}.")
    both = kept(pull_row(tmp_path, "s1k", gemini_attempt="\\boxed{2}")).recorded
    assert [solution.model for solution in both] == ["deepseek-r1", "gemini-flash-thinking"]


def test_the_thought_of_limo_is_taken_apart_from_its_answer(tmp_path: Path) -> None:
    pulled = kept(pull_row(tmp_path, "limo"))
    assert (pulled.recorded[0].reasoning, pulled.recorded[0].content) == ("27°", "\\boxed{27}")
    assert (pulled.problem.answer, pulled.problem.licence) == ("27", "Apache-2.0")


def test_what_a_problem_asks_is_left_to_the_screen(tmp_path: Path) -> None:
    demand = "Let n be odd. Prove that 8 divides n^2 - 1."
    assert kept(pull_row(tmp_path, "open_r1", problem=demand)).problem.problem == demand
    assert kept(pull_row(tmp_path, "s1k", question=demand)).problem.problem == demand
