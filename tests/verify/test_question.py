r"""What a problem says about its answer, and what a choice then means."""

import pytest

from datagen.verify.equivalence import compare
from datagen.verify.pair import Pair
from datagen.verify.question import Question

PEOPLE = "Who is right?\n(A) Alice\n(B) Bob\n(C) Carla"
NUMBERS = "How many? $\\textbf{(A)}\\ 12 \\qquad\\textbf{(B)}\\ \\frac{1}{2} \\qquad\\textbf{(C)}\\ 14$"


@pytest.mark.parametrize(
    ("problem", "options"),
    [
        (PEOPLE, ("Alice", "Bob", "Carla")),
        (NUMBERS, ("12", "\\frac{1}{2}", "14")),
        ("Which?\nA. one\nB. two", ("one", "two")),
        ("Which? A) one B) two C) three", ("one", "two", "three")),
        ("Point A is on the line B. Find it.", ()),
        ("What is 1 + 1?", ()),
    ],
)
def test_the_options_of_a_multiple_choice_are_read(problem: str, options: tuple[str, ...]) -> None:
    assert Question.of(problem).options == options


@pytest.mark.parametrize(
    ("problem", "decimals"),
    [
        ("Give your answer to the nearest hundredth.", 2),
        ("Round to the nearest tenth.", 1),
        ("Round your answer to three decimal places.", 3),
        ("to the nearest integer", 0),
        ("Express to 4 decimal places", 4),
        ("to the nearest cent", 2),
        ("Round your answer.", 2),
        ("Write 5/8 as a decimal.", None),
        ("Find an approximation.", None),
        ("Five people sit at a round table.", None),
        ("In the first round she scores 3.", None),
        ("What is 1/3?", None),
    ],
)
def test_the_rounding_that_a_problem_asks_for_is_read(problem: str, decimals: int | None) -> None:
    assert Question.of(problem).decimals == decimals


@pytest.mark.parametrize(
    ("gold", "answer", "problem", "verdict"),
    [
        ("A", "Alice", PEOPLE, "correct"),
        ("A", "A. Alice", PEOPLE, "correct"),
        ("A", "Bob", PEOPLE, "wrong"),
        ("A", "A. Bob", PEOPLE, "wrong"),
        ("Alice", "A", PEOPLE, "correct"),
        ("Alice", "(A)", PEOPLE, "correct"),
        ("Alice", "B", PEOPLE, "wrong"),
        ("\\text{(B)}", "0.5", NUMBERS, "correct"),
        ("0.5", "B", NUMBERS, "correct"),
        ("12", "(C)", NUMBERS, "wrong"),
        ("A. Alice", "Alice", None, "correct"),
        ("A. Alice", "A", None, "correct"),
        ("A", "\\text{(A) Alice}", None, "correct"),
        ("C", "c", None, "correct"),
        ("A", "Alice", None, "wrong"),
        ("1/3", "0.33", "Round to the nearest hundredth.", "correct"),
        ("1/3", "0.33", None, "wrong"),
        ("\\pi", "3.14", "Round to the nearest hundredth.", "correct"),
        ("3.142", "\\pi", None, "correct"),
        ("\\pi", "3.142", None, "wrong"),
    ],
)
def test_a_choice_and_a_rounded_number_mean_what_the_problem_says(
    gold: str, answer: str, problem: str | None, verdict: str
) -> None:
    assert compare(Pair.of(gold, answer, problem)).verdict == verdict
