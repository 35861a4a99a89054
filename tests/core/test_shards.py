"""The files of a dataset: every reader reads the same, the Hub can page them, and equal rows give equal bytes."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.shards import ROW_GROUP_BYTES, Shards, row_bytes
from datagen.tables import EXAMPLES, Example
from tests.examples import example

HUB_READS_AT_MOST, HUB_SHOWS = 300_000_000, 100
TEXTS = ["So \\boxed{6}.", "é🙂\n\n\ttab \x00 “quoted”, a\u2028line", "7+7=14, 14+14=28"]
ODD = pa.schema(
    [
        pa.field("text", pa.string()),
        pa.field("numbers", pa.list_(pa.int32())),
        pa.field("paths", pa.list_(pa.struct([pa.field("text", pa.string()), pa.field("tokens", pa.int8())]))),
        pa.field("share", pa.float64()),
    ]
)


@pytest.fixture(scope="module")
def tokenizer() -> ExampleTokenizer:
    return load_tokenizer("bundled")


@pytest.fixture(scope="module")
def examples(tokenizer: ExampleTokenizer) -> list[Example]:
    return [
        example(tokenizer, number, random.Random(number).sample(TEXTS, 1 + number % 3), suspect=number % 4 == 0)
        for number in range(250)
    ]


def write(folder: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema, shard_rows: int = 1_000) -> list[Path]:
    with Shards(folder, "train", schema, shard_rows) as shards:
        for batch in batches:
            shards.write(batch)
    return sorted(folder.iterdir())


def in_pieces(rows: pa.RecordBatch, lengths: Iterable[int]) -> Iterator[pa.RecordBatch]:
    begin = 0
    for length in lengths:
        yield rows.slice(begin, length)
        begin += length
    yield rows.slice(begin)


def digests(files: Iterable[Path]) -> list[tuple[str, str]]:
    return [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]


def long_texts(number: int, characters: int) -> pa.RecordBatch:
    """Rows of text that nothing compresses by more than half; all of them differ, and those of another length too."""
    texts = [random.Random(f"{row} {characters}").randbytes(characters // 2).hex() for row in range(number)]
    return pa.RecordBatch.from_pydict({"id": [str(row) for row in range(number)], "text": texts})


@pytest.mark.parametrize("name", FORMATS)
def test_datasets_pandas_polars_and_duckdb_read_what_was_written(tmp_path, examples, tokenizer, name):
    rows = FORMATS[name].rows(examples, tokenizer)
    (tmp_path / "files").mkdir()
    files = write(tmp_path / "files", [rows], FORMATS[name].schema, shard_rows=100)
    assert files[0].name == f"train-00000-of-{len(files):05d}.parquet"
    written, names, cache = rows.to_pylist(), [str(file) for file in files], str(tmp_path / "cache")

    assert list(datasets.load_dataset("parquet", data_files=names, split="train", cache_dir=cache)) == written
    assert pl.read_parquet(names).to_dicts() == written
    asked = duckdb.execute("SELECT * FROM read_parquet($1)", [names])
    columns = [column[0] for column in asked.description]
    assert [dict(zip(columns, row, strict=True)) for row in asked.fetchall()] == written
    frame = pd.concat([pd.read_parquet(file, dtype_backend="pyarrow") for file in files])
    assert pa.Table.from_pandas(frame, schema=rows.schema, preserve_index=False).to_pylist() == written


@pytest.mark.parametrize("name", FORMATS)
def test_files_are_compressed_with_zstd_and_every_column_can_be_found_by_its_page_index(
    tmp_path, examples, tokenizer, name
):
    for file in write(tmp_path, [FORMATS[name].rows(examples, tokenizer)], FORMATS[name].schema):
        metadata = pq.read_metadata(file)
        for group in range(metadata.num_row_groups):
            columns = [metadata.row_group(group).column(place) for place in range(metadata.num_columns)]
            assert {column.compression for column in columns} == {"ZSTD"}
            assert all(column.has_offset_index and column.has_column_index for column in columns)


@pytest.mark.parametrize(("number", "characters"), [(3_000, 100), (600, 300_000), (3, 40_000_000)])
def test_what_the_hub_shows_at_once_is_within_what_it_reads_and_short_rows_are_not_scattered(
    tmp_path, number, characters
):
    rows = long_texts(number, characters)
    files = write(tmp_path, [rows], rows.schema, shard_rows=10_000)
    groups = [
        pq.read_metadata(file).row_group(group)
        for file in files
        for group in range(pq.read_metadata(file).num_row_groups)
    ]
    assert sum(group.num_rows for group in groups) == number
    size_of_a_row = characters + 20
    assert all(group.total_byte_size <= max(ROW_GROUP_BYTES, size_of_a_row) * 1.01 for group in groups)
    assert len(groups) <= 2 * number * size_of_a_row / ROW_GROUP_BYTES + 1
    if characters * HUB_SHOWS < HUB_READS_AT_MOST / 2:
        shown = 0
        for first in range(0, number, HUB_SHOWS):
            shown = max(shown, _bytes_of_groups_with(groups, first, first + HUB_SHOWS))
        assert shown <= HUB_READS_AT_MOST


def _bytes_of_groups_with(groups, first: int, end: int) -> int:
    """What a reader without page index reads for some rows: every row group that holds one of them."""
    size, begin = 0, 0
    for group in groups:
        if begin < end and begin + group.num_rows > first:
            size += group.total_byte_size
        begin += group.num_rows
    return size


def test_a_row_that_became_longer_leaves_most_of_the_pages_as_they_were(tmp_path):
    def plain(folder: Path, batches: list[pa.RecordBatch], schema: pa.Schema) -> list[Path]:
        pq.write_table(pa.Table.from_batches(batches, schema), folder / "rows.parquet", compression="zstd")
        return [folder / "rows.parquet"]

    rows = long_texts(400, 40_000)
    shared = {}
    for written in (write, plain):
        files = []
        for place in (None, 100, 200, 300):
            after = [rows.slice(0, place), long_texts(1, 41_000), rows.slice(place + 1)] if place else [rows]
            (tmp_path / written.__name__ / str(place)).mkdir(parents=True)
            files += written(tmp_path / written.__name__ / str(place), after, rows.schema)
        before, *others = files
        shared[written.__name__] = sorted(_shared(before, after) for after in others)
    assert shared["write"][1] > 0.85
    assert shared["plain"][-1] < 0.1, "else this would prove nothing of content-defined chunking"


def _shared(one: Path, other: Path) -> float:
    """The share of a file's pages, by bytes, that stand in another file too."""
    pages, others = ([*_pages(file)] for file in (one, other))
    known = set(others)
    return sum(len(page) for page in pages if page in known) / sum(map(len, pages))


