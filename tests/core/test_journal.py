"""The journal: what arrived is kept, whatever line was half written, whoever was killed, however full the disk."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError
from datagen.journal import Journal

SLOW_SETUP = [HealthCheck.function_scoped_fixture]


def written(path: Path, records: dict[str, object]) -> bytes:
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        for key, value in records.items():
            journal.append(key, {"value": value})
    return path.read_bytes()


def values(path: Path, *, read_only: bool = False) -> list[object]:
    with Journal(path, read_only=read_only) as journal:
        return [record["value"] for record in journal.records()]


@settings(deadline=None, max_examples=100, suppress_health_check=SLOW_SETUP)
@given(texts=st.lists(st.text(max_size=20), min_size=1, max_size=4), back=st.integers(1, 2**64 - 1), data=st.data())
def test_a_torn_last_line_costs_its_record_and_nothing_else(
    tmp_path: Path, texts: list[str], back: int, data: st.DataObject
) -> None:
    path = tmp_path / "j.jsonl"
    whole = written(path, dict(zip("abcd", texts, strict=False)))
    last_line = len(whole.splitlines(keepends=True)[-1])
    torn = data.draw(st.integers(min_value=1, max_value=last_line))
    path.write_bytes(whole[:-torn])
    assert values(path, read_only=True) == texts[:-1]
    with Journal(path) as journal:
        journal.append("later", {"value": back})
    assert values(path) == [*texts[:-1], back]


@pytest.mark.parametrize(
    "damage",
    [
        b"\0" * 20,
        b'{"key":"b',
        b'{"key":"b","record":{"value":2}',
        b'{"key":"b","record":{"value"}}',
        b"}",
        b'{"key":b}',
        b'{"key":"b}',
        b"\xff\xfe}",
        b"",
    ],
)
def test_a_damaged_line_in_the_middle_costs_its_record_and_nothing_else(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "j.jsonl"
    lines = written(path, {"a": 1, "b": 2, "c": 3}).splitlines(keepends=True)
    path.write_bytes(lines[0] + damage + b"\n" + lines[2])
    assert values(path) == [1, 3]
    with Journal(path) as journal:
        assert journal.get("b") is None
        journal.append("b", {"value": 4})
        assert journal.get("b") == {"value": 4}
    assert sorted(values(path), key=str) == [1, 3, 4]


def test_of_two_records_with_one_key_the_last_counts(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append("a", {"value": 1})
        journal.append("a", {"value": 2})
        assert journal.get("a") == {"value": 2}
        assert len(journal) == 1
    assert values(tmp_path / "j.jsonl") == [2]


@settings(deadline=None, max_examples=50, suppress_health_check=SLOW_SETUP)
@given(text=st.text())
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    written(tmp_path / "j.jsonl", {"a": text})
    assert values(tmp_path / "j.jsonl") == [text]


def test_a_record_that_arrived_survives_the_kill_of_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    program = (
        "import sys; from pathlib import Path; from datagen.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1])); journal.append('a', {'value': 1})\n"
        "print('arrived', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"arrived\n"
        os.kill(writer.pid, signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL
    assert values(path, read_only=True) == [1]


def test_a_full_disk_stops_with_a_message_and_loses_no_earlier_record(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from datagen.errors import DatagenError; from datagen.journal import Journal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with Journal(Path(sys.argv[1])) as journal:\n"
        "    try:\n"
        "        for number in range(100): journal.append(str(number), {'value': number, 'text': 'x' * 100})\n"
        "    except DatagenError as error: print(number, error)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    kept, _, message = done.stdout.partition(" ")
    assert "j.jsonl: the journal can't be written" in message
    assert "make room" in message
    assert int(kept) > 0
    assert values(path) == list(range(int(kept)))
    with Journal(path) as journal:
        journal.append("later", {"value": "room"})
    assert values(path) == [*range(int(kept)), "room"]


def test_a_journal_that_is_only_read_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    torn = written(path, {"a": 1, "b": 2})[:-3]
    path.write_bytes(torn)
    before = path.stat().st_mtime_ns
    with Journal(path, read_only=True) as journal:
        assert journal.get("a") == {"value": 1}
        assert "b" not in journal
        with pytest.raises(DatagenError):
            journal.append("c", {"value": 3})
    assert path.read_bytes() == torn
    assert path.stat().st_mtime_ns == before


def test_a_journal_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(DatagenError, match="can't open the journal"):
        Journal(tmp_path / "none" / "j.jsonl", read_only=True)
    assert not (tmp_path / "none").exists()
