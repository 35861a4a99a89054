"""The verify stage in a run: golds that look wrong, what changed sides, and runs that are killed in its middle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from datagen.errors import StoppedError
from datagen.pipeline import Options
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.status import run_status, status_lines
from datagen.tables import CHANGED, DROPPED, EXAMPLES, SUSPECTS, VERDICTS
from datagen.verify.extract import last_box
from datagen.workspace import Workspace
from tests.building import build
from tests.end_to_end.counting_teacher import CountingTeacher
from tests.end_to_end.runs import journal_lines, wait_until

ROOT = Path(__file__).parents[2]
WAYS = (
    "Counting upwards on my fingers, one after another, I arrive at",
    "By a drawing of squares and dots it becomes plain that we have",
    "Algebra: call the unknown x, rearrange both sides, and read off",
    "Suppose otherwise; each smaller candidate fails, so it has to be",
    "A table with every case written down leaves only this value:",
    "Known theorem, applied twice, then simplified, yields at once",
)
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _without_memo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that another test computed is known here."""
    monkeypatch.setenv("DATAGEN_CACHE", "off")


def row(problem: str, gold: str, *answers: str) -> Row:
    """A source row whose recorded solutions say these answers, each in words of its own."""
    texts = [f"{way} \\boxed{{{answer}}}" for way, answer in zip(WAYS, answers, strict=False)]
    return {"problem": problem, "answer": gold, "solutions": texts}


ROWS = [
    row("What is 1 + 1?", "2", "2", "2", "2"),
    row("What is 3 + 4?", "8", "7", "7", "7", "7", "8", "8"),
    row("What is 5 + 6?", "11", "11", "11", "12", "13"),
    row("Which number is x + 1 = 3 about?", "5", "2", "2", "2", "9"),
    row("Is 4 even? Give 1 or 0.", "0", "Yes", "Yes", "Yes", "0", "0"),
]


def recipe_file(folder: Path, rows: Sequence[Row], **settings: Any) -> Path:
    source = folder / "rows.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in rows))
    tree = {
        "name": "small",
        "sources": [
            {"kind": "table", "name": "mine", "path": str(source), "columns": {"solutions": "solutions"}},
        ],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled"},
        "output": {"formats": ["text", "messages"], "test_fraction": 0},
        **settings,
    }
    file = folder / "small.yaml"
    file.write_text(json.dumps(tree))
    return file


def recipe(folder: Path, rows: Sequence[Row] = ROWS, **settings: Any) -> Recipe:
    return load_recipe(str(recipe_file(folder, rows, **settings)))


def dataset(workspace: Workspace, folder: str) -> dict[str, Row]:
    """The rows of a format as they are published, by id."""
    files = sorted((workspace.folder / "dataset" / folder).glob("*.parquet"))
    return {one["id"]: one for file in files for one in pq.ParquetFile(file).read().to_pylist()}


def card(workspace: Workspace) -> str:
    text = (workspace.folder / "dataset" / "README.md").read_text()
    return text.partition("## Reference answers that look wrong")[2].partition("\n## ")[0]


# Golds that look wrong


def test_a_problem_whose_gold_is_contradicted_is_dropped_with_figures_to_check(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path), tmp_path / "run")
    suspects = {one.gold: one for one in workspace.read(SUSPECTS)}
    assert {gold: (one.majority, one.agreeing, one.answered) for gold, one in suspects.items()} == {
        "8": ("7", 4, 6),
        "5": ("2", 3, 4),
        "0": ("Yes", 3, 5),
    }
    dropped = {one.row_id: one for one in workspace.read(DROPPED)}
    assert {dropped[one.row_id].reason for one in suspects.values()} == {"suspect_gold"}
    told = dropped[suspects["8"].row_id].detail
    assert told == "the source answers '8', but 4 of 6 solutions answer '7'; 4 wrong, 2 correct"
    assert {one.answer for one in workspace.read(EXAMPLES)} == {"2", "11"}
    assert {one["suspect_gold"] for one in dataset(workspace, "data").values()} == {""}
    assert "All of them were left out." in card(workspace)
    assert f"| {suspects['8'].id} | mine | `8` | `7` | 4 of 6 |" in card(workspace)


