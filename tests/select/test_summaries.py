"""Summaries by a teacher: kept only where they stand, paid for once, and the template's everywhere else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datagen.formats.rendering import SUMMARY_PREFIX
from datagen.tables import EXAMPLES, Example
from datagen.workspace import Workspace
from tests.building import build
from tests.select.summarising_endpoint import KEY, PROBLEMS, Endpoint, good, recipe_of


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def built(folder: Path, endpoint: Endpoint, **settings: Any) -> Workspace:
    return build(recipe_of(folder, endpoint.base_url, **settings), folder / "run")


def examples(workspace: Workspace) -> dict[int, Example]:
    """The examples by their problem's number, in the order of the table."""
    return {int(re.findall(r"\d+", one.problem)[0]): one for one in workspace.read(EXAMPLES)}


def counts(workspace: Workspace) -> dict[str, Any]:
    return workspace.record()["stages"]["select"]["counts"]


def test_a_summary_that_stands_takes_the_templates_place_and_is_trained_as_it_is(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    made = examples(built(tmp_path, endpoint))
    assert list(made) == list(range(PROBLEMS))
    assert {number: one.summary for number, one in made.items()} == {number: good(number) for number in made}
    assert {one.summary_by for one in made.values()} == {"m"}
    assert all(f"</think2><summary>{one.summary}</summary>" in one.completion for one in made.values())
    assert endpoint.asked.total() == len(endpoint.asked) == PROBLEMS


FAULTY: dict[str, Any] = {
    "wrong_answer": "Path 1 and Path 2 agree, so it is \\boxed{77}.",
    "no_answer": "Path 1 and Path 2 agree.",
    "cut_off": (good(0), "length"),
    "unknown_path": "Path 1, Path 2 and Path 3 agree. \\boxed{2}",
    "structure": "As <think1> says, \\boxed{2}",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_summary_that_does_not_stand_leaves_the_template_and_is_counted_by_its_fault(
    fault: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.reply = lambda number, question: good(number) if number else FAULTY[fault]
    workspace = built(tmp_path, endpoint)
    made = examples(workspace)
    assert (made[0].summary, made[0].summary_by) == (f"{SUMMARY_PREFIX} \\boxed{{2}}", "template")
    assert {one.summary_by for number, one in made.items() if number} == {"m"}
    assert counts(workspace)["summaries"] == {"wise": PROBLEMS - 1, "template": 1}
    assert counts(workspace)["summary_faults"] == {fault: 1}
