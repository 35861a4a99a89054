"""Where a record lies, and how much of a file is known; what the parts of a journal tell each other."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

_HASH_BYTES = 16


class MislaidError(Exception):
    """A record is not where the index says; the index has to be made anew."""


class Place(NamedTuple):
    """Where a record lies.

    Attributes:
        segment: number of its file; a file of lines and the Parquet part that it becomes have the same.
        row: its number among the file's records, from 0.
        start, length: its line's bytes; nought where only the part was read.
    """

    segment: int
    row: int
    start: int
    length: int


class Mark(NamedTuple):
    """The beginning of a file of lines, and what tells it from any other file's.

    Attributes:
        size: its bytes.
        rows: the records in it.
        tail: hash of its last bytes.
    """

    size: int
    rows: int
    tail: bytes


def hash_of(tail: bytes) -> bytes:
    """The hash of a beginning's last bytes."""
    return blake2b(tail, digest_size=_HASH_BYTES).digest()


START = Mark(0, 0, hash_of(b""))
"""The mark before the first record."""


class Segment(Protocol):
    """One of a journal's files: lines, or the Parquet part that lines became."""

    @property
    def number(self) -> int:
        """Its place among the files; what came later has a higher number."""
        ...

    def get(self, key: bytes, place: Place) -> dict[str, Any] | None:
        """The record at a place; None when it is damaged, MislaidError when it is not this key's."""
        ...

    def entries(self, known: Mark) -> Iterator[tuple[bytes, Place]]:
        """Keys and places of what comes after a mark that it holds."""
        ...

    def rows(self, fields: Sequence[str] | None, end: int | None) -> Iterator[tuple[int, dict[str, Any]]]:
        """Its whole records in their order, each with its row, up to row `end`; `fields` as in `Journal.records`."""
        ...

    def mark_after(self, place: Place) -> Mark:
        """The mark that has the record of a place as its last."""
        ...

    def holds(self, mark: Mark) -> bool:
        """Whether it begins with what the mark tells of."""
        ...