def test_a_kept_gold_stays_and_its_row_is_marked_in_every_readable_format(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, verify={"suspect_gold": "keep"}), tmp_path / "run")
    [suspect] = [one for one in workspace.read(SUSPECTS) if one.gold == "8"]
    text = dataset(workspace, "data")
    kept = text[suspect.id]
    assert (kept["answer"], kept["source_answer"], kept["majority_answer"]) == ("8", "8", "7")
    assert {path["answer"] for path in kept["paths"]} == {"8"}
    marks = {name: one["suspect_gold"] for name, one in text.items()}
    assert sorted(marks.values()) == ["", "", "kept", "kept"]
    assert {name: one["suspect_gold"] for name, one in dataset(workspace, "messages").items()} == marks
    assert "2 examples with such an answer say `kept`" in card(workspace)


def test_an_adopted_answer_makes_the_example_and_the_sources_own_stays_beside_it(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, verify={"suspect_gold": "adopt"}), tmp_path / "run")
    suspects = {one.gold: one for one in workspace.read(SUSPECTS)}
    text = dataset(workspace, "data")
    adopted = text[suspects["8"].id]
    assert (adopted["suspect_gold"], adopted["answer"], adopted["source_answer"]) == ("adopted", "7", "8")
    assert [path["answer"] for path in adopted["paths"]] == ["7"] * 4
    assert adopted["completion"].count("\\boxed{7}") == 5  # each path, and the summary
    assert {(one["answer"], one["suspect_gold"]) for one in text.values()} == {
        ("2", ""), ("11", ""), ("7", "adopted"), ("2", "adopted"),
    }  # fmt: skip
    assert {one.gold for one in workspace.read(VERDICTS)} == {"2", "7", "11", "0"}
    assert "2 examples say `adopted`" in card(workspace)


def test_an_answer_that_screening_refuses_is_not_adopted(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, verify={"suspect_gold": "adopt"}), tmp_path / "run")
    [binary] = [one for one in workspace.read(SUSPECTS) if one.majority == "Yes"]
    assert binary.policy == "drop"
    assert {one.row_id: one.reason for one in workspace.read(DROPPED)}[binary.row_id] == "suspect_gold"
    kept = {"verify": {"suspect_gold": "adopt"}, "screen": {"benchmarks": [], "binary_answers": "keep"}}
    workspace = build(recipe(tmp_path, **kept), tmp_path / "run")
    assert "Yes" in {one["answer"] for one in dataset(workspace, "data").values()}


UNREADABLE = [row("What is 1 + 1?", "2", "2", "2"), row("Add 3 to 4.", "the sum of both numbers", *["7"] * 4)]


@pytest.mark.parametrize(
    ("policy", "answers", "reasons"),
    [("drop", {"2"}, ["bad_gold"]), ("keep", {"2"}, ["bad_gold"]), ("adopt", {"2", "7"}, [])],
)
def test_a_gold_that_nobody_can_read_stays_one_unless_the_majority_is_adopted(
    tmp_path: Path, policy: str, answers: set[str], reasons: list[str]
) -> None:
    workspace = build(recipe(tmp_path, UNREADABLE, verify={"suspect_gold": policy}), tmp_path / "run")
    assert [(one.trouble, one.policy) for one in workspace.read(SUSPECTS)] == [("unreadable", policy)]
    assert {one.answer for one in workspace.read(EXAMPLES)} == answers
    dropped = list(workspace.read(DROPPED))
    assert [one.reason for one in dropped] == reasons
    assert all("4 of 4 solutions answer '7'" in one.detail for one in dropped)


def test_a_run_without_suspects_says_so(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, ROWS[:1]), tmp_path / "run")
    assert card(workspace).endswith("None was found.\n")
    assert not any("look wrong" in line for line in status_lines(run_status(workspace.folder)))


