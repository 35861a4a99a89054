"""Whole runs in which solutions quote a benchmark problem: none is a path, and another is asked for in its place."""

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

EXAM = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players. What is the total number of games played?"
)
QUOTING = rf"This reminds me of another one: {EXAM} But here it is \boxed{{5}}."
PLAIN = [
    r"Counting up from three: four, five. So \boxed{5}.",
    r"A heap of 3 apples and a pair of them makes \boxed{5}.",
]
RECORDED: dict[str, Any] = {"name": "recorded", "kind": "recorded"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    endpoint.rate = lambda problem: 1.0
    with endpoint.serving():
        yield endpoint


def recipe(folder: Path, *solutions: str, url: str | None = None, exam: str | None = EXAM) -> Recipe:
    """One sum, the solutions that its row carries, a benchmark of one problem, and a teacher where there is a URL."""
    row = {"problem": "What is 3 + 2 ?", "answer": "5", "solutions": list(solutions)}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "exam.jsonl").write_text(json.dumps({"problem": exam}) + "\n")
    paid = {"name": "r1", "kind": "openai", "model": "m", "base_url": url, "price": PRICE}
    tree = {
        "name": "quoting",
        "sources": [
            {"kind": "table", "name": "sums", "path": str(folder / "rows.jsonl"), "columns": {"solutions": "solutions"}}
        ],
        "screen": {"benchmarks": [{"name": "exam", "path": str(folder / "exam.jsonl")}] if exam else []},
        "teachers": [RECORDED, paid] if url else [RECORDED],
        "sampling": {"target_correct": 2, "max_attempts": 4, "timeout_s": 20, "max_tokens": 300},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [2, 3]},
        "output": FORMATS,
    }
    file = folder / "quoting.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def test_another_answer_is_asked_for_in_the_place_of_a_recorded_one_that_quotes(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    settings = recipe(tmp_path, QUOTING, PLAIN[0], url=endpoint.base_url)
    workspace = build(settings, tmp_path / "run", Options(until="sample"))
    assert endpoint.asked.total() == 1
    build(settings, tmp_path / "run")
    assert is_finished(settings, workspace, Options())
    build(settings, tmp_path / "run", Options(fresh=True))
    assert endpoint.asked.total() == 1

    [example] = workspace.read(EXAMPLES)
    assert {path.teacher for path in example.paths} == {"recorded", "r1"}
    assert not any("tournament" in path.text for path in example.paths)
    status = run_status(workspace.folder)
    assert status["stages"]["select"]["benchmark_quotes"] == {"exam": 1}
    told = "  correct solutions that quote a benchmark's problem, and are no paths: exam 1"
    assert told in status_lines(status)
    assert "word for\nword are no paths: 1 did" in (workspace.folder / "dataset" / "README.md").read_text()


def test_a_teacher_that_quotes_is_asked_again(tmp_path: Path, endpoint: Endpoint) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": QUOTING}}
    usage = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}
    quoting = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    endpoint.fault = lambda number: web.json_response(quoting) if number == 0 else None
    workspace = build(recipe(tmp_path, url=endpoint.base_url), tmp_path / "run")
    assert endpoint.asked.total() == 3
    assert [QUOTING in one.content for one in workspace.read(SOLUTIONS)].count(True) == 1
    [example] = workspace.read(EXAMPLES)
    assert len(example.paths) == 2
    assert not any("tournament" in path.text for path in example.paths)


def test_a_problem_that_loses_its_example_to_a_quote_is_dropped_for_it_with_the_words(tmp_path: Path) -> None:
    with_exam = recipe(tmp_path, QUOTING, PLAIN[0])
    workspace = build(with_exam, tmp_path / "run", Options(until="select"))
    [drop] = workspace.read(DROPPED)
    assert (drop.stage, drop.reason) == ("select", "quotes_benchmark")
    assert "exam row 0: quote, score 1.00" in drop.detail
    assert "in a table tennis tournament every participant" in drop.detail
    assert not list(workspace.read(EXAMPLES))


@pytest.mark.parametrize("exam", [None, "How many roads must a man walk down before you call him a man at all?"])
def test_another_benchmark_makes_another_choice(tmp_path: Path, exam: str | None) -> None:
    workspace = build(recipe(tmp_path, QUOTING, *PLAIN), tmp_path / "run")
    [example] = workspace.read(EXAMPLES)
    assert {path.text for path in example.paths} == set(PLAIN)
    assert is_finished(recipe(tmp_path, QUOTING, *PLAIN), workspace, Options())
    others = recipe(tmp_path, QUOTING, *PLAIN, exam=exam)
    assert not is_finished(others, workspace, Options())
    build(others, tmp_path / "run")
    [example] = workspace.read(EXAMPLES)
    assert {path.text for path in example.paths} == {QUOTING, *PLAIN}


def test_another_rule_of_quoting_samples_and_selects_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = recipe(tmp_path, QUOTING, *PLAIN)
    workspace = Workspace(tmp_path / "run")
    run = Run(settings, workspace, resolve_inputs(settings, workspace), None, print)
    stages = [stage for stage in stages_of(settings) if stage.name in ("screen", "sample", "select")]
    before = [stage.settings(run) for stage in stages]
    monkeypatch.setattr(path_rule, "QUOTES_VERSION", "another")
    assert [stage.settings(run) != earlier for stage, earlier in zip(stages, before, strict=True)] == [
        False,
        True,
        True,
    ]
    revision = run.inputs["benchmark exam"].revision
    assert all(revision in json.dumps(earlier) for earlier in before)
