"""The Parquet files of one split: what a viewer pages through, a trainer streams, and the Hub stores again in parts.

Their bytes follow from the rows alone. A file ends after so many rows, a row group before the row that would make it
too large, and neither asks in which batches the rows came. The names tell how many files there are, so they are given
last.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datagen.tables import Split
from datagen.workspace import PARQUET_OPTIONS

ROW_GROUP_BYTES = 32 * 2**20
"""Most bytes of a row group before encoding, unless one row has more.

The Hub's viewer shows 100 rows at a time and refuses to read more than 300 MB for them: whole row groups, or the pages
that hold them where there is a page index. A hundred rows by number would be megabytes of long texts and mere kilobytes
of short ones; so many bytes are few enough for any reader to hold, and enough for pages that begin and end where
content-defined chunking wants them to, rather than where a row group does.
"""

_PARQUET_OPTIONS = PARQUET_OPTIONS | {"compression_level": 3}
"""The codec's own default; a run's tables, read once, have pyarrow's, which is 1: a seventh more bytes in less time."""


class Shards:
    """Writes the rows of one split, in their order, into `SPLIT-00000-of-0000N.parquet` and the following.

    Leaving the block without an error gives the files their names; a split without rows has no file.

    Attributes:
        rows: how many rows were written.
    """

    def __init__(self, folder: Path, split: Split, schema: pa.Schema, shard_rows: int) -> None:
        self.rows = 0
        self._folder, self._split, self._schema, self._shard_rows = folder, split, schema, shard_rows
        self._files: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._group: list[pa.RecordBatch] = []
        self._group_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows; batches of any size, and the files are the same."""
        begin = 0
        for row, size in enumerate(row_bytes(batch).tolist()):
            begins_file = self.rows % self._shard_rows == 0
            if begins_file or self._group_bytes + size > ROW_GROUP_BYTES:
                self._gather(batch.slice(begin, row - begin))
                self._write_group()
                begin = row
            if begins_file:
                self._next_file()
            self._group_bytes += size
            self.rows += 1
        self._gather(batch.slice(begin))

    def _gather(self, rows: pa.RecordBatch) -> None:
        if rows.num_rows:
            self._group.append(rows)

    def _write_group(self) -> None:
        if self._writer is not None and self._group:
            self._writer.write_batch(pa.concat_batches(self._group))  # one chunk, else chunks would show in the pages
        self._group, self._group_bytes = [], 0

    def _next_file(self) -> None:
        self._close()
        self._files.append(self._folder / f"{self._split}-{len(self._files):05d}.parquet")
        self._writer = pq.ParquetWriter(self._files[-1], self._schema, **_PARQUET_OPTIONS)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._write_group()
        self._close()
        if error is None:
            for file in self._files:
                file.rename(file.with_stem(f"{file.stem}-of-{len(self._files):05d}"))


def row_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The bytes of each row's values, without offsets and bitmaps: the same however the rows are batched."""
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        total += _value_bytes(column)
    return total


def _value_bytes(values: pa.Array) -> npt.NDArray[np.int64]:
    if pa.types.is_struct(values.type):
        sizes = np.zeros(len(values), np.int64)
        for field in values.flatten():
            sizes += _value_bytes(field)
        return sizes
    if pa.types.is_list(values.type):
        ends = np.cumsum(_lengths(pc.list_value_length(values)))
        up_to = np.concatenate([[0], np.cumsum(_value_bytes(values.flatten()))])
        return np.asarray(np.diff(up_to[ends], prepend=0), np.int64)
    if pa.types.is_string(values.type):
        return _lengths(pc.binary_length(values))
    return np.full(len(values), values.type.byte_width, np.int64)


def _lengths(values: pa.Int32Array) -> npt.NDArray[np.int64]:
    """Lengths as numbers; that of nothing is 0."""
    whole = pc.fill_null(values, 0) if values.null_count else values
    lengths: npt.NDArray[np.int64] = whole.to_numpy().astype(np.int64)
    return lengths
