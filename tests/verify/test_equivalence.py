"""Whether two answers are equal: safe pairs only, since a hostile one needs a worker (see test_workers)."""

import pytest

from datagen.verify.equivalence import compare, same_string
from datagen.verify.pair import Judgement, Pair


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("5", "5"),
        ("$5$", "5"),
        ("5", "\\(5\\)"),
        ("5", "5."),
        ("10", "10.0"),
        ("\\frac{1}{2}", "\\dfrac{1}{2}"),
        ("\\frac{1}{2}", "0.5"),
        ("\\frac12", "1/2"),
        ("1,000", "1000"),
        ("x^{2}+1", "x^2 + 1"),
        ("(x+1)^2", "x^2+2x+1"),
        ("2\\sqrt{2}", "\\sqrt{8}"),
        ("5", "x=5"),
        ("ab", "ba"),
        ("x < 3", "(-\\infty, 3)"),
        ("\\{1, 2\\}", "\\{2, 1\\}"),
        ("(1, 2)", "(1,2)"),
        ("30^\\circ", "30"),
        ("5\\text{ cm}", "5"),
        ("50\\%", "1/2"),
        ("50\\%", "50"),
        ("1/\\mathrm{e}", "e^{-1}"),
        ("1/2^{99}", "2^{-99}"),
        ("\\text{Monday}", "Monday"),
        ("A", "A"),
        ("A", "(A)"),
        ("A", "\\text{A}"),
        ("A", "A. Alice"),
        ("B", "(B) 12"),
        ("B", "\\textbf{(B) } 12"),
        ("(C)", "C"),
        ("C", "C: 5"),
    ],
)
def test_equal_answers_are_correct(gold: str, answer: str) -> None:
    assert compare(Pair.of(gold, answer)).verdict == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("5", "6"),
        ("5", "-5"),
        ("1/2^{99}", "1/2^{98}"),
        ("0", "10^{-30}"),
        ("10^{-30}", "0"),
        ("1-1/\\mathrm{e}", "1+1/\\mathrm{e}"),
        ("y=2x+1", "y=3x+1"),
        ("stop", "post"),
        ("\\text{stop}", "\\text{post}"),
        ("listen", "silent"),
        ("Yes", "No"),
        ("3", "3.0000000001"),
        ("i", "-i"),
        ("\\sin x", "\\cos x"),
        ("(1, 2)", "(2, 1)"),
        ("A", "B"),
        ("A", "B. Alice"),
        ("A", "(B)"),
        ("x+1", "x"),
    ],
)
def test_different_answers_are_wrong(gold: str, answer: str) -> None:
    assert compare(Pair.of(gold, answer)).verdict == "wrong"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("(1/2^{99}, 1)", "(1/2^{98}, 1)"),
        ("\\{1/2^{99}\\}", "\\{1/2^{98}\\}"),
        ("x + 1/2^{99}", "x + 1/2^{98}"),
        ("\\frac{11}{2}", "1 \\quad 1/2"),
        ("34", "3 \\quad 4"),
    ],
)
def test_different_numbers_within_an_answer_are_wrong(gold: str, answer: str) -> None:
    assert compare(Pair.of(gold, answer)).verdict == "wrong"


@pytest.mark.parametrize("gold", ["", " ", "$$", "Alice and Bob are tall", "\\text{the sum of both}"])
def test_a_gold_that_cannot_be_checked_is_named(gold: str) -> None:
    assert compare(Pair.of(gold, "5")).verdict == "bad_gold"


def test_the_step_that_decided_is_told() -> None:
    assert compare(Pair.of("5", "5.")) == Judgement("correct", "string")
    assert compare(Pair.of("A", "(A) 5")) == Judgement("correct", "choice")
    assert compare(Pair.of("Monday", "Sunday")) == Judgement("wrong", "words")
    assert compare(Pair.of("1/2", "0.5")) == Judgement("correct", "number")
    assert compare(Pair.of("\\sqrt{8}", "2\\sqrt{2}")) == Judgement("correct", "math-verify")
    assert compare(Pair.of("\\pi/2^{99}", "\\pi/2^{98}")) == Judgement("wrong", "evaluation")


def test_an_empty_answer_is_the_same_as_nothing() -> None:
    assert not same_string("", "")
    assert not same_string("$$", "")


@pytest.mark.parametrize(("gold", "answer"), [("15", "1.5"), ("5!", "5"), ("f'", "f"), ("a", "A"), ("1 2", "1,2")])
def test_equal_strings_are_equal_in_digits_points_primes_and_case(gold: str, answer: str) -> None:
    assert not same_string(gold, answer)
