"""Whole runs with degenerate solutions: none is a path, another is asked for in its place, and people are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from datagen import path_rule
from datagen.inputs import resolve_inputs
from datagen.pipeline import Options, is_finished, stages_of
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.stage import Run
from datagen.status import run_status, status_lines
from datagen.tables import DROPPED, EXAMPLES, SOLUTIONS
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.billing import FORMATS, PRICE, Endpoint

FOLLOWING = r"We follow a step-by-step approach based on the given solution: 3 and 2 make \boxed{5}."
PLAIN = r"Counting up from three: four, five. So \boxed{5}."
RECORDED: dict[str, Any] = {"name": "recorded", "kind": "recorded"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    endpoint.rate = lambda problem: 1.0
    with endpoint.serving():
        yield endpoint


def recipe(folder: Path, *solutions: str, url: str | None = None) -> Recipe:
    """One sum, the solutions that its row carries, and a teacher where there is a URL."""
    row = {"problem": "What is 3 + 2 ?", "answer": "5", "solutions": list(solutions)}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
    paid = {"name": "r1", "kind": "openai", "model": "m", "base_url": url, "price": PRICE}
    tree = {
        "name": "degenerate",
        "sources": [
            {"kind": "table", "name": "sums", "path": str(folder / "rows.jsonl"), "columns": {"solutions": "solutions"}}
        ],
        "screen": {"benchmarks": []},
        "teachers": [RECORDED, paid] if url else [RECORDED],
        "sampling": {"target_correct": 2, "max_attempts": 4, "timeout_s": 20, "max_tokens": 300},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [2, 3]},
        "output": FORMATS,
    }
    file = folder / "degenerate.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def test_another_answer_is_asked_for_in_the_place_of_a_degenerate_one(tmp_path: Path, endpoint: Endpoint) -> None:
    settings = recipe(tmp_path, FOLLOWING, PLAIN, url=endpoint.base_url)
    workspace = build(settings, tmp_path / "run")
    assert endpoint.asked.total() == 1
    assert is_finished(settings, workspace, Options())
    build(settings, tmp_path / "run", Options(fresh=True))
    assert endpoint.asked.total() == 1

    [example] = workspace.read(EXAMPLES)
    assert {path.teacher for path in example.paths} == {"recorded", "r1"}
    assert not any("given solution" in path.text for path in example.paths)
    status = run_status(workspace.folder)
    assert status["stages"]["select"]["degenerate"] == {"speaks_of_reference": 1}
    told = "  correct solutions that are degenerate, and are no paths: speaks_of_reference 1"
    assert told in status_lines(status)
    card = (workspace.folder / "dataset" / "README.md").read_text()
    assert "are no paths either:\n1 follow a solution that their reader does not see.\n" in card


def test_a_teacher_that_is_degenerate_is_asked_again(tmp_path: Path, endpoint: Endpoint) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": FOLLOWING}}
    usage = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}
    answer = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    endpoint.fault = lambda number: web.json_response(answer) if number == 0 else None
    workspace = build(recipe(tmp_path, url=endpoint.base_url), tmp_path / "run")
    assert endpoint.asked.total() == 3
    assert [FOLLOWING in one.content for one in workspace.read(SOLUTIONS)].count(True) == 1
    [example] = workspace.read(EXAMPLES)
    assert len(example.paths) == 2
    assert not any("given solution" in path.text for path in example.paths)


def test_a_problem_that_loses_its_example_to_degenerate_paths_is_dropped_with_the_words(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, FOLLOWING, PLAIN), tmp_path / "run", Options(until="select"))
    [drop] = workspace.read(DROPPED)
    assert (drop.stage, drop.reason) == ("select", "degenerate_paths")
    assert "speaks_of_reference at character 34: 'based on the given solution: 3 and 2 make" in drop.detail
    assert not list(workspace.read(EXAMPLES))


def test_another_rule_of_what_is_degenerate_samples_and_selects_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = recipe(tmp_path, PLAIN)
    workspace = Workspace(tmp_path / "run")
    run = Run(settings, workspace, resolve_inputs(settings, workspace), None, print)
    stages = [stage for stage in stages_of(settings) if stage.name in ("screen", "sample", "select")]
    before = [stage.settings(run) for stage in stages]
    monkeypatch.setattr(path_rule, "DEGENERATE_VERSION", "another")
    changed = [stage.settings(run) != earlier for stage, earlier in zip(stages, before, strict=True)]
    assert changed == [False, True, True]
