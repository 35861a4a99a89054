"""What can't be verified goes for its own reason, each reason can be switched off, and nothing else goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.recipe import Screening
from datagen.screen.demands import asks_only_for_proof
from datagen.screen.verifiable import why_unverifiable
from datagen.tables import Problem
from datagen.texts import problem_id

SWITCHES = {
    "missing_answers": ("What is 2 + 3?", "See solution"),
    "binary_answers": ("Is 7 a prime?", "Yes"),
    "stated_answers": ("Prove that $x = 3$. Find $x$.", "3"),
    "proofs": ("Prove that $\\sqrt 2$ is irrational.", "0"),
    "multi_part_answers": ("(a) Find $x$ if $x + 1 = 6$. (b) Find $y$ if $2y = 6$.", "3"),
    "missing_figures": ("In the diagram below, find the area of the shaded region.", "12"),
    "not_mathematics": ("Solve the crossword puzzle. You are given a clue: big cat (4)", "lion"),
}


def why(text: str, answer: str = "5", **settings: object) -> tuple[str, str] | None:
    problem = Problem("row", problem_id(text), text, answer, "mine", "0", "rev", "mit")
    return why_unverifiable(problem, Screening.model_validate(settings))


def reason(text: str, answer: str = "5") -> str | None:
    found = why(text, answer)
    return found and found[0]


@pytest.mark.parametrize("setting", SWITCHES)
def test_each_reason_has_a_switch_that_keeps_the_problem(setting: str) -> None:
    text, answer = SWITCHES[setting]
    assert why(text, answer) is not None
    assert why(text, answer, **{setting: "keep"}) is None
    assert why(text, answer, **(dict.fromkeys(SWITCHES, "keep") | {setting: "drop"})) == why(text, answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("See solution", "no_answer"),
        ("\\text{Answers may vary}", "no_answer"),
        ("Not given", "no_answer"),
        ("?", "no_answer"),
        ("...", "no_answer"),
        ("—", "no_answer"),
        ("Proof", "proof"),
        ("Q.E.D.", "proof"),
        ("\\emptyset", None),
        ("∅", None),
        ("None", None),
        ("no solution", None),
        ("-1", None),
        ("n", None),
        ("北", None),
    ],
)
def test_an_answer_that_only_points_elsewhere_is_none(answer: str, expected: str | None) -> None:
    assert reason("What is it?", answer) == expected


@pytest.mark.parametrize(
    ("problem", "is_proof"),
    [
        ("Prove that $\\sqrt{2}$ is irrational.", True),
        ("Let $a,b>0$. Show that $a+b \\ge 2\\sqrt{ab}$.", True),
        ("Given $m \\geq 2$,prove that: $x^m \\ge 0$", True),
        ("a) Prove that it converges. b) Show that its limit is rational.", True),
        ("Show that one can find such a set.", True),
        ("Show that the value is constant and find it.", False),
        ("Prove that f is linear. Determine f(3).", False),
        ("Determine, with proof, the least n.", False),
        ("What is the least n? Prove that it is.", False),
        ("Prove or disprove: every good set is regular.", False),
        ("We will show that there are n such pairs; how many are there", False),
        ("The proof shows that x is 3. Compute x.", False),
        ("A survey shows that 3 in 4 agree. The mean is ____.", False),
        ("The graphs show that demand falls. Estimate it.", False),
        ("\n" * 100_000 + "Prove that it is", True),
        ("If each of the 12 witnesses can prove that 3 lie, the number of liars is", False),
    ],
)
def test_a_problem_is_a_proof_only_when_proving_is_all_it_asks(problem: str, is_proof: bool) -> None:
    assert asks_only_for_proof(problem, problem.lower()) is is_proof


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("Show that the answer is 5.", "5"),
        ("Find the largest such $n$. The answer is $\\frac{1}{2}$.", "\\frac{1}{2}"),
        ("How many are there? Answer: 12", "12"),
        ("Find $AP$. We have $AP = 2\\sqrt{6}$, so the length squared is $\\boxed{096}$", "96"),
        ("Prove that the sum is equal to $14$. Find the sum.", "14"),
        ("Verify that $x=3$ and find $x$.", "3"),
    ],
)
def test_an_answer_that_the_problem_states_is_found_in_its_words(problem: str, answer: str) -> None:
    assert reason(problem, answer) == "stated_answer"


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("What is $2+3$? (A) 3 (B) 4 (C) 5", "5"),
        ("What is $2+3$? (A) 3 (B) 4 (C) 5", "C"),
        ("Find 5 numbers whose sum is 5.", "5"),
        ("Show that $f(x) = 1$ has one root, and find $f(2)$.", "1"),
        ("Write the answer as a fraction. The answer is in the form $\\frac{a}{5}$. Find $a$.", "5"),
        ("Count the roots. If there are none, the answer is 0.", "0"),
        ("What is 1+1? The final answer is 2. Now what is 4-2?", "2"),
        ("What is the coefficient? Solution: \\boxed{1}. Subproblem 1: what is the degree?", "1"),
        ("Show that the limit exists and find it.", "it"),
        ("The answer is never 5. What is it?", "4"),
    ],
)
def test_an_answer_that_happens_to_stand_in_the_problem_is_not_stated(problem: str, answer: str) -> None:
    assert reason(problem, answer) is None


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("Find x and y.", "(a) 3 (b) 5"),
        ("Find x and y.", "1) $3$ 2) $5$"),
        ("Find x and y.", "1. It diverges. 2. It converges."),
        (
            "(1) If $a=1$, find the general formula of $a_n$. (2) If it is unique, find the value of $a$.",
            "\\frac{1}{3}",
        ),
        ("i) How many paths are there? ii) How many of them are short?", "20"),
        ("What are its a) first three digits? b) first four digits?", "1000"),
        ("1. Compute $2+3$.\n2. Compute $3+4$.\n3. Compute $4+5$.", "5, 7"),
    ],
)
def test_several_questions_need_as_many_answers(problem: str, answer: str) -> None:
    assert reason(problem, answer) == "multi_part_answer"


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("Solve $x^2-3x+2=0$.", "x=1 or x=2"),
        ("Solve the system.", "(1,2),(3,4)"),
        ("Find the domain.", "(-\\infty, 1) \\cup (1, 3) \\cup (3, \\infty)"),
        ("Factor it.", "(a + b)(a + c)(b + c)"),
        ("(a) Find $x$. (b) Find $y$.", "3, 5"),
        ("(a) Find $x$. (b) Find $y$. Give the sum of both.", "8"),
        ("a) How many are red? b) How many are blue? Please provide the sum of the answers for a) and b).", "9"),
        ("Find the smallest $n$ such that (i) $n$ is even, (ii) $n > 3$, and (iii) $3$ divides $n$.", "6"),
        ("Which is largest? (a) one (b) two (c) three", "c"),
        ("A game has two rules: 1. A player who draws a spade loses. 2. The others go on. How many rounds?", "4"),
    ],
)
def test_one_answer_of_several_values_and_parts_that_ask_nothing_stay(problem: str, answer: str) -> None:
    assert reason(problem, answer) is None


@pytest.mark.parametrize(
    "problem",
    [
        "As shown in the figure, $ABCD$ is a square of side $4$. Find the area of the shaded region.",
        "What is the value of $x$ in the diagram?",
        "In the figure, $AC=13$ and $DC=2$ units. What is the length of the segment $BD$?",
        "The graph of $y=f(x)$ is shown below. How many solutions does the equation $f(f(x))=6$ have?",
        "The areas of four of the triangles are as indicated in the figure. Find the area of triangle $ABC$.",
        "A set of three points is chosen at random from the grid shown. What is the probability that the points lie on "
        "the same straight line? Each set of three points has the same probability of being chosen.",
        "What is the area of this triangle? ![](https://example.com/a.png)",
        "Find the angle. [img]https://example.com/a.png[/img]",
        "如图，求角 $x$ 的度数。![](https://example.com/a.png)",
    ],
)
def test_a_problem_that_leaves_something_to_a_drawing_goes(problem: str) -> None:
    assert reason(problem) == "missing_figure"


@pytest.mark.parametrize(
    "problem",
    [
        "In the figure, what is $x$? [asy]\ndraw((0,0)--(3,0)--(0,4)--cycle);\n[/asy]",
        "What is $x$ in the diagram? \\begin{tikzpicture}\\draw (0,0) -- (1,1);\\end{tikzpicture}",
        "The results are shown in the table. How many are red?\n| red | blue |\n|-----|------|\n| 5 | 7 |",
        "The first rows are shown below. $$\\begin{array}{c} 1 \\\\ 1\\;1 \\end{array}$$ What is the sum of row five?",
        "As shown in the figure, triangle $ABC$ has $AB = 3$, $BC = 4$ and a right angle at $B$. Let $M$ be the "
        "midpoint of side $AC$. Find the length of $BM$.",
        "Points $D$, $E$ and $F$ lie on the sides of triangle $ABC$ as shown, so that $AD$, $BE$ and $CF$ meet at $P$. "
        "Given that $AP=6$, $BP=9$, $PD=6$, $PE=3$ and $CF=20$, find the area of triangle $ABC$ (see the figure).",
        "As shown by Euler, the series converges. Find its sum.",
        "It can be shown that $f$ is linear. Find $f(5)$.",
        "Two dice are rolled. What is the probability that the numbers shown are equal?",
        "Give your answer to two significant figures: how long is a mile in metres?",
        "A figure skater spins $2250$ degrees. Which way does she face?",
        "What is the image of the point $(1,1)$ under the reflection across the line $y = x + 1$?",
        "Find the area between the curve $y = x^2$ and the line below it.",
        "如图，求角 $x$ 的度数。",
    ],
)
def test_a_drawing_that_is_there_or_not_needed_takes_nothing_away(problem: str) -> None:
    assert reason(problem) is None


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("Solve the crossword puzzle. You are given a clue and the number of letters: ship's master (7)", "captain"),
        ("Write a Python function that returns the sum of a list.", "sum"),
        ("Write a program that reads two integers from standard input and prints their sum.", "a+b"),
        ("What does this Python code print?\n```python\nprint(2+3)\n```", "5"),
        ("What is the IUPAC name of CH3CH2OH?", "ethanol"),
        ("Which enzymes repair DNA after a mutation of the gene? (A) ligases (B) lipases (C) none", "A"),
    ],
)
def test_what_is_plainly_another_subject_goes(problem: str, answer: str) -> None:
    assert reason(problem, answer) == "not_mathematics"


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("It is impossible to fill a crossword puzzle with 2 rows and 2 columns using these numbers. How many?", "25"),
        ("A computer program prints every integer from 1 to 100. How many digits does it print?", "192"),
        ("Find the wavelength of a photon that an electron of the hydrogen atom emits, in angstroms.", "4100"),
        ("An acid has hydrogen, oxygen and carbon in the ratio 1:2:1. How many moles of hydrogen?", "\\frac{1}{2}"),
        ("An electron, a proton and a neutron stand in a row. In how many orders?", "6"),
        ("Write a function $f$ that satisfies $f(x+y) = f(x)f(y)$ and $f(1) = 2$.", "2^x"),
        ("Which of the cells is white? (A) the first (B) the second", "A"),
    ],
)
def test_mathematics_in_the_words_of_another_subject_stays(problem: str, answer: str) -> None:
    assert reason(problem, answer) is None


@pytest.mark.parametrize(
    "text",
    [
        "证明：根号二是无理数。",
        "Докажите, что число иррационально.",
        "Demuestre que es irracional.",
        "اثبت أن العدد غير نسبي",
    ],
)
def test_no_text_in_another_language_goes_for_its_words(text: str) -> None:
    assert reason(text) is None


@pytest.mark.parametrize("nothing", ["", " ", "$$ $$", "\\frac{1}{2}", "$x^2=4$", "...", "\x00", "\ud800"])
def test_a_text_without_words_is_no_reason(nothing: str) -> None:
    assert reason(nothing) is None


@pytest.mark.parametrize(
    "piece",
    ["prove that ", "show that x is 5. ", "show that x = 5 and find y ", "the answer is 5. ", "answer: 5 ",
     "\\boxed{5} ", "\\boxed{{{", "$(a) find ", "a) find x? b) find y? ", "(b) ? (a) ", "in the figure ", "![", "\\(",
     "write a python ", "crossword ", "can  ", "\n", " ", "如图"],
)  # fmt: skip
def test_a_megabyte_of_openings_gets_its_answer(piece: str) -> None:
    why((piece * (1_000_000 // len(piece) + 1))[:1_000_000])


WORDS = st.sampled_from(
    ["prove", "show that", "find", "$x$", "=", "3", "(a)", "(b)", "?", ".", "the answer is", "as shown",
     "in the figure", "[asy]", "![](a.png)", "shaded", "\\boxed{3}", "Write a Python program", "\n", "\\(", "$"]
)  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(WORDS).map(" ".join)), st.one_of(st.text(), st.lists(WORDS, max_size=4).map(" ".join))
)
def test_any_row_gets_a_reason_with_its_detail_or_none(text: str, answer: str) -> None:
    found = why(text, answer)
    assert found is None or (all(found) and len(found[1]) < 600)
