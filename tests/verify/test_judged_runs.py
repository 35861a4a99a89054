"""Whole runs with a judge: killed and resumed with the same bytes, and marked wherever its word counts."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.pipeline import Options, check, is_finished, prepare, run_stage, stages_of
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.tables import EXAMPLES, VERDICTS
from datagen.verify.judge import judge_settings
from datagen.workspace import Workspace
from tests.answering import KEY, teacher
from tests.verify.judging_endpoint import GOLD, Endpoint

PROBLEMS = 12
"""Of the runs below; each has a gold in words, two recorded solutions, and a judge who decides."""

_BUILD = """
import sys
from pathlib import Path
from tests.verify.test_judged_runs import build
build(Path(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def run_recipe(folder: Path, base_url: str, **settings: Any) -> Recipe:
    """A recipe of recorded solutions and a judge; its teacher's address is no part of what is asked."""
    rows = folder.parent / "rows.jsonl"
    if not rows.exists():
        rows.write_text("".join(json.dumps(row(number)) + "\n" for number in range(PROBLEMS)))
    tree = {
        "name": "judged",
        "sources": [{"kind": "open_r1", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "recorded", "kind": "recorded"}, teacher(base_url)],
        "sampling": {"target_correct": 2, "max_attempts": 1, "give_up_after": 1, "timeout_s": 20},
        "verify": {"judge": "wise", "workers": 1},
        "paths": {"tokenizer": "bundled"},
        **settings,
    }
    file = folder.parent / f"{folder.name}.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def row(number: int) -> dict[str, Any]:
    ways = [
        f"Look at side {number}, then at the others, and compare.",
        f"Draw it, measure all the angles twice, and be told by them that {number} is no length of it.",
    ]
    return {
        "problem": f"What can be said of the triangle with sides {number}, {number + 3} and {number + 3}?",
        "answer": GOLD,
        "question_type": "math-word-problem",
        "generations": [
            f"{way} So \\boxed{{\\text{{isosceles, with base {number} in way {place}}}}}"
            for place, way in enumerate(ways)
        ],
        "finish_reasons": ["stop", "stop"],
    }


def build(folder: Path, base_url: str, **settings: Any) -> Workspace:
    """Every stage of the run, in this process."""
    recipe = run_recipe(folder, base_url, **settings)
    check(recipe, Options())
    workspace = Workspace(folder)
    with workspace.locked():
        run = prepare(recipe, workspace, Options(), lambda line: None)
        for stage in stages_of(recipe):
            run_stage(stage, run)
    return workspace


def dataset(folder: Path) -> dict[str, str]:
    """Every file of a run's dataset by its name."""
    files = sorted((folder / "dataset").rglob("*"))
    return {str(file.relative_to(folder / "dataset")): file.read_bytes().hex() for file in files if file.is_file()}


def test_a_killed_run_asks_the_judge_nothing_twice_and_ends_with_the_same_bytes(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    build(tmp_path / "undisturbed", endpoint.base_url)
    undisturbed = Counter(endpoint.judged)
    assert len(undisturbed) == undisturbed.total() == 2 * PROBLEMS

    with Endpoint().serving() as other:
        other.answers = 9
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", _BUILD, str(tmp_path / "killed"), other.base_url]
        with subprocess.Popen(command, env=environment) as process:
            assert other.holding.wait(60)
            process.send_signal(signal.SIGKILL)
        in_flight = Counter(dict.fromkeys(other.judged, 1))
        with Journal(tmp_path / "killed" / "journal" / "completions.jsonl") as journal:
            kept = len(journal)
        assert 1 <= kept <= 9
        other.release()
        build(tmp_path / "killed", other.base_url)
        asked_twice = sum(other.judged.values()) - len(other.judged)
        assert set(other.judged) == set(undisturbed)
        assert asked_twice <= in_flight.total() - kept <= 4
        build(tmp_path / "killed", other.base_url)
        assert sum(other.judged.values()) - len(other.judged) == asked_twice
    assert dataset(tmp_path / "killed") == dataset(tmp_path / "undisturbed")


def test_what_stands_by_the_judges_word_is_marked_in_verdicts_examples_and_card(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    folder = tmp_path / "run"
    workspace = build(folder, endpoint.base_url)
    assert {verdict.method for verdict in workspace.read(VERDICTS)} == {"judge:wise"}
    paths = [path for example in workspace.read(EXAMPLES) for path in example.paths]
    assert len(paths) == 2 * PROBLEMS
    assert {path.verified_by for path in paths} == {"judge:wise"}
    published = pq.read_table(folder / "dataset" / "data").column("paths").to_pylist()
    assert {path["verified_by"] for row in published for path in row} == {"judge:wise"}
    card = " ".join((folder / "dataset" / "README.md").read_text().split())
    assert f"{2 * PROBLEMS} verdicts and {2 * PROBLEMS} paths stand by its word" in card
    sha256 = judge_settings(run_recipe(folder, endpoint.base_url))
    assert sha256 is not None
    assert sha256[-1][:12] in card
    spent = workspace.record()["stages"]["sample"]["counts"]["spent"]
    assert spent["wise"]["completions"] == 2 * PROBLEMS
    assert workspace.record()["stages"]["verify"]["counts"]["judge_asked_now"] == 0


def test_a_run_without_the_judge_is_another_run_and_trusts_rules_alone(tmp_path: Path, endpoint: Endpoint) -> None:
    folder = tmp_path / "run"
    workspace = build(folder, endpoint.base_url)
    alone = run_recipe(folder, endpoint.base_url, verify={"workers": 1})
    assert not is_finished(alone, workspace, Options())
    assert judge_settings(alone) is None
    with pytest.raises(DatagenError, match="no problem became an example"):
        build(folder, endpoint.base_url, verify={"workers": 1})
    assert not any(verdict.method.startswith("judge:") for verdict in workspace.read(VERDICTS))
