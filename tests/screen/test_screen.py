from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from datagen.normalising import normalise
from datagen.recipe import Screening
from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.tables import Drop, Problem
from datagen.texts import problem_id
from tests.screen.screening import screen


def reasons(fates):
    return [fate.reason if isinstance(fate, Drop) else "kept" for fate in fates]


def test_a_binary_answer_is_dropped_unless_the_recipe_keeps_it(rows, screened):
    problems = rows(("Is 7 prime?", r"\text{Yes}."), ("What is 3+4?", "7"))
    assert reasons(screened(problems)) == ["binary_answer", "kept"]
    assert reasons(screened(problems, binary_answers="keep")) == ["kept", "kept"]


def test_equal_rows_that_agree_leave_the_first_and_name_it(rows, screened):
    problems = rows(("What is $3+4$?", "7")) + rows(("Other", "1"), ("What is 3 + 4", "7.0"), source="second")
    fates = screened(problems, same_answer=lambda one, other: float(one) == float(other))
    assert reasons(fates) == ["kept", "kept", "duplicate"]
    assert "mine-0 of mine" in fates[2].detail
    assert (fates[2].row_id, fates[2].source, fates[2].stage) == ("second-1", "second", "screen")


def test_equal_rows_that_disagree_all_go_and_say_who_said_what(rows, screened):
    fates = screened(rows(("What is 3+4?", "7"), ("What is 3+4?", "7"), ("What is 3+4?", "8"), ("Other", "1")))
    assert reasons(fates) == ["conflicting_answers"] * 3 + ["kept"]
    assert '"7" in row mine-0 of mine, "8" in row mine-2 of mine' in fates[0].detail


@pytest.mark.parametrize("known", [("x<3", "(-oo,3)"), ("(-oo,3)", "x<3")])
def test_answers_agree_whichever_is_asked_first(rows, screened, known):
    problems = rows(("Solve it", "x<3"), ("Solve it", "(-oo,3)"))
    fates = screened(problems, same_answer=lambda gold, answer: (gold, answer) == known)
    assert reasons(fates) == ["kept", "duplicate"]


def test_a_disagreement_is_seen_behind_an_answer_that_agrees_with_both(rows, screened):
    problems = rows(("How much?", "0.3"), ("How much?", "1/3"), ("How much?", "0.33"))
    near = {("0.3", "1/3"), ("1/3", "0.33")}
    for order in (problems, [problems[1], problems[0], problems[2]]):
        fates = screened(order, same_answer=lambda gold, answer: (gold, answer) in near)
        assert reasons(fates) == ["conflicting_answers"] * 3


def test_a_benchmark_problem_goes_first_of_all_reasons(rows, screened, benchmark):
    problems = rows(("Is 7 a prime?", "yes"), ("Is 7 a prime?", "no"))
    fates = screened(problems, benchmark("Is $7$ a prime"))
    assert reasons(fates) == ["benchmark", "benchmark"]
    assert fates[0].detail.startswith("exam row 0: exact, score 1.00")


def test_a_row_dropped_for_its_answer_is_not_the_one_that_stands_for_its_group(rows, screened):
    problems = rows(("Is 7 a prime?", "yes"), ("Is 7 a prime?", "1"), ("Is 7 a prime?", "1"))
    assert reasons(screened(problems, same_answer=lambda *_: True)) == ["binary_answer", "kept", "duplicate"]


def test_a_row_dropped_for_its_answer_still_bears_witness(rows, screened):
    assert reasons(screened(rows(("Is it?", "no"), ("Is it?", "1")))) == ["binary_answer", "conflicting_answers"]


@pytest.mark.parametrize("nothing", ["...", "$ $", "![](https://example.com/a.png)", "!!", "\\quad"])
def test_texts_that_say_nothing_never_equal_each_other(rows, screened, nothing):
    fates = screened(rows((nothing, "1"), (nothing, "2"), (nothing, "1")), missing_figures="keep")
    assert reasons(fates) == ["kept"] * 3


def test_the_same_row_read_twice_counts_once(rows, screened):
    problem = rows(("What is 3+4?", "7"))
    assert reasons(screened(problem * 2)) == ["kept", "duplicate"]


def test_no_rows_give_no_rows(screened, benchmark):
    assert screened([], benchmark("Anything at all")) == []


TEXTS = st.sampled_from(
    ["What is 3+4?", "what is $3+4$", "What is 3 + 4 in base 9?", "...", "$$", "Name it", "已知三角形"]
)
ANSWERS = st.sampled_from(["7", "7.0", "8", "yes", r"\text{No}", ""])
PAIRS = st.lists(st.tuples(TEXTS, ANSWERS), max_size=12)
EXAM = BenchmarkSet("exam", "rev", (BenchmarkProblem(0, "Name it!"),))


def build(pairs):
    return [
        Problem(f"r{number}", problem_id(text), text, answer, "mine", str(number), "rev", "mit")
        for number, (text, answer) in enumerate(pairs)
    ]


def fates_of(problems, binary_answers="drop"):
    # neither symmetric nor transitive, as real verifiers are
    same = {("7", "7"), ("8", "8"), ("7", "7.0"), ("8", "7.0")}
    chosen = Screening(binary_answers=binary_answers)
    return list(screen(lambda: iter(problems), [EXAM], chosen, lambda gold, answer: (gold, answer) in same))


@given(PAIRS, st.sampled_from(["drop", "keep"]))
def test_every_row_has_one_fate_in_the_order_of_the_rows(pairs, binary_answers):
    problems = build(pairs)
    fates = fates_of(problems, binary_answers)
    assert [fate.row_id for fate in fates] == [problem.row_id for problem in problems]
    assert all(isinstance(fate, Drop) or fate in problems for fate in fates)


@given(PAIRS, st.sampled_from(["drop", "keep"]), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_decide_which_problems_survive(pairs, binary_answers, order):
    problems = build(pairs)
    shuffled = order.sample(problems, len(problems))
    survivors = [
        Counter(fate.id for fate in fates_of(some, binary_answers) if isinstance(fate, Problem))
        for some in (problems, shuffled)
    ]
    assert survivors[0] == survivors[1]


@given(PAIRS)
def test_no_text_survives_twice(pairs):
    survivors = [
        fate for fate in fates_of(build(pairs)) if isinstance(fate, Problem) and fate.problem not in ("...", "$$")
    ]
    assert len({fate.id for fate in survivors}) == len(survivors)


@given(PAIRS)
def test_screening_what_survived_drops_nothing_more(pairs):
    survivors = [fate for fate in fates_of(build(pairs)) if isinstance(fate, Problem)]
    assert fates_of(survivors) == survivors


@settings(max_examples=500)
@given(st.text(alphabet=st.one_of(st.sampled_from(list("\\{}$()[]#.,;:!~ \n_^'’dtfracqu012")), st.characters())))
def test_a_normalised_text_stays_as_it_is(text):
    # commands written in capitals are told from small ones before the case is folded
    assume(text == text.casefold())
    assert normalise(normalise(text)) == normalise(text)
