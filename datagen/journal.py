"""An append-only journal: what arrived is kept, whatever happens next.

One JSON object a line, its key first. A record is handed to the operating system before `append` returns, so that it
survives a kill of this process, and is on disk within half a second, so that it survives the machine. A line that was
half written when the machine died is found and cut off when the journal is opened; it costs the record that it held and
nothing else.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from datagen.errors import DatagenError

_SYNC_INTERVAL_S = 0.5
_PREFIX, _KEY_END = b'{"key":"', b'"'


class Journal:
    """Records by key in one file; the last record of a key counts.

    Args:
        path: the file; made with its folder when missing.
        read_only: look records up in another run's journal without touching it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._places: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._trouble: OSError | None = None
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise DatagenError(f"{path}: can't open the journal: {error.strerror}") from error
        self._end = self._index()
        self._syncer = threading.Thread(target=self._sync_when_dirty, name="journal-sync", daemon=True)
        self._syncer.start()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key.encode() in self._places

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a key, or None."""
        with self._lock:
            place = self._places.get(key.encode())
        return None if place is None else self._read(place)

    def append(self, key: str, record: dict[str, Any]) -> None:
        """Keep a record under a key.

        Raises:
            DatagenError: the disk does not take it; what was kept before stays.
        """
        body = json.dumps(record, ensure_ascii=True, separators=(",", ":"))
        line = _PREFIX + key.encode() + b'","record":' + body.encode() + b"}\n"
        with self._lock:
            try:
                if self._trouble is not None:
                    raise self._trouble
                _write_all(self._file, line, self._end)
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._end)
                message = f"{self.path}: the journal can't be written: {error.strerror}; make room and start again"
                raise DatagenError(message) from error
            self._places[key.encode()] = (self._end, len(line))
            self._end += len(line)
        self._dirty.set()

    def records(self) -> Iterator[dict[str, Any]]:
        """Every record, in the order in which they arrived."""
        for place in list(self._places.values()):
            record = self._read(place)
            if record is not None:
                yield record

    def sync(self) -> None:
        """Return when all that was appended is on disk."""
        self._dirty.clear()
        os.fsync(self._file)

    def close(self) -> None:
        """Sync and close."""
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        if not self._read_only:
            os.fsync(self._file)
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _index(self) -> int:
        """Find every record's place; cut off a torn tail; return where the next record goes."""
        end = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"}\n"):
                    if line.endswith(b"\n"):  # damaged in the middle: what it held is asked again
                        end += len(line)
                        continue
                    break
                key, closed, _ = line.removeprefix(_PREFIX).partition(_KEY_END)
                if closed and line.startswith(_PREFIX):
                    self._places[key] = (end, len(line))
                end += len(line)
        if not self._read_only and end < os.fstat(self._file).st_size:
            os.ftruncate(self._file, end)
        return end

    def _read(self, place: tuple[int, int]) -> dict[str, Any] | None:
        start, length = place
        try:
            record: dict[str, Any] = json.loads(os.pread(self._file, length, start))["record"]
        except (ValueError, KeyError):
            return None
        return record

    def _sync_when_dirty(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            if self._closing.wait(_SYNC_INTERVAL_S):
                return
            try:
                self.sync()
            except OSError as error:
                self._trouble = error
                return


def _write_all(file: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written
