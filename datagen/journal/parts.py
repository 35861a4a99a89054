"""A journal's Parquet parts: the records of a full file of lines, row by row, for good.

Whoever opens one meets a column a field. Two columns more keep what no table can: `missing` names the fields that the
record never had, `extra` holds as JSON those that fit no column. So a record comes back from a part as it was.
"""

import itertools
import json
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.atomic import atomic_file
from datagen.errors import DatagenError
from datagen.journal.lines import Lines, chosen, decode_json, encode_json
from datagen.journal.places import START, Mark, MislaidError, Place

Record = dict[str, Any]

_MARK = b"datagen.journal"
_GROUP_BYTES, _GROUP_ROWS = 1 << 20, 1000
"""What a row group holds at most, unless one record is longer; a record that is looked up costs reading its group."""
_PARQUET_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": False,
    "write_statistics": False,
    "write_page_checksum": True,  # what was paid for is read again long after, and must not have changed
}
_KEPT_BYTES, _KEPT_FILES = 64 << 20, 32
_KINDS: dict[pa.DataType, tuple[type, int]] = {
    pa.string(): (str, 0),
    pa.bool_(): (bool, 0),
    pa.int32(): (int, 1 << 31),
    pa.int64(): (int, 1 << 63),
    pa.float64(): (float, 0),
}
"""The type of a column's values, and the limit of their size, if there is one."""


class AbandonedError(Exception):
    """The journal is being closed; the lines wait for the next time."""


def write_part(path: Path, lines: Lines, fields: pa.Schema, go_on: Callable[[], bool]) -> None:
    """Write what a file of lines holds as a Parquet part: whole and on disk, or not at all.

    Args:
        path: of the part.
        lines: what becomes the part; nothing is appended any more.
        fields: a column for each field.
        go_on: asked now and then; the part is given up when it says no.

    Raises:
        AbandonedError: `go_on` said no.
        OSError, DatagenError, pa.ArrowException: it can't be written.
    """
    mark = START
    own = [("key", pa.string()), *((field.name, field.type) for field in fields)]
    schema = pa.schema([*own, ("missing", pa.list_(pa.string())), ("extra", pa.string())])
    with (
        atomic_file(path) as temporary,
        pq.ParquetWriter(temporary, schema, **_PARQUET_OPTIONS) as writer,
    ):
        for group in _groups(lines):
            if not go_on():
                raise AbandonedError
            writer.write_batch(_to_arrow(group, schema))
            mark = lines.mark_after(group[-1][2])
        told = {"size": mark.size, "rows": mark.rows, "tail": mark.tail.hex()}
        writer.add_key_value_metadata({_MARK.decode(): json.dumps(told)})


def _groups(lines: Lines) -> Iterator[list[tuple[bytes, Record | None, Place]]]:
    group: list[tuple[bytes, Record | None, Place]] = []
    size = 0
    for entry in lines.texts():
        length = entry[2].length
        if group and (size + length > _GROUP_BYTES or len(group) == _GROUP_ROWS):
            yield group
            group, size = [], 0
        group.append(entry)
        size += length
    if group:
        yield group


