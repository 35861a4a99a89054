"""Which paths a summary names: plain citations are all found, and what only looks like one is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.select.citations import cited_numbers, cited_places, speaks_of_paths

CITED: dict[str, set[int]] = {
    "Path 2 factors.": {2},
    "path 3's slip": {3},
    "In **Path 5**, the": {5},
    "Path #4.": {4},
    "(Path 1)": {1},
    "Path~6 and path (3)": {3, 6},
    "Path 12": {12},
    "Path 7 — the longest": {7},
    "Path 6 - it factors": {6},
    "*Path 5*, Path 4\\\\": {4, 5},
    "Path 0": {0},
    "Path three and path Two": {2, 3},
    "Paths 1, 2 and 4 agree": {1, 2, 4},
    "Paths 1, 2, and Path 7 agree": {1, 2, 7},
    "Paths (1) and (7)": {1, 7},
    "paths 2–5 agree": {2, 3, 4, 5},
    "Paths 1 through 3": {1, 2, 3},
    "Path 1 and Path 9": {1, 9},
    "Path 2, 3 of whose steps are right": {2},
    "Paths 1 and 3, 5 being prime": {1, 3},
    "Approach 3 is longer than Attempt 2": {2, 3},
    "step 7 of Path 2": {2},
}
NOT_CITED = [
    "a path 7 m wide",
    "the path 30 meters long",
    "Each path 5 edges long",
    "the path 1-2-5-7 of the graph",
    "the path 1→5→7",
    "path 2.5 km",
    "Path 7/2",
    "Path 7 = 3 + 4",
    "the path 3 \\to 5",
    "Path 7 * 2",
    "the terms approach 7",
    "he attempts 7 shots, thoughts 8",
    "the first three approaches, all six paths",
    "footpath 7, pathology 8",
    "Path A",
    "along this path\n7. Then",
    "all paths, 5 of them",
    "seven paths",
]


@pytest.mark.parametrize("text", CITED)
def test_a_path_that_is_named_by_number_is_found(text: str) -> None:
    assert cited_numbers(text) == CITED[text]


@pytest.mark.parametrize("text", NOT_CITED)
def test_what_names_no_path_is_none(text: str) -> None:
    assert cited_numbers(text) == set()


def test_a_path_may_be_named_by_its_place_but_that_of_a_graph_is_none() -> None:
    assert cited_places("The fifth path differs from the First path") == {1, 5}
    assert cited_places("the second path from A to B, the third path of the graph, the first three paths") == set()


def test_a_text_about_paths_is_told_from_one_more_solution() -> None:
    for text in ("Both paths agree.", "All three approaches factor.", "Approach 2 is short.", "EACH PATH counts."):
        assert speaks_of_paths(text)
    for text in ("Add 2 and 3.", "A new approach: add.", "As $x$ approaches 3, pathology 2.", "I thought so."):
        assert not speaks_of_paths(text)


@given(st.sets(st.integers(1, 8), min_size=2), st.sampled_from([", ", " and ", ", and ", " & ", ", Path ", " or "]))
def test_every_number_of_a_list_is_found_however_it_is_joined(numbers: set[int], joint: str) -> None:
    ordered = sorted(numbers)
    listed = f"{', '.join(map(str, ordered[:-1]))}{joint}{ordered[-1]}"
    assert cited_numbers(f"So Paths {listed} are right.") == numbers


@settings(deadline=None)
@given(st.text(alphabet="Pathspro 0123456789,.-–&()*#\n\\", max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert all(0 <= number <= 99 for number in cited_numbers(text))


def test_a_text_of_a_megabyte_is_read_in_linear_time() -> None:
    for piece in ("Paths 1, 2, 3 and 4, ", "paths ((((((((", "Path *#*#*# ", "Paths 1 to ", "path "):
        assert len(cited_numbers(piece * (1_000_000 // len(piece)))) <= 4
