"""A run's folder: tables that are whole or absent, a lock, and the record of what is done.

Every file is written beside its place, synced, and renamed, so that a reader never meets a half-written one. A stage is
done when its record holds the fingerprint of all that went into it and its files are there; `run.json` keeps the
records. It is written whole after each stage, and every source is one: so what was written or read is remembered while
the file is the same.
"""

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from datagen.atomic import TEMPORARY, atomic_file, write_text
from datagen.errors import BusyError, DatagenError, UsageError
from datagen.journal import Journal
from datagen.tables import COMPLETIONS, Row, Table

_BATCH_ROWS = 200
_LOCK, _HOLDER, _RECORD = ".lock", ".lock-holder.json", "run.json"
_JSON_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
PARQUET_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "write_page_index": True,
    "use_content_defined_chunking": True,
    "use_dictionary": False,  # texts hardly repeat, and one that changes would change the dictionary before all pages
    "write_page_checksum": True,
}


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What a finished stage left.

    Attributes:
        fingerprint: hash of all that went into it.
        files: what it wrote, relative to the run's folder, with the size of each; a link has none.
        counts: figures for people (`rows`, `dropped`, …).
    """

    fingerprint: str
    files: Mapping[str, int | None]
    counts: dict[str, Any]


def find_run(named: str) -> Path | None:
    """The folder of a run that was started, named by its path or by its name under `outputs/`; None without one."""
    folders = (Path(named), Path("outputs") / named)
    return next((folder for folder in folders if (folder / _RECORD).is_file()), None)


def existing_run(named: str, option: str = "") -> Path:
    """The folder of a run that must be there, as `find_run` finds it.

    Args:
        named: by the user.
        option: what the name was given with, for the message.

    Raises:
        UsageError: there is none.
    """
    if (folder := find_run(named)) is None:
        raise UsageError(f"{option}{named}: there is no run here, nor in outputs/{named}; `datagen build` makes one")
    return folder


class Workspace:
    """A run's folder.

    Args:
        folder: `outputs/NAME`; made when missing.

    Raises:
        UsageError: the folder can't be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: can't make this folder: {error.strerror}; choose another --output") from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise UsageError(f"{folder}: can't write into this folder; choose another --output")
        self._known: tuple[tuple[int, int, int], Mapping[str, Any]] | None = None

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        path = self.folder / "logs"
        path.mkdir(exist_ok=True)
        return path

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of this folder.

        The lock is the operating system's, so that a dead process holds nothing.

        Raises:
            BusyError: another run is at work here; the message names it.
        """
        lock = FileLock(self.folder / _LOCK)
        holder = self.folder / _HOLDER
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            with contextlib.suppress(OSError, ValueError):
                held = json.loads(holder.read_text())
                message = f"{self.folder}: process {held['pid']} on {held['host']} is at work in this folder"
                raise BusyError(f"{message}; wait for it, or end it and start again") from error
            raise BusyError(f"{self.folder}: another run is at work in this folder") from error
        try:
            write_text(holder, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
            self._sweep()
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    # Records

    def record(self) -> Mapping[str, Any]:
        """The run's record (`run.json`); empty for a new run. Not to be changed: who asks next is given the same."""
        path = self.folder / _RECORD
        try:
            version = _version(path)
            if self._known is None or self._known[0] != version:
                self._known = version, orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DatagenError(f"{path}: damaged; remove it and start again, nothing that was paid is lost") from error
        return self._known[1]

    def update_record(self, **values: Any) -> None:
        """Set top-level values of `run.json`."""
        self._write_record({**self.record(), **_as_read(values)})

    def stage(self, name: str) -> StageRecord | None:
        """The record of a finished stage whose files are all there and of their size, or None."""
        kept = self.record().get("stages", {}).get(name)
        if kept is None:
            return None
        record = StageRecord(kept["fingerprint"], kept["files"], kept["counts"])
        return record if record.files == self.sizes(self.folder / file for file in record.files) else None

    def is_done(self, name: str, fingerprint: str) -> bool:
        """Whether a stage stands finished with this very input."""
        record = self.stage(name)
        return record is not None and record.fingerprint == fingerprint

    def finish_stage(self, name: str, record: StageRecord) -> None:
        """Write down that a stage is done."""
        kept = {"fingerprint": record.fingerprint, "files": dict(record.files), "counts": record.counts}
        self._write_stages({**self.record().get("stages", {}), name: _as_read(kept)})

    def forget_stage(self, name: str, files: Iterable[Path]) -> None:
        """Let a stage run again, and remove its files."""
        stages = self.record().get("stages", {})
        if name in stages:
            self._write_stages({other: kept for other, kept in stages.items() if other != name})
        for file in files:
            file.unlink(missing_ok=True)

    def refuse_when_locked(self) -> None:
        """Raise BusyError when another run is at work here."""
        with self.locked():
            pass

    def forget_stages(self) -> None:
        """Let every stage run again; journals and what was paid stay."""
        self.update_record(stages={}, inputs={})

    def _write_stages(self, stages: Mapping[str, Any]) -> None:
        self._write_record({**self.record(), "stages": stages})

    def _write_record(self, record: Mapping[str, Any]) -> None:
        path = self.folder / _RECORD
        write_text(path, orjson.dumps(record, option=_JSON_OPTIONS).decode())
        self._known = _version(path), record

    # Tables

    def part(self, table: Table[Any], part: str) -> Path:
        """The file of one part of a table."""
        return self.folder / table.name / f"{part}.parquet"

    @contextlib.contextmanager
    def writing(self, table: Table[Row], part: str) -> Iterator[Callable[[Row], None]]:
        """Write one part of a table, row by row; it appears when the block ends well, and not at all otherwise."""
        path = self.part(table, part)
        with atomic_file(path) as temporary, pq.ParquetWriter(temporary, table.schema, **PARQUET_OPTIONS) as writer:
            waiting: list[Row] = []

            def write(row: Row) -> None:
                waiting.append(row)
                if len(waiting) >= _BATCH_ROWS:
                    writer.write_batch(table.to_arrow(waiting))
                    waiting.clear()

            yield write
            if waiting:
                writer.write_batch(table.to_arrow(waiting))

    def read(self, table: Table[Row], parts: Iterable[str] | None = None) -> Iterator[Row]:
        """The rows of a table, part by part (by name when `parts` is None), streaming."""
        for batch in self.read_batches(table, parts):
            yield from table.from_arrow(batch)

    def read_batches(
        self, table: Table[Any], parts: Iterable[str] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The record batches of a table, streaming.

        Raises:
            DatagenError: a file is damaged, were it by one bit, or is no file of this table.
        """
        names = parts if parts is not None else [path.stem for path in self.parts(table)]
        for name in names:
            path = self.part(table, name)
            try:
                # Buffered ahead, it would hold the whole file.
                with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
                    if not file.schema_arrow.equals(table.schema):
                        raise pa.ArrowInvalid(f"its columns are not those of {table.name}")
                    missing = file.metadata.num_rows
                    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                        missing -= batch.num_rows
                        yield batch
                    if missing:  # a page's own head has no checksum, and a broken one ends a file early
                        raise pa.ArrowInvalid(f"{missing} of its rows are missing")
            except (OSError, ValueError, pa.ArrowException) as error:
                message = f"{path}: can't be read ({error}); start again with --fresh, nothing that was paid is lost"
                raise DatagenError(message) from error

    def parts(self, table: Table[Any]) -> list[Path]:
        """The files of a table that exist, by name."""
        return sorted(path for path in (self.folder / table.name).glob("*.parquet") if not path.name.startswith("."))

    def rows(self, table: Table[Any]) -> int:
        """How many rows a table holds, by what its files say of themselves."""
        return sum(pq.read_metadata(path).num_rows for path in self.parts(table))

    def sizes(self, paths: Iterable[Path]) -> dict[str, int | None]:
        """Files as the record keeps them; those that are not there are left out."""
        found = {}
        for path in paths:
            if path.exists():
                found[str(path.relative_to(self.folder))] = None if path.is_symlink() else path.stat().st_size
        return found

    # Journals

    def completions(self) -> Journal:
        """The journal of paid completions."""
        return Journal(completions_of(self.folder), fields=COMPLETIONS)

    def lost(self) -> Journal:
        """The journal of what was sent to teachers and never answered whole."""
        return Journal(lost_of(self.folder))

    @property
    def batches(self) -> Path:
        """The folder of the batches that are under way at teachers."""
        return batches_of(self.folder)

    def verdicts(self) -> Journal:
        """The journal of verdicts."""
        return Journal(self.folder / "journal" / "verdicts.jsonl")

    def _sweep(self) -> None:
        """Remove what a killed run left half written."""
        for path in [*self.folder.glob(f"{TEMPORARY}*"), *self.folder.glob(f"*/{TEMPORARY}*")]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def completions_of(folder: Path) -> Path:
    """Where the journal of paid completions of a run's folder lies, there or not."""
    return folder / "journal" / "completions.jsonl"


def lost_of(folder: Path) -> Path:
    """Where the journal of what was never answered whole lies in a run's folder, there or not."""
    return folder / "journal" / "lost.jsonl"


def batches_of(folder: Path) -> Path:
    """Where the batches that are under way at teachers lie in a run's folder, there or not."""
    return folder / "batches"


def _version(path: Path) -> tuple[int, int, int]:
    """What tells two files of one name apart: each write makes a new one."""
    state = path.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size


def _as_read(value: dict[str, Any]) -> dict[str, Any]:
    """A value as `run.json` gives it back: keys are strings, tuples are lists."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(value, option=_JSON_OPTIONS))
    return read
