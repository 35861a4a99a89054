"""The normal form of problems: another dress is one form, other mathematics is another form, and no script is lost."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.normalising import normal_parts, normalise
from datagen.texts import problem_id

PIECES = r"""
\frac \dfrac { } { } a b ab ' ^ \prime \text \mathrm [asy] [/asy] [ ] asy / 1 23 , 000 . ... \left \\ \ & $ $
已 知 已知 ， ² ½
① º ℃ \times * ** `` '' - abc ![x](y) \begin{ align} \end{ pmatrix \includegraphics _ ~ \pmod \degree ! ŉ İ ſ α π ٣ .5 #
"""
MORE = [" ", "\n", "\f", "\u200b", "\u0301", "## Task 1\n", "12. ", "Problem 3. ", "(12 points) ", "[ asy ]"]
FRAGMENTS = st.sampled_from([*PIECES.split(), *MORE])
TEXTS = st.lists(FRAGMENTS | st.text(max_size=3), max_size=25).map("".join)


@settings(deadline=None, max_examples=1000)
@given(TEXTS)
def test_a_normal_form_is_its_own(text):
    once = normalise(text)
    assert normalise(once) == once
    assert once == " ".join(once.split(" ")).strip()


@settings(deadline=None, max_examples=300)
@given(TEXTS, TEXTS)
def test_small_and_capital_letters_and_blanks_at_the_ends_decide_nothing(one, other):
    text = f"{one} x {other}"
    assert normalise(f"  \n{text}\n ") == normalise(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Find $x²$.", "Find $x^{2}$"),
        ("Find $10⁻³$", "Find $10^{-3}$"),
        ("Take ½ of it", r"Take $\frac{1}{2}$ of it"),
        ("It is 3/5.", r"It is $\dfrac35$."),
        ("a_{1}+a₂", "a_1+a_2"),
        ("x ≤ 3", r"$x \leqslant 3$"),
        ("x ≠ 3", r"$x \not= 3$"),
        ("2 × 3", r"$2 \cdot 3$"),
        ("30°", r"$30^{\circ}$"),
        (r"\sin x", r"\operatorname{sin} x"),
        (r"$\triangle A B C$", r"\(\triangle ABC\)"),
        ("$2 x y$", "$2xy$"),
        ("1,000,000", r"1{,}000{,}000"),
        (r"1\,000", "1000"),
        ("two-digit $x$-axis", "two digit x axis"),
        (r"$$x \text{ and } y$$", r"\[x and y\]"),
        (r"\begin{align*} x &= 3 \\ y &= 4 \end{align*}", "x = 3, y = 4"),
        ("f''(x)", r"f^{\prime\prime}(x)"),
        ("Problem 3. Find it.", "Find it."),
        ("**Problem 3.** Find it.", "Find it"),
        ("12. Find it", "## Task B-1.3.\nFind it"),
        ("(12 points) Find it", "(2019 AMC 10A #5) Find it"),
        ("“Find” it…", "``Find'' it..."),
        ("Find \x0crac{1}{2}", r"Find \frac{1}{2}"),
        ("x &lt; 3", "x < 3"),
        (r"the $100^{\text{th}}$ day", "the 100th day"),
        (r"$a\plus{}b\equal{}3$", "$a+b=3$"),
        ("α+β", r"$\alpha+\beta$"),
        ("٣ + ٤", "3 + 4"),
        ("已知 三角形， $A B C$", "已知三角形ABC"),
        ("See [asy]draw(A--B);[/asy] and find x", "See and find x [asy] draw(A -- B); [/asy]"),
    ],
)
def test_another_dress_is_the_same_problem(one, other):
    assert normalise(one) == normalise(other)
    assert problem_id(one) == problem_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x²", "x2"),
        ("2½", "21/2"),
        ("①2", "12"),
        ("x^1/2", "x^{1/2}"),
        ("Let $a, b$ be", "Let $ab$ be"),
        (r"\sqrt{a} b", r"\sqrt{ab}"),
        (r"$\sqrt a b$", r"$\sqrt{a b}$"),
        (r"\frac{1}{a} b", r"\frac{1}{ab}"),
        ("0.333...", "0.333"),
        ("a \\subset b", "a \\subseteq b"),
        ("a \\times b", "a \\cdot b"),
        (r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", r"\begin{pmatrix}1 & 2 & 3 & 4\end{pmatrix}"),
        ("3. Find it", "Find it 3"),
        ("3.5 is what of 7?", "5 is what of 7?"),
        ("The area [asy]draw(1);[/asy]", "The area [asy]draw(2);[/asy]"),
        ("The area ![](a.png)", "The area ![](b.png)"),
        ("a-b", "a+b"),
        ("a-b", "ab"),
        ("x = -3", "x = 3"),
        ("已知三角形", "已知四角形"),
    ],
)
def test_other_mathematics_is_another_problem(one, other):
    assert problem_id(one) != problem_id(other)


def test_drawings_stand_apart_from_the_words():
    parts = normal_parts("In [asy]draw((0,0)--(1,1));[/asy] the figure, find $x$ ![](http://a.b/c.png)")
    assert parts.words == "in the figure find x"
    assert parts.drawings == ("draw ( ( 0 , 0 ) - - ( 1 , 1 ) ) ;", "] ( http : / / a . b / c . png )")
    assert normal_parts("[asy] never closed").words == "( asy ) never closed"


@settings(deadline=None)
@given(st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=40))
def test_a_text_that_says_something_is_not_empty_in_any_script(text):
    assert normalise(text)


UNITS = [
    "a ",
    "{",
    "{x ",
    "}",
    "[asy]",
    "$a b$ ",
    "**a ",
    "``a",
    "1,000,",
    "12. A",
    "# a\n",
    "^{\\prime}",
    "![",
    "![a](",
    "<img ",
    "^",
    "\\(a b ",
    "\u0315\u0300",
    "\u0f73\u0f74",
    "\uff9e\u0300",
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_as_the_text_does(unit):
    def cost(repeats):
        begun = time.process_time()
        normalise(f"{unit * repeats} x'")
        return time.process_time() - begun

    cost(1000)
    # ten times the text; a quadratic step would take a hundred times as long
    assert min(cost(20_000) for _ in range(3)) < 40 * max(min(cost(2000) for _ in range(3)), 1e-4)
