"""The journal when its process or its machine dies: at any moment, in any state, nothing that arrived is lost."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from datagen.journal import Journal
from datagen.journal import journal as journal_module

FIELDS = pa.schema([("text", pa.string()), ("number", pa.int32())])
KEYS = st.sampled_from([f"k{number}" for number in range(12)])

APPENDING = """
import sys; from pathlib import Path
import pyarrow as pa
from datagen.journal import Journal, journal
journal._SYNC_INTERVAL_S = 0.002
fields = pa.schema([("text", pa.string()), ("number", pa.int32())])
with Journal(Path(sys.argv[1]), fields=fields, part_bytes=20_000) as kept:
    for number in range(int(sys.argv[2]), 10**9):
        kept.append(str(number), {"number": number, "text": str(number) * 40})
        sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
        if number % 400 == 399: kept.compact()
"""

DYING = """
import os, shutil, sys; from pathlib import Path
import pyarrow as pa
from datagen.journal import Journal
fields = pa.schema([("text", pa.string()), ("number", pa.int32())])
prepared, folder = Path(sys.argv[1]), Path(sys.argv[2])
def until(steps):
    left = [steps]
    def dying(function):
        def step(*arguments, **options):
            left[0] -= 1
            if left[0] < 0: os._exit(9)
            return function(*arguments, **options)
        return step
    for name in ("fsync", "rename", "replace", "unlink", "open", "ftruncate", "pwrite"):
        setattr(os, name, dying(getattr(os, name)))
for steps in range(200):
    shutil.copytree(prepared, folder / f"{steps:03}")
    child = os.fork()
    if not child:
        until(steps)
        with Journal(folder / f"{steps:03}" / "c.jsonl", fields=fields) as journal:
            for number in range(20, 25): journal.append(str(number), {"number": number})
            journal.compact()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0: break
print(steps)
"""


def assert_holds(folder: Path, least: int, most: int) -> None:
    """The numbers from 0 on are there, each once, at least up to `least`; in the journal and in its files."""
    with Journal(folder / "c.jsonl", fields=FIELDS) as journal:
        numbers = [record["number"] for record in journal.records()]
        assert numbers == list(range(len(numbers)))
        assert least <= len(numbers) <= most
        assert all((journal.get(str(number)) or {}).get("number") == number for number in numbers)
        journal.compact()
    kept = pa.concat_tables(pq.read_table(part) for part in sorted(folder.glob("c-*.parquet")))
    assert kept.column("number").to_pylist() == numbers
    assert (folder / "c.jsonl").read_bytes() == b""
    assert not list(folder.glob("c-*.jsonl"))


def test_a_writer_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    draw = random.Random(4)
    path = tmp_path / "c.jsonl"
    acknowledged = kept = 0
    for _ in range(8):
        command = [sys.executable, "-c", APPENDING, str(path), str(kept)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(draw.randrange(1, 1000)):
                acknowledged = int(writer.stdout.readline()) + 1
            os.kill(writer.pid, signal.SIGKILL)
            said = [int(line) + 1 for line in writer.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
            acknowledged = max([acknowledged, *said])
        with Journal(path, read_only=True) as journal:
            numbers = [record["number"] for record in journal.records()]
        kept = len(numbers)
        assert numbers == list(range(kept))
        assert acknowledged <= kept <= acknowledged + 1
    assert len(list(tmp_path.glob("c-*.parquet"))) > 3
    assert_holds(tmp_path, acknowledged, acknowledged + 1)


def test_a_compaction_that_dies_between_any_two_system_calls_is_finished_by_the_next(tmp_path: Path) -> None:
    prepared = tmp_path / "prepared"
    with Journal(prepared / "c.jsonl", fields=FIELDS) as journal:
        for number in range(20):
            journal.append(str(number), {"number": number, "text": "x"})
            if number == 9:
                journal.compact()
    command = [sys.executable, "-c", DYING, str(prepared), str(tmp_path / "dying")]
    (tmp_path / "dying").mkdir()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 15 < int(done.stdout) < 199
    for folder in sorted((tmp_path / "dying").iterdir()):
        assert_holds(folder, 20, 25)


def test_a_journal_is_read_whole_while_another_process_writes_and_compacts_it(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with subprocess.Popen([sys.executable, "-c", APPENDING, str(path), "0"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(15):
            for _ in range(120):
                acknowledged = int(writer.stdout.readline()) + 1
            with Journal(path, read_only=True) as journal:
                numbers = [record["number"] for record in journal.records(("number",))]
                assert numbers == list(range(len(numbers)))
                assert len(numbers) >= acknowledged
                assert journal.get(str(acknowledged - 1)) is not None
        writer.kill()
    assert list(tmp_path.glob("*.parquet"))


def test_every_record_is_synced_also_while_others_are_appended_at_full_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sync takes all that was appended before it synced, and syncs go on beside a writer that never rests."""
    monkeypatch.setattr(journal_module, "_SYNC_INTERVAL_S", 0.001)
    fsync = os.fsync
    sizes: list[tuple[int, int]] = []
    synced = threading.Semaphore(0)

    def noted(file: int) -> None:
        found = os.fstat(file)
        fsync(file)
        sizes.append((found.st_ino, found.st_size))
        synced.release()

    monkeypatch.setattr(os, "fsync", noted)
    stop = threading.Event()
    with Journal(tmp_path / "c.jsonl", fields=FIELDS, part_bytes=1 << 20) as journal:

        def write() -> None:
            number = 0
            while not stop.is_set():
                journal.append(f"busy{number}", {"number": number, "text": "x" * 1000})
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(20):
                journal.append(f"mine{number}", {"number": number})
                place = journal._recent.get(f"mine{number}".encode())
                if place is not None:  # else it is synced and indexed already
                    inode, end = journal._segments[place.segment].identity[1], place.start + place.length
                    while not any(one == inode and size >= end for one, size in list(sizes)):
                        assert synced.acquire(timeout=60)
        finally:
            stop.set()
            writer.join()