def test_what_others_wrote_cannot_break_the_cards_table(tmp_path: Path) -> None:
    gold = "8 | `x`\n\n# Heading"
    workspace = build(recipe(tmp_path, [*ROWS[:1], row("3 + 4 is?", gold, *["7"] * 4)]), tmp_path / "run")
    [line] = [line for line in card(workspace).splitlines() if "4 of 4" in line]
    assert "| `8 \\| 'x' # Heading` | `7` |" in line


def test_show_lists_the_first_suspects_and_all_of_them_as_json(tmp_path: Path) -> None:
    rows = [row(f"What is {n} + {n}?", str(2 * n + 1), *[str(2 * n)] * 3) for n in range(1, 24)]
    workspace = build(recipe(tmp_path, rows), tmp_path / "run", Options(until="verify"))
    status = run_status(workspace.folder)
    assert len(status["suspects"]) == 23
    lines = status_lines(status)
    at = lines.index("reference answers that look wrong: 23")
    first = status["suspects"][0]
    assert lines[at + 1] == f"  {first['id']}  3 of 3 solutions answer 2, the source 3: drop"
    assert lines[at + 21] == "  and 3 more: --json lists them all"


# What changed sides

CHANGING = [
    row("What is 1 + 1?", "2", "1}, which can hardly be true, so rather \\boxed{2", "2", "2"),
    row("What is 2 + 2?", "4", "4}, which can hardly be true, so rather \\boxed{5", "4", "4"),
    row("What is 3 + 3?", "6", "6", "6", "9"),
]


def first_box(reasoning: str, content: str) -> str | None:
    """What an earlier verifier took for the final answer."""
    return last_box(content[: content.index("}") + 1])


