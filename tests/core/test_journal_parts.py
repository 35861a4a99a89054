"""Compaction: a journal's records become Parquet that anyone can open, and nothing is lost or doubled on the way."""

import hashlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.recipe import Recipe
from datagen.spending.paying import record_of
from datagen.tables import COMPLETIONS
from datagen.teachers.base import Completion, Message, Request
from datagen.teachers.prompting import load_prompt
from tests.sampling.openai_like import recipe

FIELDS = pa.schema([("text", pa.string()), ("number", pa.int32()), ("share", pa.float64()), ("sure", pa.bool_())])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
RECORDS = st.dictionaries(st.sampled_from([*FIELDS.names, "key", "missing", "extra", "other", ""]), JSON, max_size=6)


def files(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if ".index" not in file.name
    }


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORDS, min_size=1, max_size=5))
def test_a_record_of_any_shape_comes_back_from_a_part_as_from_a_line(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "c.jsonl"
    chosen = ("text", "key", "number", "other")
    with Journal(path, fields=FIELDS) as journal:
        for number, record in enumerate(records):
            journal.append(str(number), record)
        lines = [journal.get(str(number)) for number in range(len(records))]
        whole, projected = list(journal.records()), list(journal.records(chosen))
        assert whole == lines
        assert [record["key"] for record in projected] == [str(number) for number in range(len(records))]
        journal.compact()
        assert pq.read_table(path.with_name("c-00000.parquet")).num_rows == len(records)
        assert [journal.get(str(number)) for number in range(len(records))] == lines
        assert (list(journal.records()), list(journal.records(chosen))) == (whole, projected)


def test_a_completion_has_a_column_for_each_of_its_fields(tmp_path: Path) -> None:
    settings: Recipe = recipe("http://127.0.0.1:9/v1")
    request = Request((Message("user", "?"),), 0.8, 0.95, 100, None)
    completion = Completion("hm", "2", "stop", 10, None)
    record = record_of(settings.paid_teachers[0], request, 3, load_prompt("solve", "m"), "1 + 1", completion)
    with Journal(tmp_path / "c.jsonl", fields=COMPLETIONS) as journal:
        journal.append("a", record)
        journal.compact()
    [row] = pq.read_table(tmp_path / "c-00000.parquet").to_pylist()
    assert row == {"key": "a", **record, "missing": None, "extra": None}


def test_a_journal_of_an_earlier_version_is_read_and_compacted(tmp_path: Path) -> None:
    old = {"model": "m", "attempt": 0, "content": "naïve \ud83d half", "prompt_tokens": None, "cost_usd": 0.5}
    whole = old | {"content": "naïve \N{REPLACEMENT CHARACTER} half"}
    path = tmp_path / "c.jsonl"
    path.write_text(f'{{"key":"a","record":{json.dumps(old)}}}\n{{"key":"b","record":{{"model"}}}}\n')
    with Journal(path, fields=COMPLETIONS) as journal:
        for _ in range(2):
            assert journal.get("a") == whole
            assert journal.get("b") is None
            assert list(journal.records(("attempt", "temperature", "key"))) == [{"key": "a", "attempt": 0}]
            journal.compact()
    row, damaged = pq.read_table(tmp_path / "c-00000.parquet").to_pylist()
    assert {name: row[name] for name in ("key", "temperature", "prompt_tokens", "cost_usd")} == {
        "key": "a",
        "temperature": None,
        "prompt_tokens": None,
        "cost_usd": 0.5,
    }
    assert "temperature" in row["missing"]
    assert "prompt_tokens" not in row["missing"]
    assert (damaged["key"], damaged["content"]) == ("b", None)


def test_compacting_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with Journal(path, fields=FIELDS) as journal:
        for number in range(10):
            journal.append(str(number % 7), {"number": number})
        journal.compact()
        once = files(tmp_path)
        journal.compact()
    with Journal(path, fields=FIELDS) as journal:
        journal.compact()
        assert sorted(record["number"] for record in journal.records()) == [3, 4, 5, 6, 7, 8, 9]
    assert files(tmp_path) == once
    assert sorted(once) == ["c-00000.parquet", "c.jsonl"]


def test_a_record_is_replaced_by_a_later_one_in_whichever_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "c.jsonl", fields=FIELDS) as journal:
        for number in range(4):
            journal.append("a", {"number": number})
            journal.append(f"b{number}", {"number": number})
            if number % 2:
                journal.compact()
        journal.append("a", {"number": 9})
        assert journal.get("a") == {"number": 9}
        assert [record["number"] for record in journal.records()] == [0, 1, 2, 3, 9]
        assert len(journal) == 5


