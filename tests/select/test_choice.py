"""Which paths make an example: whole ones, different ones, within the budget, whatever order they came in."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.approaches import read_path
from datagen.select.choice import Candidate, PathBudget, choose_paths, distinct, diversity
from datagen.solutions import recorded_solution
from datagen.tables import Verdict
from datagen.verify.closing import closing_text


def candidate(text: str, tokens: int | None = None, *, model: str = "m", is_wrong: bool = False) -> Candidate:
    solution = recorded_solution("id", "problem", text, model=model, index=0)
    verdict = Verdict(solution.id, "5", "6" if is_wrong else "5", "wrong" if is_wrong else "correct", "string", "v")
    return Candidate(solution, verdict, text, len(text.split()) if tokens is None else tokens, read_path(text, ""))


def budget(tokens: int, fewest: int = 2, most: int = 6, most_wrong: int = 0) -> PathBudget:
    return PathBudget(fewest, most, tokens, lambda paths: 10 + 2 * paths, lambda paths: min(most_wrong, paths - 1))


def calculating(*formulas: str, model: str = "m", tokens: int | None = None) -> Candidate:
    return candidate(f"Then {' and so '.join(formulas)}, \\boxed{{5}}", tokens, model=model)


SQUARES = [f"x^2 + {number}x = {7 * number}" for number in range(2, 12)]
SINES = [f"\\sin({number}t) - r = {number}/13" for number in range(2, 12)]
SUMS = [f"\\sum_k {number}k! = {number}^3 - n" for number in range(2, 12)]


SIZES = st.lists(st.integers(1, 60), max_size=10)


@settings(deadline=None, max_examples=100)
@given(SIZES, st.integers(1, 300), st.integers(1, 3), st.integers(3, 6))
def test_chosen_paths_are_whole_and_fit_and_one_more_would_not(
    sizes: list[int], tokens: int, fewest: int, most: int
) -> None:
    candidates = distinct([candidate(f"way{number} " * 5, size) for number, size in enumerate(sizes)])
    chosen = choose_paths(candidates, budget(tokens, fewest, most))
    assert len({one.text for one in chosen}) == len(chosen)
    assert all(one in candidates for one in chosen)
    sorted_sizes = sorted(sizes)

    def fits(count: int) -> bool:
        return count <= len(sizes) and 10 + 2 * count + sum(sorted_sizes[:count]) <= tokens

    possible = max((count for count in range(1, most + 1) if fits(count)), default=0)
    assert len(chosen) == (possible if possible >= fewest else 0)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 1022), st.booleans(), st.sampled_from("ab")), max_size=9),
    st.integers(20, 200),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_no_choice(
    paths: list[tuple[int, int, bool, str]], tokens: int, order: random.Random
) -> None:
    every = SQUARES[:4] + SINES[:3] + SUMS[:3]
    candidates = [
        candidate(
            f"{number}: {[formula for place, formula in enumerate(every) if drawn >> place & 1]}",
            size,
            model=model,
            is_wrong=is_wrong,
        )
        for number, (size, drawn, is_wrong, model) in enumerate(paths)
    ]
    shuffled = list(candidates)
    order.shuffle(shuffled)
    allowed = budget(tokens, most_wrong=2)
    assert choose_paths(distinct(shuffled), allowed) == choose_paths(distinct(candidates), allowed)


def test_the_paths_that_differ_most_are_chosen_and_not_the_shortest() -> None:
    squares, more_squares, sines, sums = (
        calculating(*SQUARES[:6]),
        calculating(*SQUARES[2:10]),
        calculating(*SINES),
        calculating(*SUMS),
    )
    everything = [squares, more_squares, sines, sums]
    assert [one.tokens for one in everything] == sorted(one.tokens for one in everything)
    chosen = choose_paths(everything, budget(10_000, most=3))
    assert sines in chosen
    assert sums in chosen
    assert len(chosen) == 3


def test_a_path_longer_than_the_budget_takes_no_other_paths_place() -> None:
    near, nearer = calculating(*SQUARES[:7], tokens=20), calculating(*SQUARES[3:], tokens=20)
    long, far = calculating(*SINES, tokens=5000), calculating(*SINES, tokens=21)
    assert choose_paths([near, nearer, long], budget(100)) == choose_paths([near, nearer], budget(100))
    assert far in choose_paths([near, nearer, far], budget(57, most=2))


def test_another_model_decides_between_paths_that_differ_alike_and_no_others() -> None:
    first, second = calculating(*SQUARES, tokens=20), calculating(*SINES, tokens=20)
    alike, near = (
        calculating(*SINES, model="other", tokens=21),
        calculating(*SQUARES[:6], *SINES[:4], model="other", tokens=20),
    )
    assert choose_paths([first, second, alike], budget(60, most=2)) == [first, alike]
    assert choose_paths([first, second, near], budget(60, most=2)) == sorted_by_id(first, second)


def sorted_by_id(*candidates: Candidate) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: candidate.solution.id)


@settings(deadline=None, max_examples=100)
@given(SIZES, SIZES, st.integers(20, 300), st.integers(0, 5))
def test_wrong_paths_stand_only_where_correct_ones_are_missing(
    correct: list[int], wrong: list[int], tokens: int, most_wrong: int
) -> None:
    right = [candidate(f"way{number} " * 5, size) for number, size in enumerate(correct)]
    others = [candidate(f"error{number} " * 5, size, is_wrong=True) for number, size in enumerate(wrong)]
    chosen = choose_paths([*others, *right], budget(tokens, fewest=1, most_wrong=most_wrong))
    so_many = sum(one.is_wrong for one in chosen)
    assert len(chosen) - so_many == len(choose_paths(right, budget(tokens, fewest=1)))
    assert so_many <= most_wrong
    assert not chosen or so_many < len(chosen)
    assert not chosen or 10 + 2 * len(chosen) + sum(one.tokens for one in chosen) <= tokens


def test_a_correct_path_gives_way_where_only_so_the_fewest_paths_fit() -> None:
    right = [candidate("one way " * 5, 30), candidate("another " * 5, 40)]
    others = [candidate(f"error{number} " * 5, 10, is_wrong=True) for number in range(2)]
    chosen = choose_paths([*right, *others], budget(16 + 60, fewest=3, most_wrong=2))
    assert [one.tokens for one in chosen] == [30, 10, 10]


def test_of_a_correct_and_a_wrong_path_that_say_the_same_the_correct_one_stays() -> None:
    words = " ".join(f"word{number}" for number in range(30))
    right, other = candidate(f"{words} and in the end \\boxed{{5}}"), candidate(f"{words} \\boxed{{6}}", is_wrong=True)
    assert distinct([other, right]) == [right]


def test_diversity_is_the_mean_distance_of_all_pairs_and_there_is_none_of_one_path() -> None:
    squares, half, sines = calculating(*SQUARES), calculating(*SQUARES[:5], *SINES[:5]), calculating(*SINES)
    assert diversity([squares]) is None
    pairs = [diversity(pair) or 0.0 for pair in ([squares, half], [squares, sines], [half, sines])]
    assert diversity([squares, half, sines]) == pytest.approx(sum(pairs) / 3)
    assert 0 < pairs[0] < pairs[1] <= 1


def test_paths_that_say_the_same_count_once_and_the_shortest_stays() -> None:
    words = [f"word{number}" for number in range(30)]
    long = candidate(" ".join(words) + " and so on it is \\boxed{5}")
    short = candidate(" ".join(words) + " it is \\boxed{5}")
    other = candidate("Another way entirely gives \\boxed{5}")
    assert distinct([long, other, short]) == [other, short]


def test_paths_that_differ_only_in_blanks_and_case_count_once() -> None:
    assert len(distinct([candidate("So it is  \\boxed{5}"), candidate("so it\nis \\boxed{5}")])) == 1


def test_a_path_closes_with_the_answer_that_was_verified_or_is_none() -> None:
    solution = recorded_solution("id", "problem", "<think>\\boxed{4}</think>It is \\boxed{5}.", model="m", index=0)

    def verdict(answer: str | None) -> Verdict:
        return Verdict(solution.id, "5", answer, "correct", "string", "v")

    assert closing_text(solution, verdict("5"), "both") == "\\boxed{4}\n\nIt is \\boxed{5}."
    assert closing_text(solution, verdict("5"), "solution") == "It is \\boxed{5}."
    assert closing_text(solution, verdict("5"), "reasoning") is None
    assert closing_text(solution, verdict(None), "both") is None


def test_a_path_whose_answer_stands_in_no_box_is_none() -> None:
    solution = recorded_solution("id", "problem", "The answer is 5.", model="m", index=0)
    assert closing_text(solution, Verdict(solution.id, "5", "5", "correct", "string", "v"), "both") is None
