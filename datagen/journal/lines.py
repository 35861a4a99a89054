"""A journal's lines: one JSON object each, its key first, so that the key is read without the rest.

A line that is damaged costs the record that it held and nothing else; a last line without its end was half written.
"""

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from datagen.journal.places import START, Mark, MislaidError, Place, hash_of

Record = dict[str, Any]

_PREFIX, _RECORD, _END = b'{"key":"', b'","record":', b"}\n"
_TAIL_BYTES = 4096
_BUFFER_BYTES = 1 << 20


def encode_line(key: bytes, record: Mapping[str, Any]) -> bytes:
    """The line of a record, its end included."""
    return b"".join((_PREFIX, key, _RECORD, encode_json(record), _END))


def encode_json(value: Any) -> bytes:
    """Compact JSON in UTF-8, with a mark in place of each half of a surrogate pair, which no table takes."""
    try:
        return orjson.dumps(value)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def decode_json(text: bytes) -> Any:
    """What JSON says; that of earlier versions may hold halves of surrogate pairs.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(encode_json(json.loads(text)))


class Lines:
    """One file of lines, read by place; safe to read from any thread, also while it grows.

    The file stays open until `close`, or until the last reader has let go of this object: it may be removed meanwhile.

    Args:
        number: of the file among the journal's files.
        path: where it is.
        flags: how to open it.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, number: int, path: Path, flags: int = os.O_RDONLY) -> None:
        self.number = number
        self.path = path
        self.file = -1
        self.file = os.open(path, flags, 0o644)

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        file, self.file = self.file, -1
        if file >= 0:
            os.close(file)

    def __del__(self) -> None:
        self.close()

    @property
    def identity(self) -> tuple[int, int]:
        """What names the open file, whatever it is called by now."""
        found = os.fstat(self.file)
        return found.st_dev, found.st_ino

    def get(self, key: bytes, place: Place) -> Record | None:
        """The record at a place; None when its line is damaged.

        Raises:
            MislaidError: this key's record is not there.
        """
        line = os.pread(self.file, place.length, place.start)
        if key_of(line) != key:
            raise MislaidError
        return _record(line)

    def entries(self, known: Mark) -> Iterator[tuple[bytes, Place]]:
        """Keys and places of the records after a mark."""
        for key, place, _ in self._scan(known):
            if key is not None:
                yield key, place

    def rows(self, fields: Sequence[str] | None = None, end: int | None = None) -> Iterator[tuple[int, Record]]:
        """The whole records in their order, each with its row; see `Segment.rows`."""
        for key, place, line in self._scan(START):
            if end is not None and place.row >= end:
                return
            record = _record(line) if key is not None else None
            if key is not None and record is not None:
                yield place.row, record if fields is None else chosen(fields, key.decode(errors="replace"), record)

    def texts(self) -> Iterator[tuple[bytes, Record | None, Place]]:
        """Keys, records and places in their order; a record is None where its line is damaged behind its key."""
        for key, place, line in self._scan(START):
            if key is not None:
                yield key, _record(line), place

    def mark_after(self, place: Place) -> Mark:
        """The mark that has the record of a place as its last."""
        return self._mark(place.start + place.length, place.row + 1)

    def holds(self, mark: Mark) -> bool:
        """Whether the file begins with what the mark tells of."""
        return self._mark(mark.size, mark.rows) == mark

    def whole_size(self, known: Mark) -> int:
        """The bytes of whole lines; what stands behind them was half written."""
        size = known.size
        for _, place, _ in self._scan(known):
            size = place.start + place.length
        return size

    def _mark(self, size: int, rows: int) -> Mark:
        first = max(size - _TAIL_BYTES, 0)
        return Mark(size, rows, hash_of(os.pread(self.file, size - first, first)))

    def _scan(self, known: Mark) -> Iterator[tuple[bytes | None, Place, bytes]]:
        """Key, place and text of each whole line after a mark; key None for a damaged line, which has no row."""
        start, row = known.size, known.rows
        with io.BufferedReader(_Positioned(self.file, start), _BUFFER_BYTES) as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                key = key_of(line)
                yield key, Place(self.number, row, start, len(line)), line
                start += len(line)
                row += key is not None


def key_of(line: bytes) -> bytes | None:
    """The key of a line; None when the line is damaged."""
    if not line.startswith(_PREFIX) or not line.endswith(_END):
        return None
    end = line.find(b'"', len(_PREFIX))
    return line[len(_PREFIX) : end] if end >= 0 else None


def chosen(fields: Sequence[str], key: str, record: Record) -> Record:
    """Of a record, the fields that are asked for and there; its key as the field `key`."""
    named = {**record, "key": key} if "key" in fields else record
    return {name: named[name] for name in fields if name in named}


def _record(line: bytes) -> Record | None:
    with contextlib.suppress(ValueError, KeyError):
        record = decode_json(line)["record"]
        return record if isinstance(record, dict) else None
    return None


class _Positioned(io.RawIOBase):
    """Reads a file from a place on without moving the position that others may use."""

    def __init__(self, file: int, start: int) -> None:
        self._file, self._at = file, start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = os.preadv(self._file, [buffer], self._at)
        self._at += read
        return read
