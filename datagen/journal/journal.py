"""The journal itself: appending, looking up, keeping on disk, and moving full files into Parquet.

A record is handed to the operating system before `append` returns, so that it survives a kill of this process, and is
on disk within a second, so that it survives the machine. Nothing is removed before what replaces it is on disk.
"""

import contextlib
import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import pyarrow as pa

from datagen.atomic import sync
from datagen.errors import DatagenError, NotKeptError
from datagen.journal.folder import is_journal, lines_path, open_for_reading, open_for_writing, part_path
from datagen.journal.index import DAMAGED, Index
from datagen.journal.lines import Lines, encode_line
from datagen.journal.parts import AbandonedError, Part, RowGroups, write_part
from datagen.journal.places import START, Mark, MislaidError, Place, Segment

Answer = TypeVar("Answer")

_SYNC_INTERVAL_S = 0.5
_PART_BYTES = 256 << 20
_MOST_WAITING = 20_000
"""Records that wait to be indexed; whoever appends faster than the index takes them in waits for it."""
_log = logging.getLogger(__name__)


class Position(NamedTuple):
    """A moment of a journal: what was appended before stands before it, whatever is compacted meanwhile."""

    segment: int
    row: int


class Journal:
    """Records by key; the last record of a key counts. Safe to use from any thread, by one writing process at a time.

    Args:
        path: the file that records are appended to, made with its folder when missing; the others lie beside it.
        read_only: look records up in another run's journal without touching its folder, also while it is written.
        fields: a column for each field of a record, for Parquet parts; None leaves all records in the one file.
        part_bytes: the size from which on a file of lines becomes a part.

    Raises:
        DatagenError: it is not there, can't be opened, or is damaged where no line is.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, fields: pa.Schema | None = None, part_bytes: int = _PART_BYTES
    ) -> None:
        self.path = path
        self._read_only = read_only
        self._fields = fields
        self._part_bytes = part_bytes
        self._upkeep = threading.RLock()  # of whoever syncs, indexes or rolls; taken before the next one
        self._lock = threading.Lock()  # of all that an append changes
        self._recent: dict[bytes, Place] = {}
        self._fresh: list[tuple[bytes, Place]] = []
        self._trouble: OSError | DatagenError | None = None
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._groups = RowGroups()
        try:
            self._active, before = (open_for_reading if read_only else open_for_writing)(path, self._groups)
        except OSError as error:
            raise DatagenError(f"{path}: can't open the journal: {error.strerror}") from error
        self._segments: dict[int, Segment] = {segment.number: segment for segment in (*before, self._active)}
        self._index = Index(None if read_only else path.with_suffix(".index"))
        known = self._take_in(self._index.marks())
        self._rows = known.rows
        self._end = self._active.whole_size(known)
        self._compactor = ThreadPoolExecutor(1, thread_name_prefix="journal-compaction")
        self._syncer = threading.Thread(target=self._sync_when_dirty, name="journal-sync", daemon=True)
        if not read_only:
            if self._end < os.fstat(self._active.file).st_size:
                os.ftruncate(self._active.file, self._end)
            self._syncer.start()
            self._compactor.submit(self._compact_full)  # what an earlier process left

    @staticmethod
    def is_at(path: Path) -> bool:
        """Whether there is a journal that appends to this file."""
        return is_journal(path)

    def __len__(self) -> int:
        self._flush()
        return self._ask(len)

    def __contains__(self, key: str) -> bool:
        return self._find(key.encode()) is not None

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a key; None when there is none, or none that can be read."""
        name = key.encode()
        for _ in range(2):
            try:
                return self._record(name, self._find(name))
            except MislaidError:
                self._index_anew()
        return None

    def append(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a record under a key.

        Args:
            key: printable ASCII without quotes and backslashes.
            record: what JSON can hold; halves of surrogate pairs become a mark.

        Raises:
            NotKeptError: the disk does not take it; what was kept before stays.
        """
        name = key.encode()
        line = encode_line(name, record)
        with self._lock:
            try:
                if self._trouble is not None:
                    raise self._trouble
                _write_all(self._active.file, line, self._end)
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._active.file, self._end)
                message = f"{self.path}: the journal can't be written: {error.strerror}; make room and start again"
                raise NotKeptError(message) from error
            place = Place(self._active.number, self._rows, self._end, len(line))
            self._recent[name] = place
            self._fresh.append((name, place))
            self._end += len(line)
            self._rows += 1
            waiting = len(self._fresh)
        self._dirty.set()
        if waiting >= _MOST_WAITING:
            self._flush()

    @property
    def position(self) -> Position:
        """Where the next record goes."""
        return Position(self._active.number, self._rows)

    def records(
        self, fields: Sequence[str] | None = None, *, start: Position | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every record once, in the order in which they arrived, streaming; without what arrives meanwhile.

        Args:
            fields: of each record only these, as far as it has them; from Parquet nothing else is read. `key` is its
                key. None gives whole records without their key.
            start: leaves out what arrived before.
        """
        with self._upkeep:
            end = self._flush()
            superseded = self._ask(Index.superseded)
            segments = sorted(self._segments.items())
        for number, segment in segments:
            if start is not None and number < start.segment:
                continue
            skipped = superseded.get(number, set())
            for row, record in segment.rows(fields, end.row if number == end.segment else None):
                if row not in skipped and (start is None or (number, row) >= start):
                    yield record

    def compact(self) -> None:
        """Move all records into Parquet parts; where the disk does not take one, the lines stay, with a warning."""
        self._roll()
        self._compactor.submit(self._compact_full).result()

    def sync(self) -> None:
        """Return when all that was appended is on disk."""
        with self._upkeep:
            self._dirty.clear()
            os.fsync(self._active.file)

    def close(self) -> None:
        """Sync and close; a compaction that is under way is left to the next process."""
        self._closing.set()
        self._dirty.set()
        if not self._read_only:
            self._syncer.join()
        self._compactor.shutdown()
        try:
            if not self._read_only:
                os.fsync(self._active.file)
                self._flush()
        finally:
            self._index.close()
            self._groups.close()
            self._active.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self, key: bytes) -> Place | None:
        with self._lock:
            place = self._recent.get(key)
        return place if place is not None else self._ask(lambda index: index.find(key))

    def _record(self, key: bytes, place: Place | None) -> dict[str, Any] | None:
        if place is None:
            return None
        segment = self._segments.get(place.segment)
        if segment is None:
            raise MislaidError
        return segment.get(key, place)

    # The index

    def _ask(self, question: Callable[[Index], Answer]) -> Answer:
        try:
            return question(self._index)
        except DAMAGED:
            self._index_anew()
            return question(self._index)

    def _take_in(self, known: Mapping[int, Mark]) -> Mark:
        """Index what is not known yet, and everything when what is known does not fit; returns the last file's mark."""
        segments = self._segments
        if any(number not in segments or not segments[number].holds(mark) for number, mark in known.items()):
            self._index.renew()
            known = {}
        with contextlib.suppress(*DAMAGED):
            return self._take_in_after(known)
        self._index.renew(private=True)
        try:
            return self._take_in_after({})
        except DAMAGED as error:
            raise DatagenError(f"{self.path}: the journal can't be indexed: {error}; is the disk full?") from error

    def _take_in_after(self, known: Mapping[int, Mark]) -> Mark:
        last = START
        for number, segment in sorted(self._segments.items()):
            before = known.get(number, START)
            last = self._index.add(number, segment.entries(before), segment.mark_after) or before
        return last

    def _index_anew(self) -> None:
        with self._upkeep, self._lock:
            _log.info("%s: the index of the journal does not fit; it is made anew", self.path)
            self._fresh.clear()
            self._recent.clear()
            self._index.renew()
            self._take_in({})

    def _flush(self) -> Position:
        """Index what was appended since; returns the moment up to which all is indexed."""
        with self._upkeep:
            with self._lock:
                fresh, self._fresh = self._fresh, []
                now = self.position
            try:
                for number, entries in itertools.groupby(fresh, key=lambda entry: entry[1].segment):
                    self._index.add(number, entries, self._segments[number].mark_after)
            except DAMAGED:
                self._index_anew()
            with self._lock:
                for key, place in fresh:
                    if self._recent.get(key) is place:
                        del self._recent[key]
        return now

    # On disk, and into parts

    def _sync_when_dirty(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            if self._closing.wait(_SYNC_INTERVAL_S):
                return
            try:
                self.sync()
                self._flush()
            except (OSError, DatagenError) as error:
                self._trouble = error
                return
            if self._end >= self._part_bytes and self._roll():
                self._compactor.submit(self._compact_full)

    def _roll(self) -> bool:
        """Let another file take what is appended from now on; whether there was anything to put away."""
        if self._fields is None or not self._rows:
            return False
        try:
            with self._upkeep:
                with self._lock:
                    full, self._active = self._active, self._next()
                    self._segments[self._active.number] = self._active
                    self._end = self._rows = 0
                os.fsync(full.file)
                sync(self.path.parent)
        except OSError as error:
            self._warn(error)
            return False
        return True

    def _next(self) -> Lines:
        number = self._active.number
        full = lines_path(self.path, number)
        self.path.rename(full)
        try:
            active = Lines(number + 1, self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except OSError:
            full.rename(self.path)
            raise
        self._active.path = full
        return active

    def _compact_full(self) -> None:
        """Turn the full files of lines into parts, one after another."""
        if self._fields is None:
            return
        try:
            for number, lines in sorted(self._segments.items()):
                if isinstance(lines, Lines) and lines is not self._active:
                    part = part_path(self.path, number)
                    write_part(part, lines, self._fields, lambda: not self._closing.is_set())
                    self._segments[number] = Part(number, part, self._groups)
                    lines.path.unlink()
        except AbandonedError:
            return
        except (OSError, DatagenError, pa.ArrowException) as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        _log.warning("%s: what is full stays as it is, uncompacted (%s)", self.path, str(error)[:200])


def _write_all(file: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written
