"""The journal's index: derived, quick to open, and never believed where it does not fit."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.journal import Journal
from datagen.tables import COMPLETIONS

KEYS = [f"k{number:03}" for number in range(300)]


def write(folder: Path, first: int = 0, last: int = len(KEYS)) -> Path:
    path = folder / "c.jsonl"
    with Journal(path) as journal:
        for number in range(first, last):
            journal.append(KEYS[number], {"value": number})
    return path


def assert_whole(path: Path, last: int = len(KEYS)) -> None:
    """Everything that was appended is found, by key and in order, and nothing else is."""
    with Journal(path) as journal:
        assert [journal.get(key) for key in KEYS] == [
            {"value": number} if number < last else None for number in range(len(KEYS))
        ]
        assert [record["value"] for record in journal.records()] == list(range(last))
        assert len(journal) == last


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a journal that a killed process left: the last records are not indexed."""
    folder = tmp_path_factory.mktemp("written")
    write(folder, last=250)
    copy = folder / "copy"
    copy.mkdir()
    with Journal(folder / "c.jsonl") as journal:
        for number in range(250, len(KEYS)):
            journal.append(KEYS[number], {"value": number})
        for file in folder.glob("c.*"):
            shutil.copy(file, copy)
    return copy


def test_opening_reads_only_what_was_appended_since_the_last_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    read: list[int] = []
    preadv = os.preadv

    def counted(file: int, buffers: list[memoryview], offset: int) -> int:
        read.append(preadv(file, buffers, offset))
        return read[-1]

    monkeypatch.setattr(os, "preadv", counted)
    with path.open("ab") as lines:
        lines.write(b'{"key":"later","record":{"value":1}}\n')
    with Journal(path) as journal:
        assert journal.get("later") == {"value": 1}
        assert journal.get(KEYS[7]) == {"value": 7}
    assert 0 < sum(read) < 200 < path.stat().st_size


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_index_gives_no_wrong_record_and_loses_none(
    written: Path, tmp_path: Path, data: st.DataObject
) -> None:
    folder = tmp_path / "run"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(written, folder)
    name = data.draw(st.sampled_from(["c.index", "c.index-wal"]))
    file = folder / name
    content = bytearray(file.read_bytes()) if file.exists() else bytearray()
    for _ in range(data.draw(st.integers(1, 3))):
        match data.draw(st.sampled_from(["flip", "cut", "zeros", "none"])):
            case "flip" if content:
                content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
            case "cut":
                del content[data.draw(st.integers(0, len(content))) :]
            case "zeros":
                first = data.draw(st.integers(0, max(len(content) - 1, 0)))
                content[first : first + 4096] = bytes(len(content[first : first + 4096]))
            case _:
                pass
    file.write_bytes(content)
    assert_whole(folder / "c.jsonl")


@pytest.mark.parametrize("name", ["c.index", "c.index-wal"])
def test_a_missing_index_is_made_anew(written: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(written, tmp_path / "run")
    (tmp_path / "run" / name).unlink(missing_ok=True)
    assert_whole(tmp_path / "run" / "c.jsonl")


def test_another_journals_index_is_not_believed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    path = write(tmp_path / "one")
    other = tmp_path / "two" / "c.jsonl"
    with Journal(other) as journal:
        for number, key in enumerate(reversed(KEYS)):
            journal.append(key, {"value": number})
    shutil.copy(other.with_suffix(".index"), path.with_suffix(".index"))
    assert_whole(path)


@pytest.mark.parametrize("last", [0, 1, 120, 299])
def test_a_journal_that_lost_its_end_in_a_power_failure_has_what_is_left(tmp_path: Path, last: int) -> None:
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:last]) + lines[last][:10])
    assert_whole(path, last)
    with Journal(path) as journal:
        for number in range(last, len(KEYS)):
            journal.append(KEYS[number], {"value": number})
    assert_whole(path)


def test_a_journal_that_was_replaced_is_indexed_anew(tmp_path: Path) -> None:
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(reversed(lines)))
    with Journal(path) as journal:
        assert [journal.get(key) for key in KEYS] == [{"value": number} for number in range(len(KEYS))]


def test_records_that_changed_their_places_under_an_open_journal_are_found_again(tmp_path: Path) -> None:
    path = write(tmp_path)
    with Journal(path) as journal:
        lines = path.read_bytes().splitlines(keepends=True)
        with path.open("r+b") as file:
            file.write(b"".join(reversed(lines)))
        assert [journal.get(key) for key in KEYS] == [{"value": number} for number in range(len(KEYS))]


def test_an_index_that_is_no_file_of_ours_or_that_another_has_is_left_aside(tmp_path: Path) -> None:
    path = write(tmp_path)
    with Journal(path):
        assert_whole(path)
    path.with_suffix(".index").unlink()
    path.with_suffix(".index").mkdir()
    assert_whole(path)


def test_reading_another_runs_journal_writes_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with Journal(path, fields=COMPLETIONS) as journal:
        for number, key in enumerate(KEYS[:50]):
            journal.append(key, {"attempt": number})
        journal.compact()
        journal.append("later", {"attempt": 50})
    before = {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in tmp_path.iterdir()}
    tmp_path.chmod(0o555)
    try:
        with Journal(path, read_only=True) as journal:
            assert journal.get(KEYS[7]) == {"attempt": 7}
            assert len(journal) == len(list(journal.records())) == 51
    finally:
        tmp_path.chmod(0o755)
    assert {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in tmp_path.iterdir()} == before


def test_threads_find_what_they_and_others_have_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.journal.journal._SYNC_INTERVAL_S", 0.001)
    faults: list[str] = []

    def work(journal: Journal, thread: int) -> None:
        for number in range(300):
            key = f"{thread}-{number}"
            journal.append(key, {"attempt": number})
            if number == 150:
                journal.compact()
            for asked in (key, f"{thread}-{number // 2}"):
                found = journal.get(asked)
                if found is None or found["attempt"] != int(asked.split("-")[1]):
                    faults.append(f"{asked}: {found}")

    with Journal(tmp_path / "c.jsonl", fields=COMPLETIONS, part_bytes=5000) as journal:
        threads = [threading.Thread(target=work, args=(journal, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert len(journal) == len(list(journal.records())) == 1200
    assert list(tmp_path.glob("*.parquet"))


def test_what_waits_for_the_index_stays_little_however_fast_records_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagen.journal.journal._MOST_WAITING", 20)
    monkeypatch.setattr("datagen.journal.journal._SYNC_INTERVAL_S", 1000.0)
    with Journal(tmp_path / "c.jsonl") as journal:
        for number, key in enumerate(KEYS):
            journal.append(key, {"value": number})
            assert len(journal._fresh) < 20
            assert len(journal._recent) < 20
    assert_whole(tmp_path / "c.jsonl")
