"""Opens a dataset for an audit: finds its files, tells its format, and streams its examples."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from datagen.audit.example import AuditedExample
from datagen.audit.reading.places import find_dataset
from datagen.audit.reading.recognising import choose_reader
from datagen.audit.reading.rows import AuditedFormat, RowReader
from datagen.audit.reading.shards import Shard, read_batches
from datagen.errors import UsageError
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.reading.located import shown


class OpenedDataset:
    """A dataset that is ready to be read, as often as one likes.

    Args:
        reader: of its format.
        shards: its files, split by split.
        schema: of the first file; the columns that are read are the same in all.

    Attributes:
        format: in which it is written.
        splits: those that it has, in reading order.
    """

    def __init__(self, reader: RowReader, shards: Sequence[Shard], schema: pa.Schema) -> None:
        self.format: AuditedFormat = reader.format
        self.splits = tuple(dict.fromkeys(shard.split for shard in shards))
        self._reader = reader
        self._shards = shards
        self._schema = schema

    def __iter__(self) -> Iterator[AuditedExample]:
        """Stream the examples, split by split; memory holds a few rows at a time.

        Raises:
            UsageError: a file is damaged, or its columns are not those of the others.
            DatagenError: its storage broke off.
        """
        rows: dict[str, int] = dict.fromkeys(self.splits, 0)
        for shard in self._shards:
            for batch in read_batches(shard, self._reader.columns):
                _require_same(shard, batch.schema, self._schema, self._reader.columns)
                yield from self._reader.examples(batch, shard.split, rows[shard.split])
                rows[shard.split] += batch.num_rows


def open_dataset(where: str, tokenizer: str | None = None) -> OpenedDataset:
    """Open a dataset.

    Args:
        where: a run's folder, a dataset's, a Parquet file or a folder of such, a folder of `save_to_disk` or one above
            such, or a Hub id `owner/name`. A dataset of ours is read in its readable form; each of its formats can be
            read by giving its folder.
        tokenizer: `bundled`, a folder or a Hub id; counts the tokens of readable formats. Token ids take the one that
            lies beside them when this is None.

    Raises:
        UsageError: it is not there, is no dataset, is damaged, empty, of another version or in no known format; or
            the tokenizer can't be had.
        DatagenError: the Hub or a storage does not answer.
    """
    place = find_dataset(where)
    first = _first_rows(where, place.shards)
    given = None if tokenizer is None else load_tokenizer(tokenizer)
    reader = choose_reader(where, first, given, lambda: _load(place.tokenizer))
    return OpenedDataset(reader, place.shards, first.schema)


def _first_rows(where: str, shards: Collection[Shard]) -> pa.RecordBatch:
    for shard in shards:
        for batch in read_batches(shard):
            if batch.num_rows:
                return batch
    raise UsageError(f"{where}: the dataset is empty: not a single row")


def _load(folder: Path | None) -> ExampleTokenizer | None:
    return None if folder is None else load_tokenizer(str(folder))


def _require_same(shard: Shard, found: pa.Schema, expected: pa.Schema, columns: Collection[str]) -> None:
    for column in columns:
        if column not in expected.names:
            continue
        there = found.field(column).type if column in found.names else "no such column"
        if there != expected.field(column).type:
            raise UsageError(
                f"{shown(shard.file.uri)}: column {column}: {there}, where the first file has "
                f"{expected.field(column).type}; audit files of one kind at a time"
            )
