"""Where each key's record lies: an SQLite file that is derived from the journal and believed only while it fits.

It is written without waiting for the disk, so a power loss may leave any mixture of old and new pages. Therefore a sum
over all rows is kept and compared at every opening, and every reader looks whether the key stands where the index says.
"""

import contextlib
import itertools
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import Any

from datagen.journal.places import Mark, MislaidError, Place

DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged index makes the database raise; it also quotes what it can't read."""

_VERSION = 1
_CHUNK_ROWS = 1000
"""Rows that are written at a time; who looks something up waits for no more."""
_CACHE_KIB = 8192
_HALVES = Struct(">qq")
_LOW = 0xFFFFFFFF
_SUM = (
    "SELECT coalesce(sum(1 + (high & 4294967295) + (high >> 32) + (low & 4294967295) + (low >> 32)"
    " + segment + row + start + length), 0) FROM places"
)
_TOTAL = "SELECT coalesce(sum(total), 0) FROM segments"
_SCHEMA = (
    "CREATE TABLE places (high INTEGER, low INTEGER, segment INTEGER, row INTEGER, start INTEGER, length INTEGER,"
    " PRIMARY KEY (high, low, segment, row)) WITHOUT ROWID",
    "CREATE TABLE segments (number INTEGER PRIMARY KEY, size INTEGER, rows INTEGER, tail BLOB, total INTEGER)",
    f"PRAGMA user_version = {_VERSION}",
)


class Index:
    """Places by key, of which the last counts; safe to use from any thread.

    Args:
        path: its file; None keeps it for this process only. One that is damaged is made anew, and one that can't be
            used, because another process has it or the disk is full, is left aside.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = _private() if path is None else _open(path)

    def find(self, key: bytes) -> Place | None:
        """The place of a key's last record.

        Raises:
            `DAMAGED`: it is.
        """
        query = "SELECT segment, row, start, length FROM places WHERE high = ? AND low = ?"
        with self._lock:
            found = self._connection.execute(f"{query} ORDER BY segment DESC, row DESC LIMIT 1", _name(key)).fetchone()
        return None if found is None else Place(*found)

    def add(
        self, number: int, entries: Iterable[tuple[bytes, Place]], mark_after: Callable[[Place], Mark]
    ) -> Mark | None:
        """Take in what follows what is known of a segment; all of it, or nothing when this fails.

        Args:
            number: the segment's.
            entries: keys and places in the segment's order.
            mark_after: gives the segment's mark after a place.

        Returns:
            The segment's new mark; None without entries.

        Raises:
            `DAMAGED`: it is, or it can't be written.
        """
        total, last = 0, None
        left = iter(entries)
        try:
            self._execute("BEGIN")
            while chunk := [(*_name(key), *place) for key, place in itertools.islice(left, _CHUNK_ROWS)]:
                total += sum(_weight(*row) for row in chunk)
                last = Place(*chunk[-1][2:])
                with self._lock:
                    self._connection.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?)", sorted(chunk))
            mark = None if last is None else mark_after(last)
            if mark is not None:
                self._execute(
                    "INSERT INTO segments VALUES (?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET"
                    " size = excluded.size, rows = excluded.rows, tail = excluded.tail, total = total + excluded.total",
                    (number, *mark, total),
                )
            self._execute("COMMIT")
        except BaseException:
            with contextlib.suppress(*DAMAGED):
                self._execute("ROLLBACK")
            raise
        return mark

    def marks(self) -> dict[int, Mark]:
        """What is known of each segment, by number."""
        known = self._all("SELECT number, size, rows, tail FROM segments")
        return {number: Mark(size, rows, tail) for number, size, rows, tail in known}

    def superseded(self) -> dict[int, set[int]]:
        """The rows that a later record of the same key replaces, by segment."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        twice = "SELECT high, low FROM places GROUP BY high, low HAVING count(*) > 1"
        for name in self._all(twice):
            places = self._all("SELECT segment, row FROM places WHERE high = ? AND low = ? ORDER BY segment, row", name)
            for segment, row in places[:-1]:
                found[segment].add(row)
        return found

    def __len__(self) -> int:
        return int(self._all("SELECT count(*) FROM (SELECT DISTINCT high, low FROM places)")[0][0])

    def renew(self, *, private: bool = False) -> None:
        """Forget everything, its damage included; from then on it may be for this process only."""
        with self._lock:
            self._connection.close()
            self._connection = _open(self._path, anew=True) if self._path and not private else _private()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> None:
        with self._lock:
            self._connection.execute(statement, values)

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def _name(key: bytes) -> tuple[int, int]:
    high, low = _HALVES.unpack(blake2b(key, digest_size=_HALVES.size).digest())
    return high, low


def _weight(high: int, low: int, *place: int) -> int:
    """What a row adds to the sum over all rows; the damage of any one bit changes it."""
    return 1 + (high & _LOW) + (high >> 32) + (low & _LOW) + (low >> 32) + sum(place)


def _open(path: Path, *, anew: bool = False) -> sqlite3.Connection:
    """The index in a file if it fits, else a new one there, else one for this process only."""
    with contextlib.suppress(OSError, *DAMAGED):
        if anew:
            _remove(path)
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # so that WAL needs no shared memory
            connection.execute("PRAGMA journal_mode = WAL")
            return _checked(connection, anew)
        except (*DAMAGED, MislaidError) as error:
            connection.close()
            if not anew and getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                return _open(path, anew=True)
    return _private()


def _private() -> sqlite3.Connection:
    return _checked(sqlite3.connect("", isolation_level=None, check_same_thread=False), anew=True)


def _checked(connection: sqlite3.Connection, anew: bool) -> sqlite3.Connection:
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    for statement in _SCHEMA if anew else ():
        connection.execute(statement)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != _VERSION or connection.execute(_SUM).fetchone() != connection.execute(_TOTAL).fetchone():
        raise MislaidError
    return connection


def _remove(path: Path) -> None:
    for part in ("-wal", "-shm", "-journal", ""):
        path.with_name(path.name + part).unlink(missing_ok=True)
