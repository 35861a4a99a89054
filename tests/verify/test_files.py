"""Verdicts for a file: every row once, in the file's order, whatever its neighbours are, in bounded memory."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.errors import UsageError
from datagen.verify import verify_solution
from datagen.verify.files import RowFinding, verify_file
from datagen.verify.lines import json_line, plain_line, summary
from datagen.verify.pair import Finding

SKYTHOUGHT = Path(__file__).parents[3] / "shared" / "data" / "solutions" / "skythought.parquet"
ROWS = [
    {"gold": "5", "solution": "\\boxed{5}", "problem": "What is 2 + 3?"},
    {"gold": "5", "solution": "\\boxed{6}", "problem": None},
    {"gold": None, "solution": "\\boxed{6}", "problem": None},
    {"gold": "5", "solution": None, "problem": None},
    {"gold": "5", "solution": "I can't tell.", "problem": None},
    {"gold": "x+1", "solution": "<think>\\boxed{x}</think>\\boxed{1+x}", "problem": None},
    {"gold": "5", "solution": "<think>Perhaps \\boxed{5}", "problem": None},
]
VERDICTS = ["correct", "wrong", "bad_gold", "no_answer", "no_answer", "correct", "truncated"]


def jsonl(file: Path, rows: Iterable[Any]) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def parquet(file: Path, rows: Sequence[dict[str, Any]]) -> str:
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return str(file)


def verified(file: str, workers: int | None = 1) -> list[RowFinding]:
    return [found for batch in verify_file(file, workers) for found in batch]


@pytest.mark.parametrize("write", [jsonl, parquet])
def test_every_row_gets_its_verdict_in_the_files_order(tmp_path: Path, write: Any) -> None:
    found = verified(write(tmp_path / f"rows.{write.__name__}", ROWS))
    assert [one.row for one in found] == list(range(len(ROWS)))
    assert [one.finding.verdict for one in found] == VERDICTS
    assert [one.finding for one in found] == [verify_solution(**row) for row in ROWS]


def test_any_number_of_workers_and_any_order_give_the_same_verdicts(tmp_path: Path) -> None:
    rows = [{"gold": f"x+{n}", "solution": f"\\boxed{{{n + n % 3 % 2}+x}}"} for n in range(60)]
    one = verified(jsonl(tmp_path / "a.jsonl", rows), 1)
    three = verified(jsonl(tmp_path / "a.jsonl", rows), 3)
    backwards = verified(jsonl(tmp_path / "b.jsonl", rows[::-1]), 2)
    assert one == three
    assert [found.finding for found in backwards[::-1]] == [found.finding for found in one]
    assert {found.finding.verdict for found in one} == {"correct", "wrong"}


@pytest.mark.parametrize(
    ("golds", "verdict"), [({"answer": "5"}, "correct"), ({"gold": "5", "answer": "6"}, "correct")]
)
def test_the_gold_may_stand_in_answer_but_gold_counts_first(
    tmp_path: Path, golds: dict[str, str], verdict: str
) -> None:
    (found,) = verified(jsonl(tmp_path / "rows.jsonl", [{**golds, "solution": "\\boxed{5}"}]))
    assert found.finding.verdict == verdict


def test_golds_may_be_lists_and_numbers(tmp_path: Path) -> None:
    table = pa.table({"gold": [["5"], ["5", "6"], []], "solution": ["\\boxed{5}"] * 3})
    pq.write_table(table, tmp_path / "lists.parquet")
    found = verified(str(tmp_path / "lists.parquet"))
    assert [one.finding.method for one in found[1:]] == ["several-golds", "empty-gold"]
    assert found[0].finding.verdict == "correct"
    pq.write_table(pa.table({"gold": [5.0, None], "solution": ["\\boxed{5}"] * 2}), tmp_path / "numbers.parquet")
    assert [one.finding.verdict for one in verified(str(tmp_path / "numbers.parquet"))] == ["correct", "bad_gold"]


def test_rows_wait_in_a_window_however_long_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.verify.files._AHEAD_ROWS", 8)
    monkeypatch.setattr("datagen.verify.files._AHEAD_CHARACTERS", 60)
    rows = [{"gold": f"y+{n}", "solution": f"\\boxed{{{n}+y}}"} for n in range(40)]
    batches = list(verify_file(jsonl(tmp_path / "rows.jsonl", rows), 2))
    assert [found.row for batch in batches for found in batch] == list(range(40))
    assert len(batches) > 4, "the first rows came before the last ones were read"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"question": "?", "gold": "5"}], "no column 'solution'; there are question, gold"),
        ([{"solution": "5"}], "no column 'gold' (nor 'answer'); there are solution"),
        ([{"a": 1, "b": 2}], "no column 'gold' (nor 'answer') and no 'solution'; there are a, b"),
        ([], "the table is empty"),
        ([["5", "\\boxed{5}"]], "rows.jsonl:1: a JSON array"),
    ],
)
def test_a_file_that_cannot_be_verified_is_refused(tmp_path: Path, rows: list[Any], complaint: str) -> None:
    with pytest.raises(UsageError) as refused:
        verified(jsonl(tmp_path / "rows.jsonl", rows))
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("missing.parquet", "no such file"), ("", "this is a folder"), ("notes.txt", "unknown suffix")],
)
def test_a_place_without_a_table_is_refused(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "notes.txt").write_text("gold, solution")
    with pytest.raises(UsageError, match=complaint):
        verified(str(tmp_path / name))


def test_a_parquet_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    whole = Path(parquet(tmp_path / "whole.parquet", ROWS)).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="cut off or damaged"):
        verified(str(tmp_path / "cut.parquet"))


def test_a_line_that_is_no_json_is_named_after_the_verdicts_before_it(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    jsonl(file, ROWS * 30)
    with file.open("a") as stream:
        stream.write('{"gold": "5", "sol')
    found: list[RowFinding] = []
    with pytest.raises(UsageError, match=r"rows\.jsonl:211: not a whole JSON object"):
        found.extend(one for batch in verify_file(str(file), 1) for one in batch)
    assert [one.row for one in found] == list(range(210))


def test_hostile_rows_cost_their_neighbours_nothing(tmp_path: Path) -> None:
    hostile = ["\\boxed{" * 3000 + "5", "\\boxed{6\0\ud800}", "\\boxed{\u202e5}", "7" * 100_000, "\\input{x}"]
    rows = [row for text in hostile for row in ({"gold": "5", "solution": text}, ROWS[5])]
    found = verified(jsonl(tmp_path / "rows.jsonl", rows), 2)
    assert [one.finding.verdict for one in found[1::2]] == ["correct"] * len(hostile)


def test_a_line_stays_a_line_whatever_the_answer_holds() -> None:
    odd = RowFinding(3, Finding("wrong", "a\nb\tc\r\u2028\u202e\0\ud800 \\nu \u2264", "words"))
    assert plain_line(odd) == "3\twrong\ta\\nb\\tc\\r\\u2028\\u202e\\x00\\ud800 \\nu \u2264\twords\n"
    line = json_line(odd)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"row": 3, "verdict": "wrong", "answer": odd.finding.answer, "method": "words"}
    assert list(json.loads(line)) == ["row", "verdict", "answer", "method"]


def test_no_answer_is_an_empty_field_and_a_null() -> None:
    without = RowFinding(0, Finding("bad_gold", None, "empty-gold"))
    assert plain_line(without) == "0\tbad_gold\t\tempty-gold\n"
    assert json.loads(json_line(without))["answer"] is None


def test_the_summary_counts_every_row() -> None:
    assert summary({"wrong": 1, "correct": 2, "bad_gold": 1}) == "4 rows: correct 2, bad_gold 1, wrong 1"


def test_real_outputs_get_the_same_verdict_alone_and_in_their_file(tmp_path: Path) -> None:
    if not SKYTHOUGHT.is_file():
        pytest.skip("shared/data/solutions is not beside this repository")
    table = pq.read_table(SKYTHOUGHT, columns=["problem", "answer", "output"]).slice(0, 300)
    pq.write_table(table.rename_columns(["problem", "answer", "solution"]), tmp_path / "rows.parquet")
    found = verified(str(tmp_path / "rows.parquet"), 2)
    assert [one.row for one in found] == list(range(300))
    for one, row in list(zip(found, table.to_pylist(), strict=True))[::10]:
        assert one.finding == verify_solution(row["answer"], row["output"], row["problem"])
