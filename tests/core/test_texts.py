"""When two texts are one: normalising keeps apart what differs in mathematics, and says the same twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.normalising import normalise
from datagen.texts import digest, problem_id, say_the_same, words_of

LATEX = st.text(alphabet=" abxyIſßİ0123456789.,;:!?'\"’′`{}()[]$\\^_+-*/=<>|~&#\n\té·ﬁ½…", max_size=60)
ANY_TEXT = st.one_of(LATEX, st.text(max_size=60))


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 3 + 4?", "What is 3 + 5?"),
        ("What is 1.5 + 2?", "What is 15 + 2?"),
        ("What is .5?", "What is 5?"),
        ("What is 3.5?", "What is 35?"),
        ("Find f'(2).", "Find f(2)."),
        ("Find f''(2).", "Find f'(2)."),
        ("Find f′(2).", "Find f(2)."),
        ("Find 5!", "Find 5"),
        ("Find 3 + 4.", "Find 3 - 4."),
        ("Find 3 * 4.", "Find 3 / 4."),
        ("Solve x < 3.", "Solve x > 3."),
        ("Solve x < 3.", "Solve x \\le 3."),
        ("Find \\frac{1}{23}.", "Find \\frac{12}{3}."),
        ("Find 2^{12}.", "Find 2^{1}2."),
        ("Find |x|.", "Find x."),
        ("Find \\sin x.", "Find \\cos x."),
    ],
)
def test_problems_that_differ_in_mathematics_stay_apart(one: str, other: str) -> None:
    assert problem_id(one) != problem_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Find $x$.", "Find \\(x\\)"),
        ("Find \\dfrac{1}{2}", "find  \\frac12".replace("12", "{1}{2}")),
        ("## Task B-1.3.\nFind x.", "Find x."),
        ("Let \\left( a \\right) be", "Let (a) be"),
        ("It is Alice’s turn", "It is Alice's turn"),
        ("Ｆind ｘ", "find x"),
        ("a,\\quad b", "a b"),
    ],
)
def test_the_same_problem_in_another_dress_has_the_same_name(one: str, other: str) -> None:
    assert problem_id(one) == problem_id(other)


def test_a_text_that_is_only_a_heading_is_still_compared() -> None:
    assert normalise("# Find x\n") == "# find x"


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=("Zs", "Cc")), min_size=1), min_size=1))
def test_paths_are_told_apart_by_words_and_not_by_blanks(words: list[str]) -> None:
    assert say_the_same(words_of(" ".join(words)), words_of("\n\n  ".join(words) + "\n"))


def test_a_path_with_another_opening_says_the_same_and_one_with_other_steps_does_not() -> None:
    steps = "subtract 3 x on both sides then add 4 so 4 x is 24 and hence x is 6"
    assert say_the_same(words_of(f"Okay. {steps}"), words_of(f"Alright, so: {steps}"))
    assert not say_the_same(words_of(steps), words_of("try x = 5 and x = 6 and see which of the two sides agree at 6"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2^{n+1}", "2^n+1"),
        ("\\sqrt{a b}", "\\sqrt{a} b"),
        ("3·5", "3.5"),
        (".5", "5"),
        ("\\frac{1}{2+3}", "\\frac{1}{2}+3"),
    ],
)
def test_what_differs_in_its_grouping_is_another_problem(one: str, other: str) -> None:
    assert problem_id(one) != problem_id(other)


@pytest.mark.parametrize(("one", "other"), [("x^{10}", "x^10"), ("{\\pi}", "\\pi"), ("\\dfrac{1}{2}", "\\frac 1 2")])
def test_braces_around_one_token_say_nothing(one: str, other: str) -> None:
    assert problem_id(one) == problem_id(other)


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.integers()), st.text())
def test_a_digest_depends_on_the_parts_and_not_on_their_order_in_a_mapping(
    settings_: dict[str, int], text: str
) -> None:
    reordered = dict(reversed(list(settings_.items())))
    assert digest(settings_, text) == digest(reordered, text)
    assert digest(settings_, text) != digest(settings_, text + "x")
    assert digest("a", "b") != digest("ab", "")


def test_half_of_a_surrogate_pair_has_a_name_too() -> None:
    assert len(problem_id("a \ud800 b")) == 16