@pytest.fixture
def earlier_version() -> Iterator[pytest.MonkeyPatch]:
    """While it is in force, verdicts are those of an earlier version, which took the first box for the last."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("stage", "verdicts", "suspects"):
            patch.setattr(f"datagen.verify.{module}.VERIFIER_VERSION", "0:first-box")
        patch.setattr("datagen.verify.verifier.final_answer", first_box)
        yield patch


def sides(workspace: Workspace) -> list[tuple[str, str | None, str, str | None, str]]:
    return [
        (one.gold, one.answer_before, one.verdict_before, one.answer, one.verdict) for one in workspace.read(CHANGED)
    ]


THE_CHANGE = [("2", "1", "wrong", "2", "correct"), ("4", "4", "correct", "5", "wrong")]


def test_a_new_version_tells_what_changed_sides(tmp_path: Path, earlier_version: pytest.MonkeyPatch) -> None:
    workspace = build(recipe(tmp_path, CHANGING), tmp_path / "run")
    assert sides(workspace) == []
    assert not any("changed sides" in line for line in status_lines(run_status(workspace.folder)))
    earlier_version.undo()
    build(recipe(tmp_path, CHANGING), tmp_path / "run")
    assert sorted(sides(workspace)) == THE_CHANGE
    status = run_status(workspace.folder)
    assert {(one["version_before"], one["gold"]) for one in status["changed"]} == {
        ("0:first-box", "2"), ("0:first-box", "4"),
    }  # fmt: skip
    lines = status_lines(status)
    at = lines.index("changed sides since verifier 0:first-box: correct -> wrong 1, wrong -> correct 1")
    assert len(lines[at + 1 :]) == 2
    assert status["stages"]["verify"]["changed_sides"] == {"correct -> wrong": 1, "wrong -> correct": 1}


def test_the_list_outlives_added_rows_another_policy_and_a_fresh_build(
    tmp_path: Path, earlier_version: pytest.MonkeyPatch
) -> None:
    workspace = build(recipe(tmp_path, CHANGING), tmp_path / "run")
    earlier_version.undo()
    more = [row("What is 9 + 9?", "18", "18", "18"), *CHANGING]
    build(recipe(tmp_path, more), tmp_path / "run")  # the whole way is done anew, and its tables with it
    assert sorted(sides(workspace)) == THE_CHANGE
    build(recipe(tmp_path, more, verify={"suspect_gold": "keep"}), tmp_path / "run")
    assert sorted(sides(workspace)) == THE_CHANGE
    build(recipe(tmp_path, more[1:], verify={"suspect_gold": "keep"}), tmp_path / "run", Options(fresh=True))
    assert sorted(sides(workspace)) == THE_CHANGE


@pytest.mark.parametrize("moment", ["in its middle", "when all was written"])
def test_a_reverification_that_ends_early_goes_on_and_tells_the_whole_change(
    moment: str, tmp_path: Path, earlier_version: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = build(recipe(tmp_path, CHANGING), tmp_path / "run")
    earlier_version.undo()
    calls = iter(range(100))

    def stop(*_: object) -> None:
        if moment == "when all was written" or next(calls) == 1:
            raise StoppedError(moment)

    name = "refuse_when_stopped" if moment == "in its middle" else "keep_last"
    with monkeypatch.context() as ending:
        ending.setattr(f"datagen.verify.stage.{name}", stop)
        with pytest.raises(StoppedError, match=moment):
            build(recipe(tmp_path, CHANGING), tmp_path / "run")
    build(recipe(tmp_path, CHANGING), tmp_path / "run")
    assert sorted(sides(workspace)) == THE_CHANGE


def test_a_new_version_asks_no_teacher_again(tmp_path: Path, earlier_version: pytest.MonkeyPatch) -> None:
    with CountingTeacher().serving(latency_ms=0) as teacher:
        settings = load_recipe("quickstart", [f"teachers.demo.base_url={teacher.url}"], 3)
        workspace = build(settings, tmp_path / "run")
        asked, kept = teacher.asked.total(), journal_lines(tmp_path / "run")
        assert asked == len(kept) > 0
        earlier_version.undo()
        build(settings, tmp_path / "run")
        assert teacher.asked.total() == asked
    assert journal_lines(tmp_path / "run") == kept
    status = run_status(workspace.folder)
    assert status["verifier_before"] == "0:first-box"
    assert {one.verifier_version for one in workspace.read(VERDICTS)} == {status["stages"]["verify"]["verifier"]}


# Kills

_BUILD = """
import sys
from pathlib import Path
from datagen.pipeline import Options
from datagen.recipe_file import load_recipe
from tests.building import build
build(load_recipe(sys.argv[1]), Path(sys.argv[2]), Options(until="verify"))
"""
HOSTILE = "9^{9^{9^{9^{9}}}}+1"


def verdict_lines(run: Path) -> list[bytes]:
    """The whole lines of the journal of verdicts."""
    path = run / "journal" / "verdicts.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


def test_a_verification_killed_in_its_middle_goes_on_to_the_same_bytes_and_computes_nothing_twice(
    tmp_path: Path,
) -> None:
    easy = [row(f"What is {n}/7 + 1?", f"\\frac{{{n + 7}}}{{7}}", *["\\sqrt{2}", "\\sqrt{3}"] * 2) for n in range(24)]
    rows = [*easy[:12], row("How large?", "x^2+1", HOSTILE, "x^2+1", "x^2+1"), *easy[12:]]
    file = recipe_file(tmp_path, rows, verify={"workers": 1, "timeout_s": 1})
    command = [sys.executable, "-c", _BUILD, str(file), str(tmp_path / "run")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as run:
        try:
            wait_until(lambda: len(verdict_lines(tmp_path / "run")) >= 30 or run.poll() is not None, "it verifies")
        finally:
            run.kill()
    assert run.returncode == -signal.SIGKILL
    kept = verdict_lines(tmp_path / "run")
    assert not (tmp_path / "run" / "verdicts" / "verify.parquet").exists()

    settings = load_recipe(str(file))
    build(settings, tmp_path / "run", Options(until="verify"))
    build(settings, tmp_path / "undisturbed", Options(until="verify"))
    lines = verdict_lines(tmp_path / "run")
    assert 0 < len(kept) < len(lines)
    assert lines[: len(kept)] == kept
    keys = [json.loads(line)["key"] for line in lines]
    assert len(set(keys)) == len(keys) == len(verdict_lines(tmp_path / "undisturbed"))
    for table in (VERDICTS, SUSPECTS, CHANGED):
        one, other = (Workspace(tmp_path / name).part(table, "verify") for name in ("run", "undisturbed"))
        assert one.read_bytes() == other.read_bytes()
