"""Judgements that were given before, by any run on this machine, so that the same pair is never computed twice.

The memo saves time and decides nothing: its key holds all that a judgement depends on, limits and verifier version
included, so that a verdict is the same with it and without it. It is a cache: whatever is wrong with its file costs
what earlier runs found out, and never a verdict or a wait.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.pair import Judgement, Pair

if TYPE_CHECKING:
    from datagen.tables import VerdictKind
    from datagen.verify.workers import Limits

CACHE_VARIABLE = "DATAGEN_CACHE"
"""Names the folder of the memo; `off` for none."""
MOST_ROWS = 1_000_000
"""Rows that one file keeps, some 130 MB; the oldest go first."""

_IN_MEMORY = 65_536
_VERSIONS_KEPT = 3
_WRITE_EVERY_S = 1.0
_WAIT_S, _LAST_WRITE_WAIT_S = 0.2, 5.0
"""For other processes; whoever looks a pair up waits as well."""
_KINDS: dict[str, VerdictKind] = {"correct": "correct", "wrong": "wrong", "bad_gold": "bad_gold", "timeout": "timeout"}
_OF_THE_MOMENT = frozenset({"wall-clock", "memory-or-crash", "error"})
"""Methods that may tell of a busy or broken machine instead of the pair: good for this run, tried again in the next."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""What SQLite says of a file that is no database, is a broken one, or has not our table."""
_SCHEMA = "CREATE TABLE judgements (key BLOB UNIQUE NOT NULL, verdict TEXT NOT NULL, method TEXT NOT NULL)"

_log = logging.getLogger(__name__)
_lock = threading.RLock()
"""Held by whoever uses SQLite, and by a process that forks: SQLite's own locks would stay locked in the child."""
_memos: weakref.WeakSet[Memo] = weakref.WeakSet()


