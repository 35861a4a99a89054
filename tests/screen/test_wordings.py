"""What near duplicates look past, and what they never do: as in real rows, and under edits that nobody foresaw."""

import random
from collections import Counter

import pytest

from datagen.normalising import normalise
from datagen.screen.duplicates import Rules, find_duplicates
from datagen.screen.renaming import letters_of, renamed
from datagen.screen.similarity import Wording, certainly_one, likeness
from datagen.screen.trimmings import without_trimmings
from datagen.tables import Problem
from datagen.texts import problem_id
from tests.benchmarks.unseen import DATA, some_problems
from tests.screen.edits import Edit
from tests.screen.unseen_edits import UNSEEN_EDITS, UNSEEN_SIBLINGS

BASE = (
    "In triangle $PQR$, point $S$ lies on side $QR$ so that $QS = 4$ and $SR = 9$. A circle of radius $x^2 + 1$ passes "
    "through $S$ and is tangent to $PQ$. Labeled points divide the circle into positive arcs. Find the largest "
    "possible value of $x$ when the perimeter is $60$ or less."
)
THIRD = BASE.split(". ")[2]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Two rules hold:\n(1) $a > 1$;\n(2) $b > 2$.", "Two rules hold:\n$a > 1$;\n$b > 2$."),
        ("Two rules hold:\n1. $a > 1$\n2. $b > 2$", "Two rules hold:\n$a > 1$\n$b > 2$"),
        ("[list][*] one\n[*] two[/list]", "  one\n two "),
        ("the [i]price[/i] of a row", "the price of a row"),
        ("Find $n$.\n\n*Proposed by Georgia*", "Find $n$."),
        ("Find $n$.\n\n[i]Author: Gerhard W., Netherlands[/i]", "Find $n$."),
        ("Find $n$.\n ~ pi_is_3.14\n ~ momeme", "Find $n$."),
        ("Find $n$.\nDiagram\n[asy] draw(A--B); [/asy]", "Find $n$.\n[asy] draw(A--B); [/asy]"),
        ("the $i$ -th step and the 3rd one", "the $i$ th step and the third one"),
        ("(12 points) Please help! Find $n!$", "Please help. Find $n!$"),
    ],
)
def test_what_stands_beside_a_problem_is_looked_past(text: str, left: str) -> None:
    assert without_trimmings(text).split() == left.split()


@pytest.mark.parametrize(
    "text",
    [
        "Simplify $\\sqrt[b]{a}$, then $a[i] + 1$.",
        "The values are\n1. 5 and\n1. 7.",
        "Give\n2. the second\n3. the third",
        "Compute $5!$ and $(n+1)! - n!$.",
        "- 3 is the least of these numbers.",
        "Approximately ~ 7",
        "A motion was proposed by 12 members, how many voted?",
        "",
    ],
)
def test_mathematics_is_no_trimming(text: str) -> None:
    assert without_trimmings(text) == text


def alike(one: str, other: str) -> tuple[bool, bool]:
    """Whether two texts are alike, and certainly one problem."""
    here, there = Wording(without_trimmings(one)), Wording(without_trimmings(other))
    found = likeness(here, there, 0.85)
    return found is not None, found is not None and certainly_one(here, there)


CERTAIN = {
    "a form of a word": BASE.replace("Labeled", "Labelled"),
    "joints": BASE.replace("Find the", "Please determine the"),
    "a slip of the pen": BASE.replace("divide", "divdie"),
    "other letters for points": BASE.translate(str.maketrans("PQRS", "KUVW")),
    "another letter": BASE.replace("$x", "$y"),
    "sentences in another order": f"{THIRD}. {BASE.replace(f'{THIRD}. ', '')}",
    "courtesies around it": f"Hello! Could you please help me with this? {BASE} Thank you very much!",
}


@pytest.mark.parametrize("other", CERTAIN.values(), ids=CERTAIN)
def test_what_says_the_same_needs_no_answer_for_witness(other: str) -> None:
    assert alike(BASE, other) == (True, True)


UNCERTAIN = {
    "a lost sign": BASE.replace("x^2 + 1", "x^2 1"),
    "another name for what is asked": BASE.replace("passes through", "goes by"),
}


@pytest.mark.parametrize("other", UNCERTAIN.values(), ids=UNCERTAIN)
def test_a_copy_with_a_slip_is_one_problem_when_the_answers_agree(other: str) -> None:
    assert alike(BASE, other) == (True, False)


@pytest.mark.parametrize("other", [BASE.replace("x^2 + 1", "x^2 - 1"), BASE.replace("$60$ or less", "$60$ and less")])
def test_what_stands_in_the_place_of_another_is_no_slip(other: str) -> None:
    assert alike(BASE + " That is so and stays so.", other + " That is so and stays so.") == (False, False)


def test_brackets_around_a_sum_leave_two_questions() -> None:
    # MATH train 6422 and 6494: 44 and 11
    _, is_certain = alike("What is $88 \\div (4 \\div 2)$?", "What is $88 \\div 4 \\div 2$?")
    assert not is_certain


def test_a_letter_keeps_its_place_under_another_name() -> None:
    one, other = "Let $xy + z = 5$ in triangle $ABC$.", "Let $pq + r = 5$ in triangle $KLM$."
    tokens = [normalise(text).split() for text in (one, other)]
    assert renamed(tokens[0], letters_of(one)) == renamed(tokens[1], letters_of(other))
    swapped = "Let $pq + q = 5$ in triangle $KLM$."
    assert renamed(tokens[0], letters_of(one)) != renamed(normalise(swapped).split(), letters_of(swapped))


# Edits that no rule was made for


def found_of(edit: Edit, problems: list[Problem]) -> Counter[bool]:
    draw = random.Random(11)
    pairs = [
        (one, Problem(f"e{place}", problem_id(text), text, one.answer, "edited", str(place), "rev", "mit"))
        for place, one in enumerate(problems)
        if (text := edit(draw, one.problem)) is not None
    ]
    rows = [row for pair in pairs for row in pair]
    joined = find_duplicates(lambda: iter(rows), Rules(str.__eq__, 0.85)).joined
    return Counter(one.id == other.id or one.id in joined or other.id in joined for one, other in pairs)


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    if not DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not here")
    return some_problems()[::3]


def test_most_edits_that_nobody_foresaw_are_found(problems: list[Problem]) -> None:
    found = sum((found_of(edit, problems) for edit in UNSEEN_EDITS.values()), Counter())
    assert found.total() > 800
    assert found[True] >= 0.94 * found.total()


@pytest.mark.parametrize("sibling", ["a number", "a number word", "a word of meaning", "a sign"])
def test_siblings_that_nobody_foresaw_are_problems_of_their_own(problems: list[Problem], sibling: str) -> None:
    found = found_of(UNSEEN_SIBLINGS[sibling], problems)
    assert found[True] <= 0.05 * found.total()