def test_what_arrived_after_a_moment_is_told_apart_whatever_is_compacted(tmp_path: Path) -> None:
    with Journal(tmp_path / "c.jsonl", fields=FIELDS) as journal:
        for number in range(6):
            journal.append(str(number), {"number": number})
            if number == 1:
                journal.compact()
            if number == 3:
                moment = journal.position
        journal.compact()
        assert [record["number"] for record in journal.records(start=moment)] == [4, 5]


def test_a_full_file_becomes_a_part_while_records_are_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.journal.journal._SYNC_INTERVAL_S", 0.001)
    with Journal(tmp_path / "c.jsonl", fields=FIELDS, part_bytes=10_000) as journal:
        number = 0
        while len(list(tmp_path.glob("*.parquet"))) < 5:
            journal.append(str(number), {"number": number, "text": "x" * 100})
            number += 1
            assert number < 1_000_000
        assert [record["number"] for record in journal.records(("number",))] == list(range(number))
        assert all(journal.get(str(one)) for one in range(0, number, 7))


def test_a_part_that_is_damaged_is_named_and_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with Journal(path, fields=FIELDS) as journal:
        journal.append("a", {"number": 1})
        journal.compact()
    part = tmp_path / "c-00000.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(DatagenError, match=r"c-00000.parquet: this part of the journal can't be read .*move it away"):
        Journal(path, fields=FIELDS)
    pq.write_table(pa.table({"number": [1]}), part)
    with pytest.raises(DatagenError, match="it is no part of a journal"):
        Journal(path, read_only=True)


def test_a_disk_that_takes_no_part_leaves_the_lines_and_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = (
        "import logging, os, resource, sys; from pathlib import Path\n"
        "from datagen.journal import Journal; from datagen.tables import COMPLETIONS\n"
        "logging.basicConfig(format='%(message)s')\n"
        "with Journal(Path(sys.argv[1]), fields=COMPLETIONS) as journal:\n"
        "    for number in range(100): journal.append(str(number), {'content': os.urandom(500).hex()})\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "    journal.compact()\n"
        "    print(sum(journal.get(str(number)) is not None for number in range(100)))"
    )
    path = tmp_path / "c.jsonl"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "100\n"
    assert "uncompacted" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(files(tmp_path)) == ["c-00000.jsonl", "c.jsonl"]
    caplog.set_level(logging.WARNING)
    with Journal(path, fields=COMPLETIONS) as journal:
        journal.compact()
        assert len(list(journal.records())) == 100
    assert sorted(files(tmp_path)) == ["c-00000.parquet", "c.jsonl"]
    assert not caplog.records


def test_nothing_is_removed_before_what_replaces_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, str]] = []
    fsync, unlink, rename = os.fsync, os.unlink, os.rename

    def synced(file: int) -> None:
        fsync(file)
        done.append(("sync", Path(os.readlink(f"/proc/self/fd/{file}")).name))

    def removed(path: Path, **options: Any) -> None:
        unlink(path, **options)
        done.append(("remove", Path(path).name))

    def replaced(one: Path, other: Path, **options: Any) -> None:
        rename(one, other, **options)
        done.append(("rename", Path(other).name))

    with Journal(tmp_path / "c.jsonl", fields=FIELDS) as journal:
        journal.append("a", {"number": 1})
        for name, hook in (("fsync", synced), ("unlink", removed), ("rename", replaced), ("replace", replaced)):
            monkeypatch.setattr(os, name, hook)
        journal.compact()
    moves = [step for step in done if step != ("sync", "c.jsonl")]
    assert moves == [
        ("rename", "c-00000.jsonl"),
        ("sync", "c-00000.jsonl"),
        ("sync", tmp_path.name),
        ("sync", ".writing-c-00000.parquet"),
        ("rename", "c-00000.parquet"),
        ("sync", tmp_path.name),
        ("remove", "c-00000.jsonl"),
    ]