class Memo:
    """Judgements by pair, in one file a verifier version; safe to use from any thread and by several processes.

    Rows are written by a thread of its own, once a second and when closed. The newest are also held in memory, so that
    a file that can't be used costs no pair its second look-up in the same run. No connection is open while the process
    forks: SQLite can't be carried into a child.

    Args:
        folder: where the file lies; made when missing. None keeps nothing after this process.
        limits: of the comparisons whose judgements it keeps: other limits may come to another verdict.
        most_rows: how many judgements the file keeps.
    """

    def __init__(self, folder: Path | None, limits: Limits, most_rows: int = MOST_ROWS) -> None:
        self._limits = [limits.cpu_s, limits.memory_mb]
        self._most_rows = most_rows
        self._newest: dict[bytes, Judgement] = {}
        self._pending: dict[bytes, Judgement] = {}
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None
        self._reader: sqlite3.Connection | None = None
        self._path: Path | None = None
        if folder is not None:
            self._path = folder / f"judgements-{re.sub(r'[^A-Za-z0-9.]+', '-', VERIFIER_VERSION)}.sqlite3"
            _memos.add(self)

    @classmethod
    def of_this_machine(cls, limits: Limits) -> Self:
        """The memo in the user's cache folder, or where `DATAGEN_CACHE` says; of this process only for `off`."""
        named = os.environ.get(CACHE_VARIABLE, "").strip()
        if named.lower() == "off":
            return cls(None, limits)
        try:
            base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
            folder: Path | None = Path(named).expanduser() if named else base / "datagen"
        except RuntimeError:  # this account has no home
            folder = None
        return cls(folder, limits)

    def get(self, pair: Pair) -> Judgement | None:
        """The judgement of a pair, if it is known."""
        key = self._key(pair)
        with _lock:
            if key in self._newest or self._path is None:
                return self._newest.get(key)
            row = None
            with self._or_without(self._path):
                if self._reader is None:
                    self._reader = _open(self._path, _WAIT_S)
                found = self._reader.execute("SELECT verdict, method FROM judgements WHERE key = ?", (key,))
                row = found.fetchone()
        if row is None or row[0] not in _KINDS:
            return None
        return Judgement(_KINDS[row[0]], str(row[1]))

    def put(self, pair: Pair, judgement: Judgement) -> None:
        """Keep a judgement that a worker came to."""
        key = self._key(pair)
        with _lock:
            self._newest[key] = judgement
            if len(self._newest) > _IN_MEMORY:
                oldest = next(iter(self._newest))
                del self._newest[oldest]
                self._pending.pop(oldest, None)
            if self._path is None or self._closing.is_set() or judgement.method in _OF_THE_MOMENT:
                return
            self._pending[key] = judgement
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_now_and_then, name="memo", daemon=True)
                self._writer.start()

    def close(self) -> None:
        """Write what is not yet written, and close the file."""
        self._closing.set()
        if self._writer is not None:
            self._writer.join()
        with _lock:
            self._path = None
            self.disconnect()

    def disconnect(self) -> None:
        """Close the connection; the next look-up opens it again."""
        with _lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def _key(self, pair: Pair) -> bytes:
        return sha256(json.dumps([self._limits, asdict(pair)], sort_keys=True).encode()).digest()

    def _write_now_and_then(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._closing.wait(_WRITE_EVERY_S)
            with _lock:
                if self._path is None:
                    return
                if self._pending:
                    with self._or_without(self._path):
                        self._write(self._path, is_last)

    def _write(self, path: Path, is_last: bool) -> None:
        """Write what is pending; unless another process uses the file: then it stays pending, save at the end."""
        try:
            with contextlib.closing(_open(path, _LAST_WRITE_WAIT_S if is_last else _WAIT_S)) as connection:
                self._insert(connection)
        except sqlite3.OperationalError as error:
            if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        else:
            self._pending.clear()

    def _insert(self, connection: sqlite3.Connection) -> None:
        rows = ((key, judgement.verdict, judgement.method) for key, judgement in self._pending.items())
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR IGNORE INTO judgements VALUES (?, ?, ?)", rows)
            connection.execute(
                "DELETE FROM judgements WHERE rowid <= (SELECT max(rowid) FROM judgements) - ?", (self._most_rows,)
            )

    @contextlib.contextmanager
    def _or_without(self, path: Path) -> Iterator[None]:
        """Go on without a memo when its file can't be used, and say so."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            if _is_damaged(error):
                with contextlib.suppress(OSError):
                    _remove(path)  # the next run starts anew
            _log.warning(
                "%s: verdicts are not kept on this machine (%s); mend or remove the file, or set %s=off",
                path,
                str(error)[:200],
                CACHE_VARIABLE,
            )
            self._path = None
            self.disconnect()


def _open(path: Path, wait_s: float) -> sqlite3.Connection:
    """A connection to a memo's file; one that is missing or damaged is made anew."""
    if not path.exists():
        _make(path)
    try:
        return _connect(path, wait_s)
    except sqlite3.Error as error:
        if not _is_damaged(error):
            raise
    _log.warning("%s: the verdicts kept here were damaged; they are given anew", path)
    _remove(path)
    _make(path)
    return _connect(path, wait_s)


def _connect(path: Path, wait_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("SELECT key, verdict, method FROM judgements LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """Make a file whole or not at all, since several processes may start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        new = Path(folder) / path.name
        with contextlib.closing(sqlite3.connect(new)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_SCHEMA)
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    versions = sorted(path.parent.glob("judgements-*.sqlite3"), key=lambda file: file.stat().st_mtime)
    for old in versions[:-_VERSIONS_KEPT]:
        _remove(old)


def _remove(path: Path) -> None:
    for file in (*(path.with_name(path.name + part) for part in ("-wal", "-shm")), path):
        file.unlink(missing_ok=True)


def _is_damaged(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in _DAMAGED


def _before_fork() -> None:
    _lock.acquire()
    for memo in _memos:
        memo.disconnect()


os.register_at_fork(before=_before_fork, after_in_parent=_lock.release, after_in_child=_lock.release)