def _to_arrow(group: Sequence[tuple[bytes, Record | None, Place]], schema: pa.Schema) -> pa.RecordBatch:
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    own = [field for field in schema if field.name not in ("key", "missing", "extra")]
    names = {field.name for field in own}
    for key, record, _ in group:
        columns["key"].append(key.decode(errors="replace"))
        held = record or {}
        fits = {field.name: _fits(held.get(field.name), field.type) for field in own}
        for name in names:
            columns[name].append(held.get(name) if fits[name] else None)
        extra = {name: value for name, value in held.items() if not fits.get(name, False)}
        columns["missing"].append(sorted(names - held.keys()) or None)
        columns["extra"].append(encode_json(extra).decode() if extra else "null" if record is None else None)
    return pa.RecordBatch.from_arrays([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _fits(value: object, column: pa.DataType) -> bool:
    if value is None:
        return True
    kind, limit = _KINDS[column]
    return type(value) is kind and (not limit or -limit <= value < limit)  # type: ignore[operator]


class Part:
    """One Parquet part, read by place through a store of row groups.

    Args:
        number: of the file of lines that it was.
        path: where it is.
        groups: the store.

    Raises:
        DatagenError: it can't be read, or is no part of a journal.
    """

    def __init__(self, number: int, path: Path, groups: "RowGroups") -> None:
        self.number = number
        self.path = path
        self._groups = groups
        footer = groups.footer(path)
        told = (footer.metadata or {}).get(_MARK)
        if told is None:
            raise _unreadable(path, "it is no part of a journal")
        mark = json.loads(told)
        self.mark = Mark(mark["size"], mark["rows"], bytes.fromhex(mark["tail"]))
        if self.mark.rows != footer.num_rows:
            raise _unreadable(path, "rows are missing")
        self._ends = list(itertools.accumulate(footer.row_group(n).num_rows for n in range(footer.num_row_groups)))

    def get(self, key: bytes, place: Place) -> Record | None:
        """The record at a place; see `Segment.get`."""
        group = bisect_right(self._ends, place.row)
        if group == len(self._ends):
            raise MislaidError
        table = self._groups.of(self.path, group)
        first = self._ends[group - 1] if group else 0
        row = table.slice(place.row - first, 1).to_pylist()[0]
        if row.pop("key").encode() != key:
            raise MislaidError
        return _record(row)

    def entries(self, known: Mark) -> Iterator[tuple[bytes, Place]]:
        """Keys and places of what comes after a mark; see `Segment.entries`."""
        if known == self.mark:
            return
        for row, record in self._read(("key",)):
            yield record["key"].encode(), Place(self.number, row, 0, 0)

    def rows(self, fields: Sequence[str] | None = None, end: int | None = None) -> Iterator[tuple[int, Record]]:
        """Its whole records in their order; see `Segment.rows`."""
        for row, held in self._read(None if fields is None else (*fields, "missing", "extra")):
            if end is not None and row >= end:
                return
            key = held.pop("key", "")
            record = _record(held)
            if record is not None:
                yield row, record if fields is None else chosen(fields, key, record)

    def mark_after(self, place: Place) -> Mark:
        """Its mark; a part is taken in as a whole."""
        return self.mark

    def holds(self, mark: Mark) -> bool:
        """Whether it is what the mark tells of."""
        return mark == self.mark

    def _read(self, columns: Sequence[str] | None) -> Iterator[tuple[int, Record]]:
        row = 0
        try:
            with pq.ParquetFile(self.path, pre_buffer=False, page_checksum_verification=True) as file:
                names = file.schema_arrow.names
                wanted = names if columns is None else [name for name in names if name in columns]
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group, columns=wanted, use_threads=False)
                    for values in zip(*(column.to_pylist() for column in table.columns), strict=True):
                        yield row, dict(zip(wanted, values, strict=True))
                        row += 1
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error


def _record(row: Record) -> Record | None:
    """A record from the columns that were read; None for one whose line was damaged."""
    missing, extra = row.pop("missing"), row.pop("extra")
    for name in missing or ():
        row.pop(name, None)
    if extra is not None:
        beyond = decode_json(extra.encode())
        if beyond is None:
            return None
        row |= beyond
    return row


class RowGroups:
    """Row groups of Parquet files as they are asked for; the last ones stay, decoded. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: OrderedDict[Path, pq.ParquetFile] = OrderedDict()
        self._tables: OrderedDict[tuple[Path, int], pa.Table] = OrderedDict()
        self._bytes = 0

    def footer(self, path: Path) -> pq.FileMetaData:
        """What a file says of itself.

        Raises:
            DatagenError: it can't be read.
        """
        with self._lock:
            return self._file(path).metadata

    def of(self, path: Path, group: int) -> pa.Table:
        """A row group of a file.

        Raises:
            DatagenError: it can't be read.
        """
        with self._lock:
            if (path, group) not in self._tables:
                try:
                    table = self._file(path).read_row_group(group, use_threads=False)
                except (OSError, pa.ArrowException) as error:
                    raise _unreadable(path, error) from error
                self._tables[path, group] = table
                self._bytes += table.nbytes
                while self._bytes > _KEPT_BYTES and len(self._tables) > 1:
                    self._bytes -= self._tables.popitem(last=False)[1].nbytes
            self._tables.move_to_end((path, group))
            return self._tables[path, group]

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._tables.clear()
            while self._files:
                self._files.popitem()[1].close()

    def _file(self, path: Path) -> pq.ParquetFile:
        if path not in self._files:
            try:
                self._files[path] = pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True)
            except (OSError, pa.ArrowException) as error:
                raise _unreadable(path, error) from error
            if len(self._files) > _KEPT_FILES:
                self._files.popitem(last=False)[1].close()
        self._files.move_to_end(path)
        return self._files[path]


def _unreadable(path: Path, why: object) -> DatagenError:
    return DatagenError(
        f"{path}: this part of the journal can't be read ({str(why)[:200]}); "
        "restore it, or move it away: then what it held is asked again"
    )
