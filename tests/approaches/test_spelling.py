"""The mathematics of a text, whatever its spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.approaches.spelling import expressions_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\( \left( x + 2 \right)\left( x - 2 \right) \)", "$(x+2)(x-2)$"),
        (r"\dfrac{1}{2}", "1/2"),
        (r"\frac{ x + 1 }{3}", r"\tfrac{x+1}{3}"),
        (r"3 \cdot x", "3x"),
        (r"3 \times 4", "3 * 4"),
        ("3 × 4 − 1", r"3 \cdot 4 - 1"),
        (r"x^{2}", "x²"),
        (r"2^{10}", "2¹⁰"),
        (r"\sqrt{3}", "√3"),
        (r"1{,}024", "1024"),
        ("1,024 apples", "1024"),
        ("4 + 3x", "3x + 4"),
        ("b * a", "a * b"),
        (r"12 \text{ cm}", "12"),
        ("*n* + 1", "n + 1"),
        ("5(6)", "5 * 6"),
        (r"\angle A = 90^\circ", r"\angle A = 90"),
        (r"α + 1", r"\alpha + 1"),
    ],
)
def test_two_spellings_are_one_expression(one: str, other: str) -> None:
    assert expressions_in(one) == expressions_in(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("2^3", "3^2"), ("a - b", "b - a"), ("a/b", "b/a"), ("12", "1 2"), (r"\sin x", r"\cos x"), ("f'(x)", "f(x)")],
)
def test_two_expressions_stay_two(one: str, other: str) -> None:
    assert expressions_in(one) != expressions_in(other)


def test_words_layout_and_relations_are_no_part_of_an_expression() -> None:
    text = "### Step 1\n\n1. **Okay**, so I'm adding: we have $3 + 4 = 7$, hence\n- 7 \\leq n + 1. It's done."
    assert expressions_in(text) == ["1", "3+4", "7", "7", "1+n"]


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(isinstance(one, str) for one in expressions_in(text))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["3+4", "x^2-1", r"\frac{1}{2}", r"\sqrt{5}", "f(2)", "17"]), min_size=1))
def test_blanks_and_delimiters_change_no_expression(formulas: list[str]) -> None:
    plain = expressions_in("\n".join(formulas))
    assert expressions_in("".join(f"so we get \\[ {one} \\]\n\n" for one in formulas)) == plain
    assert expressions_in(" and then ".join(f"$ {one} $" for one in formulas)) == plain
