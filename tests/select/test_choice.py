"""Which paths make an example: whole ones, different ones, within the budget, whatever order they came in."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.approaches import read_path
from datagen.select.choice import Candidate, PathBudget, choose_paths, distinct
from datagen.solutions import recorded_solution
from datagen.tables import Verdict
from datagen.verify.closing import closing_text


def candidate(text: str, tokens: int | None = None) -> Candidate:
    solution = recorded_solution("id", "problem", text, model="m", index=0)
    verdict = Verdict(solution.id, "5", "5", "correct", "string", "v")
    return Candidate(solution, verdict, text, len(text.split()) if tokens is None else tokens, read_path(text, ""))


def budget(tokens: int, fewest: int = 2, most: int = 6) -> PathBudget:
    return PathBudget(fewest, most, tokens, frame=lambda paths: 10 + 2 * paths, wrong=lambda paths: 0)


SIZES = st.lists(st.integers(1, 60), max_size=10)


@settings(deadline=None, max_examples=200)
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


@settings(deadline=None)
@given(SIZES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_choice(sizes: list[int], order: random.Random) -> None:
    candidates = [candidate(f"way{number} " * 5, size) for number, size in enumerate(sizes)]
    shuffled = list(candidates)
    order.shuffle(shuffled)
    assert choose_paths(distinct(shuffled), budget(100)) == choose_paths(distinct(candidates), budget(100))


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
