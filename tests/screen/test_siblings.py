"""Problems of one template with the same numbers: each is a problem of its own, and a rewording is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.contamination import BenchmarkIndex, Hit
from datagen.screen.siblings import swap_letters

SHAPE = (
    "For a constant $c,$ in {} coordinates $({}),$ find the shape that is described by the equation ${} = c.$ Sketch "
    "this shape beside the coordinate axes and explain your reasoning in full sentences."
)
BOXES = (
    "A carpenter fills identical wooden boxes with coloured marbles until every box holds the same colours. What is "
    "the {} number of boxes that he can fill when each colour occurs in an {} number of boxes?"
)
CHOICE = "Let $f(x)$ be an odd function{}. Is $f({})$ even, odd, or neither? Enter odd, even, or neither."


def find(known: str, row: str, known_answer: str | None = None, answer: str | None = None) -> Hit | None:
    problems = (BenchmarkProblem(0, known, known_answer),)
    return BenchmarkIndex([BenchmarkSet("exam", "rev", problems)]).find(f"{row} Explain.", answer)


@pytest.mark.parametrize("words", [("smallest", "even"), ("largest", "odd"), ("minimum", "even")])
def test_the_opposite_of_a_word_makes_another_problem(words):
    assert find(BOXES.format("largest", "even"), BOXES.format(*words)) is None


@pytest.mark.parametrize("word", ["largest", "greatest", "maximum", "maximal", "highest", "conceivable"])
def test_a_synonym_or_another_word_makes_no_other_problem(word):
    assert find(BOXES.format("largest", "even"), BOXES.format(word, "even")) is not None


def test_a_text_that_says_both_opposites_says_the_one_asked_for():
    known = BOXES.format("largest", "even")
    assert find(known, f"{known} After that, determine the smallest odd number that he can do without.") is not None


def test_a_letter_in_the_place_of_another_makes_another_problem():
    known = SHAPE.format("cylindrical", r"r,\theta,z", "z")
    row = SHAPE.format("cylindrical", r"r,\theta,z", r"\theta")
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, known),))])
    assert index.find(row) is None
    assert index.find(known.replace("For a", "For any")) is not None


@given(st.randoms(use_true_random=False), st.lists(st.sampled_from("abcxyz"), min_size=1, max_size=12))
def test_renaming_all_letters_is_no_swap_and_changing_some_to_others_of_the_text_is_one(draw, letters):
    words = [b"find", *(letter.encode() for letter in letters), b"where"]
    used = sorted(set(letters))
    renamed = dict(zip(used, draw.sample("abcdefghijklmnopqrstuvwxyz", len(used)), strict=True))
    permuted = dict(zip(used, draw.sample(used, len(used)), strict=True))
    for other in (renamed, permuted):
        assert not swap_letters(words, [b"find", *(other[letter].encode() for letter in letters), b"where"])
    if len(used) > 1:
        doubled = [*words, used[0].encode(), used[0].encode()]
        assert swap_letters(doubled, [*words, used[0].encode(), used[1].encode()])


def test_another_choice_of_those_that_both_texts_offer_makes_another_problem():
    known = CHOICE.format(", and let $g(x)$ be an even function", "f(g(f(g(f(x)))))")
    row = CHOICE.format("", "f(f(x))")
    assert find(known, row, r"\text{even}", r"\text{odd}") is None
    assert find(known, row, r"\text{even}", r"\text{even}") is not None


def test_an_answer_in_other_words_is_no_other_choice():
    known = (
        "Evelyn, Briana and Carla each ran one race on the same straight track. Which student ran the farthest of all "
        "three when each of them ran as long as she could?"
    )
    renamed = known.replace("Evelyn", "Ngozi")
    assert find(known, renamed, "Evelyn", "Ngozi") is not None
