"""The files of a dataset, and their rows batch by batch.

Memory holds one batch, however large the dataset. Every row comes out or an error names the file.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from datagen.reading.located import DataFile
from datagen.reading.rows import file_errors

BATCH_ROWS = 64
_ARROW = ".arrow"
KNOWN_SUFFIXES = ".parquet, .arrow (of save_to_disk)"


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of a dataset, and the split that its rows stand in."""

    split: str
    file: DataFile


def is_readable(file: DataFile) -> bool:
    """Whether an audit reads files of this suffix."""
    return file.format == "parquet" or file.name.endswith(_ARROW)


def read_batches(shard: Shard, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Stream the rows of a shard.

    Args:
        shard: a Parquet file, or a stream of Arrow batches as `save_to_disk` writes it.
        columns: those to read, where they are there; None reads all.

    Yields:
        At most `BATCH_ROWS` rows at a time, checked to be whole: text is UTF-8, lists lie within their values.

    Raises:
        UsageError: the file is missing, cut off or damaged.
        DatagenError: its storage broke off.
    """
    with file_errors(shard.file), _open(shard.file) as source:
        batches = _arrow(source, columns) if shard.file.name.endswith(_ARROW) else _parquet(source, columns)
        for batch in batches:
            batch.validate(full=True)
            yield batch


def _open(file: DataFile) -> Any:
    if "://" not in file.uri:
        return pa.OSFile(file.uri, "rb")
    return fsspec.open(file.uri, "rb")


def _parquet(source: IO[bytes], columns: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    # pre_buffer would hold the compressed row group whole, which is large where rows carry long generations
    table = pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)
    wanted = [name for name in table.schema_arrow.names if columns is None or name in columns]
    yield from table.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False)


def _arrow(source: IO[bytes], columns: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(source) as stream:
        wanted = [name for name in stream.schema.names if columns is None or name in columns]
        for batch in stream:
            chosen = batch.select(wanted)
            for begin in range(0, chosen.num_rows, BATCH_ROWS):
                yield chosen.slice(begin, BATCH_ROWS)
