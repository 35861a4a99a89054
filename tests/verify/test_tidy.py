r"""Tidy form: dress goes, meaning stays, and what is tidy stays as it is."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datagen.verify.tidy import tidy

PIECES = [
    "\\frac", "\\left(", "\\right)", "{", "}", "$", "\\,", "\\!", "~", " ", "1", "234", ".", ",", "\\text{a b}", "x",
    "√", "²", "½", "\\%", "\\$", "π", "\\\\", "\\{", "^", "_", "\\(", "\\)", "**", "\\sqrt", "\\dfrac", "−",
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("$\\dfrac{1}{2}\\,$.", "\\frac{1}{2}"),
        ("\\frac43", "\\frac{4}{3}"),
        ("\\frac9{19}", "\\frac{9}{19}"),
        ("\\left( 3,\\ \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"),
        ("10,\\!080", "10080"),
        ("11{,}111", "11111"),
        ("10\\,080", "10080"),
        ("(1,\\ 234)", "(1, 234)"),
        ("1, 234", "1, 234"),
        ("3√13", "3\\sqrt{13}"),
        ("5m²", "5m^2"),
        ("½", "\\frac{1}{2}"),
        ("−3", "-3"),
        ("$125$ miles", "125 miles"),
        ("\\$36", "\\$36"),
        ("90^{\\circ}", "90^\\circ"),
        ("\\begin{pmatrix} 1 \\\\ 484 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 484 \\end{pmatrix}"),
        ("1 \\quad 1/2", "1 1/2"),
        ("\\textbf{(B)}", "\\text{(B)}"),
        ("x \\leq 5", "x \\le 5"),
        ("5\u200b\u202e", "5"),
    ],
)
def test_dress_goes_and_meaning_stays(raw: str, expected: str) -> None:
    assert tidy(raw) == expected


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("1/2, 3\\,\\!000")
def test_a_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
