r"""Near duplicates: what is one problem and what is two, which of them stays, and whose solutions it then has."""

import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen import texts
from datagen.errors import StoppedError
from datagen.pipeline import Options
from datagen.recipe import Screening
from datagen.recipe_file import load_recipe
from datagen.screen.duplicates import Rules, find_duplicates
from datagen.screen.similarity import Wording, likeness
from datagen.screen.sketches import BANDS, candidates, sketch
from datagen.tables import DROPPED, RECORDED, SCREENED, SOLUTIONS, Drop, Problem
from datagen.texts import problem_id
from tests.building import build as build_run
from tests.end_to_end.counting_teacher import CountingTeacher
from tests.end_to_end.runs import journal_lines
from tests.screen.screening import screen
from tests.verify.test_verify_stage import recipe, row

BASE = (
    "Alice has 12 apples and buys 7 more each day. Let $x$ be the number of apples that she has after $n$ days. "
    "If $x^2 - 5n \\leq 300$, find the largest possible value of $n$ in the first 30 days."
)
MOVED = "Let $x$ be the number of apples that she has after $n$ days. Alice has 12 apples and buys 7 more each day. "
ONE_PROBLEM = {
    "a renamed variable": BASE.replace("x", "y").replace("$n$", "$k$").replace("5n", "5k"),
    "another name": BASE.replace("Alice", "Beatrice"),
    "another unit": BASE.replace("apples", "pears"),
    "reordered sentences": MOVED + BASE.partition("days. ")[2],
    "other LaTeX": BASE.replace("$x^2 - 5n \\leq 300$", "\\(x^{2}-5n \\leqslant 300\\)"),
    "a number word": BASE.replace(" 7 ", " seven "),
    "a slip of the pen": BASE.replace("possible", "posible"),
    "a word more": BASE.replace("largest possible", "largest"),
    "a header": f"## Task B-1.3.\n{BASE}",
}
TWO_PROBLEMS = {
    "another number": BASE.replace("12", "13"),
    "another number word": BASE.replace(" 7 ", " eight "),
    "two numbers that change places": BASE.replace("12", "T").replace(" 7 ", " 12 ").replace("T", "7"),
    "another exponent": BASE.replace("^2", "^3"),
    "another sign": BASE.replace("- 5n", "+ 5n"),
    "another direction": BASE.replace("\\leq", "\\geq"),
    "smallest for largest": BASE.replace("largest", "smallest"),
    "a number less": BASE.replace(" in the first 30 days", ""),
}


def reasons(fates):
    return [fate.reason if isinstance(fate, Drop) else "kept" for fate in fates]


def problem(text, answer="5", source="mine", number=0):
    return Problem(f"{source}-{number}", problem_id(text), text, answer, source, str(number), "rev", "mit")


@pytest.mark.parametrize("other", ONE_PROBLEM.values(), ids=ONE_PROBLEM)
def test_one_problem_in_other_words_stands_there_once(rows, screened, other):
    assert sorted(reasons(screened(rows((BASE, "5"), (other, "5"))))) == ["duplicate", "kept"]


@pytest.mark.parametrize("other", TWO_PROBLEMS.values(), ids=TWO_PROBLEMS)
def test_what_differs_in_its_mathematics_is_two_problems(rows, screened, other):
    assert reasons(screened(rows((BASE, "5"), (other, "5")))) == ["kept", "kept"]


def test_null_looks_for_equal_texts_only(rows, screened):
    problems = rows((BASE, "5"), (ONE_PROBLEM["another name"], "5"), (BASE, "5"))
    assert Counter(reasons(screened(problems, near_duplicates=None))) == {"kept": 2, "duplicate": 1}


def test_a_higher_threshold_keeps_more(rows, screened):
    problems = rows((BASE, "5"), (ONE_PROBLEM["another name"], "5"))
    assert reasons(screened(problems, near_duplicates=0.99)) == ["kept", "kept"]


def test_a_drop_says_whom_it_resembles_and_how_much(rows, screened):
    fates = screened(rows((BASE, "5")) + rows((ONE_PROBLEM["another unit"], "5"), source="second"))
    assert fates[1].detail == "near duplicate of row mine-0 of mine, which stands for it: similarity 0.95"


