"""Golds as sources have them: whatever comes in, a text to compare with or the reason why there is none."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.verify.gold import Gold, read_gold


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("5", "5"),
        ("  5 ", "5"),
        ("5 cm", "5 cm"),
        ("\\begin{pmatrix}1\\\\\n2\\end{pmatrix}", "\\begin{pmatrix}1\\\\\n2\\end{pmatrix}"),
        (5, "5"),
        (5.0, "5.0"),
        (-0.25, "-0.25"),
        (1e22, "1" + "0" * 22),
        (1e-7, "0.0000001"),
        (Decimal("1.50"), "1.50"),
        (Fraction(1, 3), "1/3"),
        (float("inf"), "\\infty"),
        (True, "True"),
        (np.int64(5), "5"),
        (np.float32(0.1), "0.1"),
        (np.str_("5"), "5"),
    ],
)
def test_text_and_numbers_are_read_as_they_stand(gold: object, text: str) -> None:
    assert read_gold(gold) == Gold(text)


@pytest.mark.parametrize(
    "gold",
    [
        ["5"],
        ("5",),
        [5],
        ["5", " 5 "],
        ["5", None],
        ["5", float("nan"), ""],
        np.array([5]),
        np.array(5),
        np.array(["5", "5"]),
        ["so it is $\\boxed{5}$", "5"],
    ],
)
def test_a_list_that_says_one_thing_is_that(gold: object) -> None:
    assert read_gold(gold) == Gold("5")


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("\\boxed{7}", "7"),
        ("We add 3 and 4.\n\nSo the sum is $\\boxed{7}$.", "7"),
        ("<think>It is 3, or \\boxed{4}?</think>No: \\boxed{7}", "7"),
        ("Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n#### 72", "72"),
        ("We add both numbers, which gives seven. The final answer is 7.", "7"),
    ],
)
def test_a_whole_solution_is_the_answer_that_it_ends_with(gold: str, text: str) -> None:
    assert read_gold(gold) == Gold(text)


@pytest.mark.parametrize(
    ("gold", "reason"),
    [
        (None, "empty-gold"),
        ("", "empty-gold"),
        (" \n", "empty-gold"),
        (float("nan"), "empty-gold"),
        (np.float64("nan"), "empty-gold"),
        (Decimal("sNaN"), "empty-gold"),
        ([], "empty-gold"),
        ([None, ""], "empty-gold"),
        (np.array([]), "empty-gold"),
        (["5", "6"], "several-golds"),
        ((1, 2), "several-golds"),
        ({"answer": 5}, "not-text"),
        (b"5", "not-text"),
        ([{"answer": 5}], "not-text"),
        ([["5"]], "not-text"),
        (1 + 2j, "not-text"),
        (object(), "not-text"),
        (10**4000 * 10**4000, "too-long"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_gold_that_cannot_be_read_says_why(gold: object, reason: str) -> None:
    assert read_gold(gold) == Gold(None, reason)


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(ANYTHING)
def test_whatever_comes_in_is_a_text_or_a_reason(gold: Any) -> None:
    read = read_gold(gold)
    assert (read.text is None) == bool(read.method)
    assert read.text is None or read.text.strip()