def _pages(file: Path) -> Iterator[bytes]:
    """What lies between one page's zstd frame and the next."""
    yield from file.read_bytes().split(b"\x28\xb5\x2f\xfd")


rows_of_odd = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        "numbers": st.none() | st.lists(st.none() | st.integers(-5, 5), max_size=5),
        "paths": st.none()
        | st.lists(
            st.none() | st.fixed_dictionaries({"text": st.none() | st.text("aé🙂", max_size=9), "tokens": st.just(3)}),
            max_size=3,
        ),
        "share": st.none() | st.floats(0, 1),
    }
)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(rows_of_odd, min_size=1, max_size=30),
    lengths=st.lists(st.integers(0, 9), max_size=12),
    shard_rows=st.integers(1, 12),
    group_bytes=st.integers(1, 400),
)
def test_the_files_do_not_depend_on_how_the_rows_were_batched(tmp_path_factory, rows, lengths, shard_rows, group_bytes):
    whole = pa.RecordBatch.from_pylist(rows, schema=ODD)
    pieces = [[whole], in_pieces(whole, lengths), [whole.slice(row, 1) for row in range(len(rows))]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datagen.shards.ROW_GROUP_BYTES", group_bytes)
        found = [write(tmp_path_factory.mktemp("files"), batches, ODD, shard_rows) for batches in pieces]
    assert digests(found[0]) == digests(found[1]) == digests(found[2])
    assert [row for file in found[0] for row in pq.read_table(file).to_pylist()] == rows
    assert [pq.read_metadata(file).num_rows for file in found[0][:-1]] == [shard_rows] * (len(found[0]) - 1)
    expected = [f"train-{place:05d}-of-{len(found[0]):05d}.parquet" for place in range(len(found[0]))]
    assert [file.name for file in found[0]] == expected


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(rows_of_odd, min_size=1, max_size=20), begin=st.integers(0, 19))
def test_the_bytes_of_a_row_are_those_of_its_values_wherever_it_stands(rows, begin):
    batch = pa.RecordBatch.from_pylist(rows, schema=ODD)

    def size(row) -> int:
        texts = [row["text"], *(path["text"] for path in row["paths"] or () if path)]
        return sum(len((text or "").encode()) for text in texts) + 4 * len(row["numbers"] or ()) + 8

    counted = [size(row) + sum(1 for _ in row["paths"] or ()) for row in rows]
    assert row_bytes(batch).tolist() == counted
    assert row_bytes(batch.slice(begin)).tolist() == counted[begin:]


def test_a_split_without_rows_has_no_file(tmp_path):
    assert write(tmp_path, [EXAMPLES.to_arrow([])], EXAMPLES.schema) == []


def test_a_write_that_fails_gives_no_file_its_name(tmp_path, examples, tokenizer):
    def broken() -> Iterator[pa.RecordBatch]:
        yield EXAMPLES.to_arrow(examples)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        write(tmp_path, broken(), EXAMPLES.schema, shard_rows=100)
    assert list(tmp_path.iterdir())
    assert not list(tmp_path.glob("*-of-*"))
