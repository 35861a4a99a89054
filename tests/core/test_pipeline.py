"""The stages in their order, in this process: what a changed recipe, source or option leaves in the tables."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import UsageError
from datagen.pipeline import Options, is_finished
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.tables import DROPPED, EXAMPLES, PROBLEMS, SCREENED
from datagen.workspace import Workspace
from tests.building import build


def row(number: int, *reasons: str | None, text: str = "the sum is") -> dict[str, Any]:
    generations = [
        f"<think>One way to see {text} what {number} and {number} come to.</think>\n\nIt is $\\boxed{{{2 * number}}}$.",
        f"Twice {number} is what {text} asked for, and doubling gives \\boxed{{{2 * number}}}.",
    ]
    return {
        "problem": f"What is {number} + {number}?",
        "answer": str(2 * number),
        "question_type": "math-word-problem",
        "generations": generations,
        "finish_reasons": list(reasons) or None,
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def recipe(folder: Path, *paths: Path, **settings: Any) -> Recipe:
    sources = [{"kind": "open_r1", "name": f"s{number}", "path": str(path)} for number, path in enumerate(paths)]
    tree = {
        "name": "small",
        "sources": sources,
        "screen": {"benchmarks": []},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled"},
        **settings,
    }
    file = folder / "small.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def ends(workspace: Workspace) -> Counter[str]:
    """Every row that ended: in an example, or dropped."""
    return Counter([one.row_id for table in (EXAMPLES, DROPPED) for one in workspace.read(table)])


def test_a_source_that_turns_out_to_be_cut_off_loses_its_path(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", [row(3, "stop", "stop"), row(4, "stop", "stop")])
    build(recipe(tmp_path, source), tmp_path / "run")
    write(source, [row(3, "stop", "length"), row(4, "stop", "stop")])
    workspace = build(recipe(tmp_path, source), tmp_path / "run")
    [example] = workspace.read(EXAMPLES)
    assert example.answer == "8"
    assert {path.teacher for path in example.paths} == {"carried"}


@pytest.mark.parametrize("cut_first", [True, False])
def test_a_text_that_one_source_knows_to_be_cut_is_cut_whatever_their_order(tmp_path: Path, cut_first: bool) -> None:
    cut = write(tmp_path / "cut.jsonl", [row(3, "stop", "length")])
    whole = write(tmp_path / "whole.jsonl", [row(3, "stop", "stop")])
    ordered = (cut, whole) if cut_first else (whole, cut)
    workspace = build(recipe(tmp_path, *ordered, paths={"tokenizer": "bundled", "count": [1, 6]}), tmp_path / "run")
    [example] = workspace.read(EXAMPLES)
    assert [path.finish_reason for path in example.paths] == ["stop"]


def test_fresh_until_an_early_stage_leaves_nothing_of_the_earlier_run_in_the_tables(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", [row(number) for number in range(1, 9)])
    workspace = build(recipe(tmp_path, source), tmp_path / "run")
    assert len(list(workspace.read(EXAMPLES))) == 8
    write(source, [row(1), row(2)])
    build(recipe(tmp_path, source), tmp_path / "run", Options(until="pull", fresh=True))
    assert [len(list(workspace.read(table))) for table in (PROBLEMS, SCREENED, EXAMPLES)] == [2, 0, 0]
    assert (tmp_path / "run" / "dataset" / "README.md").exists()


def test_a_source_that_left_the_recipe_leaves_the_tables_even_when_nothing_else_is_to_do(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{name}.jsonl", [row(n)]) for name, n in (("one", 1), ("two", 2)))
    build(recipe(tmp_path, one, two), tmp_path / "run", Options(until="pull"))
    smaller, options = recipe(tmp_path, one), Options(until="pull")
    assert not is_finished(smaller, Workspace(tmp_path / "run"), options)
    workspace = build(smaller, tmp_path / "run", options)
    assert [problem.source for problem in workspace.read(PROBLEMS)] == ["s0"]
    assert is_finished(smaller, workspace, options)


def test_rows_stand_in_the_order_of_the_recipe_however_many_sources_there_are(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number}.jsonl", [row(number)]) for number in range(102)]
    workspace = build(recipe(tmp_path, *paths), tmp_path / "run", Options(until="pull"))
    assert [problem.source for problem in workspace.read(PROBLEMS)] == [f"s{number}" for number in range(102)]


def test_copies_of_one_file_are_refused_as_the_same_rows(tmp_path: Path) -> None:
    one = write(tmp_path / "here" / "rows.jsonl", [row(1)])
    (tmp_path / "there").mkdir()
    two = Path(shutil.copy(one, tmp_path / "there"))
    with pytest.raises(UsageError, match="the same rows"):
        build(recipe(tmp_path, one, two), tmp_path / "run")


def test_texts_that_say_nothing_are_dropped_each_with_its_row(tmp_path: Path) -> None:
    silent = [{**row(number), "problem": "\N{SNOWMAN}"} for number in (1, 2, 3)]
    workspace = build(recipe(tmp_path, write(tmp_path / "rows.jsonl", [*silent, row(4)])), tmp_path / "run")
    assert Counter(drop.reason for drop in workspace.read(DROPPED)) == {"empty_problem": 3}
    assert ends(workspace).total() == len(ends(workspace)) == 4


@pytest.mark.parametrize("name", ["my/data", "../up", ".hidden", ""])
def test_a_source_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "rows.jsonl", [row(1)])
    with pytest.raises(UsageError, match=r"sources\.0\.name"):
        recipe(tmp_path, sources=[{"kind": "open_r1", "name": name, "path": str(source)}])


@pytest.mark.parametrize(
    "path", ["http://user:hunter2@127.0.0.1/a.jsonl", "s3://bucket/a.jsonl?X-Amz-Signature=hunter2"]
)
def test_a_path_that_holds_a_secret_is_refused_without_showing_it(tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError, match="environment") as refused:
        recipe(tmp_path, sources=[{"kind": "open_r1", "path": path}])
    assert "hunter2" not in str(refused.value)


def test_another_limit_of_verification_is_another_run(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", [row(1)])
    workspace = build(recipe(tmp_path, source), tmp_path / "run")
    assert not is_finished(recipe(tmp_path, source, verify={"timeout_s": 1}), workspace, Options())
    assert not is_finished(recipe(tmp_path, source, verify={"suspect_gold": "keep"}), workspace, Options())
