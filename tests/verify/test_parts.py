r"""Answers of several parts: what is ordered is compared in order, what is not is not, and no part is forgotten."""

import itertools

import pytest

from datagen.verify.equivalence import compare
from datagen.verify.pair import Pair

EQUAL = [
    ("(1, 2)", "\\left( 1,\\ 2 \\right)"),
    ("(1, \\frac{9}{2})", "(1, 4.5)"),
    ("(p,q,r)=(3,2,7)", "(3,2,7)"),
    ("1, -2", "-2, 1"),
    ("1, -2", "x = -2 \\text{ or } x = 1"),
    ("n=1, 2, 3", "3, 2, 1"),
    ("21,16 or 11", "11, 16, 21"),
    ("\\{1,2\\}", "2, 1"),
    ("(2,1),(1,2)", "(1,2), (2,1)"),
    ("p=5,q=2;p=7,q=2", "(7,2),(5,2)"),
    ("a_3 = 2, a_{37} = 19", "a_{37} = 19, a_3 = 2"),
    ("AB=4,CD=5", "4, 5"),
    ("x_1=1+\\sqrt{2}, x_2=1-\\sqrt{2}", "1-\\sqrt{2}, 1+\\sqrt{2}"),
    ("3 \\pm 2\\sqrt{2}", "3+2\\sqrt{2}, 3-2\\sqrt{2}"),
    ("\\pm 2021", "-2021, 2021"),
    ("x<3", "(-\\infty,3)"),
    ("-2\\le x\\le 7", "x\\in[-2,7]"),
    ("5 \\ge x", "x \\le 5"),
    ("(0,9)\\cup(9,36)", "(9,36) \\cup (0,9)"),
    (
        "\\begin{pmatrix} -1/3 \\\\ 2/3 \\end{pmatrix}",
        "\\begin{pmatrix} -\\frac{1}{3} \\\\ \\frac{2}{3} \\end{pmatrix}",
    ),
    ("\\begin{pmatrix} 1 \\\\ 2 \\\\ 3 \\end{pmatrix}", "(1,2,3)"),
    (
        "\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}",
        "\\left[\\begin{array}{cc}1 & 2 \\\\ 3 & 4\\end{array}\\right]",
    ),
    ("1000.99", "1000,99"),
    ("\\emptyset", "\\text{No solution}"),
    ("15\\mbox{ cm}^2", "15"),
    ("5\\text{ inches}", "5 in"),
    ("\\$32,\\!348", "32348"),
    ("28\\%", "28 percent"),
    ("12", "12^{\\mathrm{th}} \\text{ grade}"),
    ("4210_{5}", "4210_5"),
    ("2.45e6", "2.45 \\times 10^6"),
    ("y=2x+3", "y = 3 + 2x"),
    ("2x+4y-3=0", "y=-\\frac{1}{2}x+\\frac{3}{4}"),
    ("\\text{east}", "East"),
]
DIFFERENT = [
    ("(3,1)", "1, 3"),
    ("(1,2)", "[1,2]"),
    ("(2,\\infty)", "[2,\\infty)"),
    ("(1,2)", "(1,2,3)"),
    ("1, 2", "1, 2, 3"),
    ("1, 2, 3", "1, 2"),
    ("\\{1,2\\}", "(1,2)"),
    ("\\pm 2021", "2021"),
    ("4", "4, 5"),
    ("32349", "32, 349"),
    ("(2,1),(1,2)", "(1,2), (1,2)"),
    ("(0,9)\\cup(9,36)", "(-9,0)\\cup(9,36)"),
    ("x<3", "x>3"),
    ("x<3", "x\\le 3"),
    ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 5 \\end{pmatrix}"),
    ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}"),
    ("5\\text{ cm}", "5\\text{ m}"),
    ("5\\text{ cm}^2", "5\\text{ cm}^3"),
    ("4210_5", "4210_6"),
    ("4210_5", "4211"),
    ("x=5", "y=5"),
    ("a+3z=0", "0"),
    ("12:00", "1:00"),
    ("67", "67\\sim75"),
    ("5x-7y+11z+4=0", "5x-7y+11z-4=0"),
    ("2.45e6", "2.45 \\times 10^7"),
]


@pytest.mark.parametrize(("gold", "answer"), EQUAL)
def test_the_same_parts_are_equal_whichever_of_them_is_the_gold(gold: str, answer: str) -> None:
    assert compare(Pair.of(gold, answer)).verdict == "correct"


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_another_part_makes_another_answer(gold: str, answer: str) -> None:
    assert compare(Pair.of(gold, answer)).verdict == "wrong"


def test_a_list_is_equal_in_each_of_its_orders_and_a_tuple_in_one() -> None:
    parts = ("1", "\\sqrt{2}", "\\frac{\\pi}{3}")
    for order in itertools.permutations(parts):
        assert compare(Pair.of(", ".join(parts), ", ".join(order))).verdict == "correct"
        expected = "correct" if order == parts else "wrong"
        assert compare(Pair.of(f"({', '.join(parts)})", f"({', '.join(order)})")).verdict == expected
