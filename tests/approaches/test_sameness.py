"""When two paths of a problem are one path, for the plan as for the selection."""

import pytest

from datagen.approaches import distance, is_same_path, read_path
from datagen.approaches.sameness import LEAST_STEPS, SAME_DISTANCE
from datagen.path_rule import PathRule
from datagen.same_words import say_the_same
from datagen.sampling.following import Told
from datagen.select.choice import Candidate, distinct
from datagen.solutions import recorded_solution
from datagen.tables import Problem, Verdict
from datagen.verify.extract import last_box
from tests.approaches.judged import HAS_TEXTS, judged_pairs

QUESTION = "Find the sum of the squares of the solutions of $3x^2 - 14x + 8 = 0$."
BY_FORMULA = r"""
The quadratic formula with $a = 3$, $b = -14$ and $c = 8$ gives $x = \frac{14 \pm \sqrt{196 - 96}}{6}$.
The root is $\sqrt{100} = 10$, so $x = \frac{14 + 10}{6} = 4$ or $x = \frac{14 - 10}{6} = \frac{2}{3}$.
The squares are $4^2 = 16$ and $\left(\frac{2}{3}\right)^2 = \frac{4}{9}$.
Their sum is $16 + \frac{4}{9} = \frac{144}{9} + \frac{4}{9} = \frac{148}{9}$. So it is $\boxed{\frac{148}{9}}$.
"""
BY_FORMULA_IN_OTHER_WORDS = r"""
Okay, let me see what is asked. I would start with solving for the unknown, and for that take the well-known formula:

\[ x = \dfrac{ 14 \pm \sqrt{ 196-96 } }{ 6 } \]

Since \( \sqrt{100} = 10 \), one of them must be \( \dfrac{14+10}{6} = 4 \). And the other? That is
\( \dfrac{14-10}{6} = \dfrac23 = \dfrac{2}{3} \). Now I square both, which makes \( 4^{2} = 16 \) for the first one,
\( \left( \dfrac{2}{3} \right)^{2} = \dfrac{4}{9} \) for the second one. It remains to add: I get
\[ 16 + \dfrac{4}{9} = \dfrac{144}{9} + \dfrac{4}{9} = \dfrac{148}{9} . \]
Hence the final answer will be \( \boxed{\dfrac{148}{9}} \).
"""
BY_VIETA = r"""
By Vieta the solutions have the sum $r + s = \frac{14}{3}$ and the product $rs = \frac{8}{3}$.
Then $r^2 + s^2 = (r + s)^2 - 2rs = \left(\frac{14}{3}\right)^2 - 2 \cdot \frac{8}{3} = \frac{196}{9} - \frac{16}{3}$.
With a common denominator that is $\frac{196}{9} - \frac{48}{9} = \frac{148}{9}$. So it is $\boxed{\frac{148}{9}}$.
"""


def is_same(one: str, other: str) -> bool:
    return is_same_path(read_path(one, QUESTION), read_path(other, QUESTION))


def test_a_derivation_in_other_words_is_the_same_path() -> None:
    one, other = read_path(BY_FORMULA, QUESTION), read_path(BY_FORMULA_IN_OTHER_WORDS, QUESTION)
    assert not say_the_same(one.words, other.words)
    assert is_same_path(one, other)
    assert is_same_path(other, one)


def test_another_derivation_is_another_path() -> None:
    assert not is_same(BY_FORMULA, BY_VIETA)
    assert not is_same(BY_FORMULA_IN_OTHER_WORDS, BY_VIETA)


def test_words_that_agree_are_enough() -> None:
    assert is_same("First we count them, then we count again.", "First we count them, and then we count again.")


def test_a_path_without_mathematics_is_told_by_its_words_alone() -> None:
    assert not is_same("Six is even.", "Any number that ends like that must be divisible by two")


def test_few_steps_in_common_are_no_evidence() -> None:
    steps = [f"{number} + {number + 1}" for number in range(20, 20 + LEAST_STEPS)]
    told = [f"here comes ${step}$ at last" for step in steps]
    retold = [f"${step}$" for step in steps]
    assert is_same(" ".join(told), " ".join(retold))
    assert not is_same(" ".join(told[1:]), " ".join(retold[1:]))


def solution_of(text: str, index: int) -> Candidate:
    solution = recorded_solution("id", "problem", text, model="m", index=index)
    verdict = Verdict(solution.id, "148/9", last_box(text), "correct", "string", "v")
    return Candidate(solution, verdict, text.strip(), len(text), read_path(text.strip(), QUESTION))


def test_the_plan_counts_the_paths_that_the_selection_takes() -> None:
    candidates = [
        solution_of(text, number) for number, text in enumerate((BY_FORMULA, BY_FORMULA_IN_OTHER_WORDS, BY_VIETA))
    ]
    problem = Problem("row", "id", QUESTION, "148/9", "source", "1", "0", "MIT")
    told = Told(problem, PathRule("both"))
    planned = {told.outcome(candidate.solution, candidate.verdict).path for candidate in candidates}
    taken = distinct(candidates)
    assert [candidate.text for candidate in taken] == [BY_VIETA.strip(), BY_FORMULA.strip()]
    assert planned == {candidate.solution.id for candidate in taken}


@pytest.mark.full
@pytest.mark.skipif(not HAS_TEXTS, reason="the judged texts are in ../shared/data")
def test_no_two_approaches_that_a_reader_told_apart_become_one_path() -> None:
    pairs = [(pair.label, *(read_path(text, pair.statement) for text in pair.texts)) for pair in judged_pairs()]
    assert not [one for label, one, other in pairs if label == "different" and is_same_path(one, other)]
    apart = [distance(one.approach, other.approach) for label, one, other in pairs if label == "different"]
    together = [distance(one.approach, other.approach) for label, one, other in pairs if label == "identical"]
    assert sum(far <= SAME_DISTANCE for far in together) > 40
    assert sorted(apart)[len(apart) // 4] > sorted(together)[3 * len(together) // 4]