def test_texts_that_differ_in_joints_and_disagree_on_the_answer_all_go(rows, screened):
    other = BASE.replace("find the", "what is the")
    fates = screened(rows((BASE, "5"), (other, "6"), ("Something else entirely", "1")))
    assert reasons(fates) == ["conflicting_answers", "conflicting_answers", "kept"]
    assert fates[0].detail.startswith("near duplicates, different answers: ")


def test_alike_texts_with_different_answers_are_two_problems(rows, screened):
    assert reasons(screened(rows((BASE, "5"), (ONE_PROBLEM["another unit"], "6")))) == ["kept", "kept"]


def test_two_figures_are_two_problems(rows, screened):
    pair = [(f"What is the area of the triangle? [asy]draw({code});[/asy]", "5") for code in ("A--B--C", "A--D--3C")]
    assert reasons(screened(rows(*pair))) == ["kept", "kept"]


def find(problems, **rules):
    return find_duplicates(lambda: iter(problems), Rules(str.__eq__, 0.85, **rules))


def test_the_one_with_most_solutions_stays_then_the_first_source():
    pair = [problem(BASE, source="first"), problem(ONE_PROBLEM["another name"], source="second")]
    one, other = pair[0].id, pair[1].id
    assert list(find(pair).joined) == [other]
    assert list(find(pair, sources=["second", "first"]).joined) == [one]
    assert list(find(pair, sources=["first", "second"], usable=lambda ids: {other: 2, one: 1}).joined) == [one]


def test_nothing_goes_for_what_it_does_not_resemble():
    chain = [BASE]
    for word, other in (
        ("Alice", "Ada"),
        ("buys", "gets"),
        ("apples", "pears"),
        ("number", "amount"),
        ("find", "tell"),
    ):
        chain.append(chain[-1].replace(word, other))
    problems = [problem(text, number=number) for number, text in enumerate(chain)]
    found = find_duplicates(lambda: iter(problems), Rules(str.__eq__, 0.93))
    kept = [one for one in problems if one.id not in found.joined]
    assert 1 < len(kept) < len(problems)
    for one in problems:
        if one.id in found.joined:
            assert any(likeness(Wording(one.problem), Wording(stays.problem), 0.93) for stays in kept)


POOL = [
    BASE,
    *ONE_PROBLEM.values(),
    *TWO_PROBLEMS.values(),
    "![](a.png)",
    "$$x$$",
    "已知三角形的面积为5，求边长的最大值。",
]
POOL_ROWS = st.lists(
    st.tuples(st.sampled_from(POOL), st.sampled_from(["5", "6"]), st.sampled_from(["a", "b"])), max_size=12
)


