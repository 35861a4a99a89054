r"""Exact numbers: whatever is read is exact, what is no plain number is not read, nothing large is computed."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.verify.numbers import Number, read_number
from datagen.verify.rounding import same_when_rounded


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7,425,000", "7425000"),
        ("1 000", "1000"),
        ("1000,99", "1000.99"),
        ("1.000,99", "1000.99"),
        ("0,111", "0.111"),
        (".5", "0.5"),
        ("1\\frac{4}{5}", "9/5"),
        ("-1 1/2", "-3/2"),
        ("\\frac{-35}{9}", "-35/9"),
        ("-\\frac{35}{9}", "-35/9"),
        ("2^2 \\cdot 3^3", "108"),
        ("1.5\\times 10^{-3}", "0.0015"),
        ("-2^2", "-4"),
        ("2^{-2}", "1/4"),
        ("10!", "3628800"),
        ("\\binom{10}{3}", "120"),
        ("(9+1)", "10"),
        ("0.\\overline{3}", "1/3"),
        ("0.1\\overline{6}", "1/6"),
        ("{5}", "5"),
    ],
)
def test_plain_arithmetic_is_read_exactly(text: str, value: str) -> None:
    number = read_number(text)
    assert number is not None
    assert number.value == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "x", "\\pi", "1, 2", "12,34,567", "2 3", "9^{9^9}", "2^{99999}", "1000!", "1/0", "--5", "(", "1+", "1/2(3)", 
     "(" * 50 + "1" + ")" * 50, "\\frac{1}{2}\\frac{1}{2}", "5^2!", "7" * 1000, "\\sqrt{4}", "1..2", "{"],
)  # fmt: skip
def test_what_is_no_plain_number_is_left_to_others(text: str) -> None:
    assert read_number(text) is None


@settings(deadline=None)
@given(st.fractions(max_denominator=10_000))
def test_every_fraction_is_read_in_each_of_its_spellings(value: Fraction) -> None:
    sign, top, bottom = "-" if value < 0 else "", abs(value.numerator), value.denominator
    for text in (f"{sign}{top}/{bottom}", f"{sign}\\frac{{{top}}}{{{bottom}}}", f"\\frac{{{sign}{top}}}{{{bottom}}}"):
        assert read_number(text) == Number(value)


@settings(deadline=None)
@given(st.text(alphabet="0123456789+-*/^(){}!., \\fracbinomtest"))
def test_no_text_makes_the_arithmetic_large_or_fail(text: str) -> None:
    number = read_number(text)
    assert number is None or number.value.numerator.bit_length() <= 4096


@pytest.mark.parametrize(
    ("gold", "answer", "asked", "same"),
    [
        ("0.333", "1/3", None, True),
        ("1/3", "0.333", None, False),
        ("1/3", "0.333", 3, True),
        ("1/3", "0.33", 3, False),
        ("0.25", "63/250", None, False),
        ("12.5", "137/11", None, False),
        ("7.78", "70/9", None, True),
        ("7.78", "7.7778", None, False),
        ("7.78", "7.7778", 2, True),
        ("7.78", "7.79", 2, False),
        ("3.15", "3.14159", 2, False),
        ("14", "27/2", 0, False),
    ],
)
def test_a_decimal_stands_for_an_exact_number_only_where_rounding_is_meant(
    gold: str, answer: str, asked: int | None, same: bool
) -> None:
    one, other = read_number(gold), read_number(answer)
    assert one is not None
    assert other is not None
    assert same_when_rounded(one, other, asked) is same
