"""The pull: limits, names, refusals, any table, any row, and the real rows."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.recipe import Columns, HubSource, Source, TableSource
from datagen.sources import PullCounts, Pulled, pull, resolve
from datagen.sources.answers import bare_answer
from datagen.sources.pulling import _adapter
from datagen.tables import Drop, Problem
from tests.sources.small_rows import LIMO, OPEN_R1, ROWS, kept, pull_table, run, write

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "sources"


def test_rows_with_too_few_solutions_are_counted_and_the_limit_counts_the_others(tmp_path: Path) -> None:
    few = {**OPEN_R1, "generations": ["same", "same", ""]}
    path = tmp_path / "r.parquet"
    pq.write_table(pa.Table.from_pylist([few, OPEN_R1, {**OPEN_R1, "answer": "proof"}, few, OPEN_R1, OPEN_R1]), path)
    pulled, counts = run(HubSource(kind="open_r1", path=str(path), min_recorded=2, limit=3))
    assert [type(row) for row in pulled] == [Pulled, Drop, Pulled]
    assert (counts.read, counts.too_few_recorded, counts.pulled, counts.not_read) == (5, 2, 3, 1)
    assert (counts.problems, counts.dropped, counts.recorded) == (2, 1, 4)


def test_the_limit_stops_the_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [LIMO] * 200)
    with Path(path).open("a") as file:
        file.write("broken")
    pulled, counts = run(HubSource(kind="limo", path=path, limit=150))
    assert len(pulled) == counts.read == 150
    assert counts.not_read is None
    with pytest.raises(UsageError, match=r"r\.jsonl:201"):
        run(HubSource(kind="limo", path=path))


def test_ids_are_the_same_on_another_machine(tmp_path: Path) -> None:
    names = []
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        path = write(tmp_path / place / "r.jsonl", [LIMO, {**LIMO, "answer": None}])
        pulled, _ = run(HubSource(kind="limo", path=path))
        names.append([row.row_id if isinstance(row, Drop) else row.problem.row_id for row in pulled])
    assert names[0] == names[1]
    assert all(len(name) == 16 for name in names[0])


def test_a_file_of_another_schema_is_refused_with_the_nearest_column(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [{"problem": "p", "final_answers": "1"}])
    with pytest.raises(UsageError) as refusal:
        run(TableSource(kind="table", name="m", path=path, columns=Columns(answer="final_answer")))
    message = str(refusal.value)
    assert all(word in message for word in ["r.jsonl", "'final_answer'", "did you mean final_answers?", "columns:"])
    with pytest.raises(UsageError, match=r"no column 'question'.*\n.*kind table"):
        run(HubSource(kind="limo", path=path))


def test_a_table_maps_its_columns(tmp_path: Path) -> None:
    row = {"q": "1+1?", "a": 2, "level": "3", "area": "sums", "key": 7, "out": "Two. \\boxed{2}"}
    columns = {"problem": "q", "answer": "a", "difficulty": "level", "topic": "area", "source_id": "key"}
    [pulled] = pull_table(tmp_path, row, solutions="out", **columns)
    problem = kept(pulled).problem
    assert (problem.problem, problem.answer, problem.difficulty, problem.topic) == ("1+1?", "2", 3.0, "sums")
    assert (problem.source, problem.source_id, problem.licence) == ("mine", "7", "unknown")
    assert [solution.content for solution in kept(pulled).recorded] == ["Two. \\boxed{2}"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, []),
        ("", []),
        ("one", [("", "one", "unknown", "unknown")]),
        (["one", None, "two", "one"], [("", "one", "unknown", "unknown"), ("", "two", "unknown", "unknown")]),
        (
            [{"reasoning": "hm", "content": "one", "model": "m", "finish_reason": "length"}],
            [("hm", "one", "m", "length")],
        ),
        ([{"text": "<think>hm</think>one"}], [("hm", "one", "unknown", "unknown")]),
        ([{"content": None, "text": "one", "reasoning": None}], [("", "one", "unknown", "unknown")]),
    ],
)
def test_a_table_carries_solutions_as_text_list_or_objects(
    tmp_path: Path, cell: object, expected: list[tuple[str, str, str, str]]
) -> None:
    [pulled] = pull_table(tmp_path, {"problem": "p", "answer": "1", "s": cell}, solutions="s")
    recorded = kept(pulled).recorded
    assert [(s.reasoning, s.content, s.model, s.finish_reason) for s in recorded] == expected


@pytest.mark.parametrize("cell", [{"content": "one"}, 3, [["one"]], [{"content": 3}], [{"content": "c", "model": []}]])
def test_a_solutions_cell_of_the_wrong_type_is_refused_with_its_place(tmp_path: Path, cell: object) -> None:
    with pytest.raises(UsageError, match=r"mine\.jsonl: row 0, column 's.*expected"):
        pull_table(tmp_path, {"problem": "p", "answer": "1", "s": cell}, solutions="s")


def test_a_difficulty_that_is_no_number_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"row 0, column 'level': 'Level 5' is no number"):
        pull_table(tmp_path, {"problem": "p", "answer": "1", "level": "Level 5"}, difficulty="level")


def test_half_a_surrogate_pair_does_not_reach_the_tables(tmp_path: Path) -> None:
    [pulled] = pull_table(tmp_path, {"problem": "p \ud800", "answer": "1"})
    assert kept(pulled).problem.problem == "p \N{REPLACEMENT CHARACTER}"


SOURCES: dict[str, Source] = {
    **{kind: HubSource.model_validate({"kind": kind, "path": "unused"}) for kind in ROWS},
    "table": TableSource(
        kind="table",
        name="mine",
        path="unused",
        columns=Columns(solutions="solutions", difficulty="difficulty", topic="topic", source_id="uuid"),
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ANSWERS = st.text(st.sampled_from("\\{}[]()$ab1boxedfrac .\n")).map(lambda text: "\\boxed{" + text)


@pytest.mark.parametrize("kind", SOURCES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.integers(0, 11), JSON | ANSWERS, max_size=8))
def test_any_row_gives_a_problem_or_a_drop_or_a_refusal(tmp_path: Path, kind: str, changes: dict[Any, Any]) -> None:
    source = SOURCES[kind]
    adapter = _adapter(source)
    columns = (*adapter.required, *adapter.optional)
    named = {columns[key % len(columns)] if isinstance(key, int) else key: value for key, value in changes.items()}
    row = {**dict.fromkeys(columns), **ROWS.get(kind, {"problem": "p", "answer": "1"}), **named}
    path = write(tmp_path / "r.jsonl", [row])
    try:
        pulled, counts = run(source.model_copy(update={"path": path}))
    except UsageError as refusal:
        assert "r.jsonl: row 0, column " in str(refusal)  # noqa: PT017 (a refusal is one of the outcomes)
        return
    assert len(pulled) == counts.pulled == counts.problems + counts.dropped == 1
    for row_read in pulled:
        text = row_read.detail if isinstance(row_read, Drop) else row_read.problem.problem + row_read.problem.answer
        assert text.encode()


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_the_bare_answer_is_found_in_any_text_and_has_no_edges(text: str) -> None:
    assert bare_answer(text.strip()) == bare_answer(text.strip()).strip()


@pytest.mark.parametrize(
    ("kind", "rows", "dropped"),
    [
        ("open_r1", 1617, {}),
        ("s1k", 1000, {"not_mathematics": 218, "no_answer": 274, "proof": 3, "answer_is_not_short": 1}),
        ("limo", 40, {}),
        ("deepmath", 32, {}),
    ],
)
def test_real_rows_are_all_accounted_for(kind: str, rows: int, dropped: dict[str, int]) -> None:
    if not (REAL / kind).is_dir():
        pytest.skip("the shared data folder is not beside this repository")
    pulled, counts = run(HubSource.model_validate({"kind": kind, "path": str((REAL / kind).resolve())}))
    assert counts.pulled == counts.read == len(pulled) == rows
    assert Counter(row.reason for row in pulled if isinstance(row, Drop)) == dropped
    problems = [row.problem for row in pulled if isinstance(row, Pulled)]
    assert len({problem.row_id for problem in problems}) == len(problems) == rows - sum(dropped.values())
    assert all(isinstance(problem, Problem) and problem.answer for problem in problems)


def test_the_stream_gives_the_first_row_before_it_reads_the_last() -> None:
    if not (REAL / "open_r1").is_dir():
        pytest.skip("the shared data folder is not beside this repository")
    source = HubSource(kind="open_r1", path=str((REAL / "open_r1").resolve()))
    counts = PullCounts()
    assert len(list(islice(pull(source, resolve(source), counts), 3))) == 3
    assert counts.read == 3
