"""How far apart two paths are: by their mathematics, not by their words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.approaches import approach_of, distance

PROBLEM = "Find the sum of all odd numbers from $1$ to $99$."
BY_PAIRS = r"""
Pair the first with the last: $1 + 99 = 100$, and $3 + 97 = 100$. There are $50$ odd numbers, so $50 / 2 = 25$ pairs.
The sum is $25 \cdot 100 = 2500$. $\boxed{2500}$
"""
BY_PAIRS_IN_OTHER_WORDS = r"""
Okay, so I need to add them all up. Let me put the smallest one together with the greatest one, that is \(1+99 = 100\);
likewise \(3+97=100\). How many do we have? It's 50 of them, which makes \( \dfrac{50}{2} = 25 \) couples, and
all of them together give \[ 25 \times 100 = 2500 . \] Therefore the answer is \(\boxed{2500}\).
"""
BY_SQUARES = r"""
The sum of the first $n$ odd numbers is $n^2$. The last one is $2n - 1 = 99$, so $2n = 100$ and $n = 50$.
Hence the sum is $50^2 = 2500$. $\boxed{2500}$
"""
HOSTILE = {
    "one word": "a" * 10**6,
    "a word that ends in a capital": "a" * 10**6 + "B",
    "capitals": "A" * 10**6 + "a",
    "apostrophes": "a'" * (10**6 // 2),
    "backslashes": "\\" * 10**6,
    "fractions that never close": "\\frac{" * (10**6 // 6),
    "fractions in fractions": "\\frac{1}{" * (10**5) + "}" * 10**5,
    "texts that never close": "\\text{a" * (10**6 // 7),
    "boxes": "\\boxed{" * (10**6 // 7),
    "braces": "{" * 10**6,
    "brackets": "(" * 10**6,
    "stars": "*" * 10**6,
    "stars around letters": "*a" * (10**6 // 2),
    "commas": "1," * (10**6 // 2),
    "thousands": "1,000" * (10**6 // 5),
    "blanks": " " * 10**6,
    "lines of blanks": ("\n" + " " * 20) * (10**6 // 21),
    "numbers": "1 " * (10**6 // 2),
    "one number": "1" * 10**6,
    "points": "." * 10**6,
    "relations": "x=" * (10**6 // 2),
    "superscripts": "²" * 10**6,
    "signs of no spelling": "\U0001f600" * 10**6,
    "lone surrogates": "\ud800" * 10**6,
}


def test_other_words_leave_a_path_nearer_than_other_mathematics() -> None:
    pairs, reworded, squares = (approach_of(text, PROBLEM) for text in (BY_PAIRS, BY_PAIRS_IN_OTHER_WORDS, BY_SQUARES))
    assert distance(pairs, reworded) < 0.1
    assert distance(pairs, squares) > 0.6


def test_what_the_problem_says_and_the_answer_bring_no_two_paths_together() -> None:
    one = approach_of("We add $1$ to $99$ as $10 + 7$. $\\boxed{2500}$", PROBLEM)
    other = approach_of("We add $1$ to $99$ as $5 - 20$. The answer is $2500$, $\\boxed{2500}$", PROBLEM)
    assert distance(one, other) == 1


def test_another_name_for_a_variable_is_no_other_approach() -> None:
    named = "Let it be $X$. Then $3X + 4 = 19$, so $3X = 15$ and $X = 5$."
    one, other = (approach_of(named.replace("X", name), "") for name in "xn")
    another = approach_of("Try $2 \\cdot 3 + 4 = 10$, then $5 \\cdot 7 - 16$.", "")
    assert distance(one, other) < distance(one, another)


PARTS = ["$3+4=7$", "so", "$x^2-1$", "1/2", "$\\sqrt{5}$", "f(2)=17", "\n", "é²"]
TEXTS = st.lists(st.sampled_from(PARTS)).map(" ".join)


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_the_distance_is_symmetric_within_bounds_and_nothing_for_the_path_itself(
    text: str, another: str, problem: str
) -> None:
    one, other = approach_of(text, problem), approach_of(another, problem)
    assert distance(one, other) == distance(other, one)
    assert 0 <= distance(one, other) <= 1
    assert distance(one, one) == pytest.approx(0, abs=1e-12)


FILLERS = ["Okay, so I need to think.", "Hmm, wait.", "Let me double-check that!", "## Solution", "Step by step:"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(FILLERS), min_size=4, max_size=4))
def test_talk_between_the_lines_changes_nothing(fillers: list[str]) -> None:
    talked = "\n".join(f"{filler}\n\n{line}" for filler, line in zip(fillers, BY_PAIRS.split("\n"), strict=True))
    assert distance(approach_of(talked, PROBLEM), approach_of(BY_PAIRS, PROBLEM)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_read_to_its_end(text: str) -> None:
    """Each has a million characters: what takes more than linear time would not end."""
    read = approach_of(text, PROBLEM)
    assert distance(read, approach_of(BY_PAIRS, PROBLEM)) <= 1
    assert len(approach_of(text, text).steps) == 0