class JournalMachine(RuleBasedStateMachine):
    """A journal against a dict that keeps insertion order by last append, over kills, torn tails and lost indexes."""

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
        self.starts = 0
        self.kept: dict[str, int] = {}
        self.journal = self.opened(self.root / "0")

    def opened(self, folder: Path) -> Journal:
        self.folder = folder
        return Journal(folder / "c.jsonl", fields=FIELDS, part_bytes=400)

    def moved(self) -> Path:
        """The folder as a kill would leave it now, under another name: the process that had it is still at work."""
        self.starts += 1
        folder = self.root / str(self.starts)
        while True:  # a kill leaves one moment; files may come and go while they are copied
            with contextlib.suppress(shutil.Error, FileNotFoundError):
                before = self._files()
                shutil.copytree(self.folder, folder)
                if before == self._files():
                    return folder
            shutil.rmtree(folder, ignore_errors=True)

    def _files(self) -> dict[str, tuple[int, int, int]]:
        found = {entry.name: entry.stat() for entry in os.scandir(self.folder)}
        return {name: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}

    @rule(key=KEYS, number=st.integers(0, 99), text=st.text(max_size=40))
    def append(self, key: str, number: int, text: str) -> None:
        self.journal.append(key, {"number": number, "text": text})
        self.kept.pop(key, None)
        self.kept[key] = number

    @rule()
    def compact(self) -> None:
        self.journal.compact()

    @rule()
    def roll(self) -> None:
        self.journal._roll()

    @rule()
    def sync(self) -> None:
        self.journal.sync()
        self.journal._flush()

    @rule()
    def end_and_start(self) -> None:
        self.journal.close()
        self.journal = self.opened(self.folder)

    @rule()
    def die_and_start(self) -> None:
        folder = self.moved()
        self.journal.close()
        self.journal = self.opened(folder)

    @rule(torn=st.binary(min_size=1, max_size=30).filter(lambda torn: b"\n" not in torn))
    def die_while_a_line_is_written(self, torn: bytes) -> None:
        folder = self.moved()
        self.journal.close()
        with (folder / "c.jsonl").open("ab") as lines:
            lines.write(torn)
        self.journal = self.opened(folder)

    @rule(name=st.sampled_from(["c.index", "c.index-wal"]), data=st.data())
    def die_and_damage_the_index(self, name: str, data: st.DataObject) -> None:
        folder = self.moved()
        self.journal.close()
        file = folder / name
        if file.exists() and data.draw(st.booleans()):
            content = bytearray(file.read_bytes())
            for _ in range(min(len(content), 3)):
                content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
            file.write_bytes(content)
        else:
            file.unlink(missing_ok=True)
        self.journal = self.opened(folder)

    @invariant()
    def holds_what_it_was_given(self) -> None:
        assert [(record["key"], record["number"]) for record in self.journal.records(("key", "number"))] == list(
            self.kept.items()
        )
        for number in range(12):
            found = self.journal.get(f"k{number}")
            assert (found and found["number"]) == self.kept.get(f"k{number}")
            assert (f"k{number}" in self.journal) == (f"k{number}" in self.kept)
        assert len(self.journal) == len(self.kept)

    @invariant()
    def says_the_same_to_a_reader(self) -> None:
        with Journal(self.folder / "c.jsonl", read_only=True) as journal:
            assert [record["number"] for record in journal.records()] == list(self.kept.values())

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.root)


TestJournal: Any = JournalMachine.TestCase
TestJournal.settings = settings(deadline=None, max_examples=25, stateful_step_count=25)