@settings(deadline=None, max_examples=60)
@given(POOL_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(some, order):
    rows = [problem(text, answer, source, number) for number, (text, answer, source) in enumerate(some)]
    shuffled = order.sample(rows, len(rows))

    one, other = find(rows, sources=["a", "b"]), find(shuffled, sources=["a", "b"])
    assert (one.keepers, one.joined, one.adopted) == (other.keepers, other.joined, other.adopted)
    assert one.conflicts.keys() == other.conflicts.keys()


@settings(deadline=None, max_examples=60)
@given(POOL_ROWS)
def test_what_survived_survives_again(some):
    rows = [problem(text, answer, source, number) for number, (text, answer, source) in enumerate(some)]
    survivors = [fate for fate in screen(lambda: iter(rows), [], Screening(), str.__eq__) if isinstance(fate, Problem)]
    assert list(screen(lambda: iter(survivors), [], Screening(), str.__eq__)) == survivors


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_has_a_sketch_that_hangs_on_itself_alone(some):
    keys = sketch([*some, BASE])
    assert keys.shape == (len(some) + 1, BANDS)
    assert np.array_equal(keys[-1], sketch([BASE])[0])


def test_texts_without_letters_meet_nobody():
    keys = sketch(["$$", "", "???", BASE, BASE])
    assert not keys[:3].any()
    assert candidates(keys).tolist() == [[3, 4]]


def test_long_texts_are_compared_too(rows, screened):
    long = " ".join(f"{BASE} Piece number{number} ends" for number in range(5000))
    assert len(long) > 1_000_000
    pair = rows((long, "5"), (long.replace("Alice", "Ada", 3), "5"), ("", "1"), ("![](x.png)", "1"))
    assert sorted(reasons(screened(pair))) == ["duplicate", "kept", "kept", "missing_figure"]


def test_moved_sentences_find_their_likes_unless_the_whole_text_is_another():
    def text(numbers, word):
        return " ".join(
            f"In round {number} {word} player moves the token to a free field of the round board again."
            for number in numbers
        )

    rounds = range(200, 200 + 90)
    moved = likeness(Wording(text(rounds, "the")), Wording(text(reversed(rounds), "each")), 0.85)
    assert moved is not None
    assert moved.similarity > 0.85
    rounds = range(200, 200 + 900)
    assert likeness(Wording(text(rounds, "the")), Wording(text(reversed(rounds), "each")), 0.85) is None


def test_a_run_that_is_told_to_stop_stops_within_one_comparison(monkeypatch):
    stop, asked = threading.Event(), []
    monkeypatch.setattr("datagen.stopping.STOP", stop)

    def same_answer(one, other):
        asked.append({one, other})
        stop.set()
        return False

    pairs = [(BASE.replace("12", f"{100 + number}"), f"{number}") for number in range(20)]
    problems = [problem(text, answer, number=number) for number, (text, answer) in enumerate(pairs)]
    problems += [problem(one.replace("apples", "pears"), f"-{answer}") for one, answer in pairs]
    with pytest.raises(StoppedError):
        find_duplicates(lambda: iter(problems), Rules(same_answer, 0.85))
    assert len(asked) == 2  # one pair, both ways round
    assert asked[0] == asked[1]
    with pytest.raises(StoppedError):
        candidates(sketch([BASE, BASE]))


def test_a_survivor_has_the_solutions_of_its_near_duplicates(tmp_path):
    twin = BASE.replace("find", "determine")
    run = build_run(
        recipe(tmp_path, [row(BASE, "5", "5"), row(twin, "5", "5", "5"), row(BASE.replace("12", "99"), "5", "5")]),
        tmp_path / "run",
        Options(until="sample"),
    )
    survivors = list(run.read(SCREENED))
    assert [one.problem for one in survivors] == [twin, BASE.replace("12", "99")]  # the one with most solutions
    solved = Counter(solution.problem_id for solution in run.read(SOLUTIONS))
    assert solved == {survivors[0].id: 3, survivors[1].id: 1}
    carried = {solution.request_key for solution in run.read(RECORDED, ["00-mine"])}
    assert {solution.request_key for solution in run.read(SOLUTIONS)} == carried
    assert [drop.reason for drop in run.read(DROPPED)] == ["duplicate"]


def test_solutions_in_other_variables_stay_behind(tmp_path):
    renamed = ONE_PROBLEM["a renamed variable"]
    run = build_run(
        recipe(tmp_path, [row(BASE, "5", "5", "5"), row(renamed, "5", "5")]), tmp_path / "run", Options(until="sample")
    )
    assert len(list(run.read(SCREENED))) == 1
    assert len(list(run.read(SOLUTIONS))) == 2


def test_another_normaliser_changes_ids_and_pays_for_nothing_again(tmp_path, monkeypatch):
    with CountingTeacher().serving(latency_ms=0) as teacher:
        settings_ = load_recipe("quickstart", [f"teachers.demo.base_url={teacher.url}"], 3)
        before = list(build_run(settings_, tmp_path / "run", Options(until="sample")).read(SOLUTIONS))
        asked, kept = teacher.asked.total(), journal_lines(tmp_path / "run")
        assert asked == len(kept) > 0
        monkeypatch.setattr(texts, "NORMALISER_VERSION", "next")
        after = list(build_run(settings_, tmp_path / "run", Options(fresh=True, until="sample")).read(SOLUTIONS))
        assert teacher.asked.total() == asked
    assert journal_lines(tmp_path / "run") == kept
    assert {one.request_key for one in after} == {one.request_key for one in before}
    assert not {one.problem_id for one in after} & {one.problem_id for one in before}
