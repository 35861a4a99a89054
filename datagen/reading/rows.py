"""Reading rows as a stream: Parquet by small batches, JSON by lines, CSV by chunks.

Memory holds one batch, however long the table is. Every row of a file comes out or an error says which file, and where
in it; nothing is skipped, except blank lines of a JSONL file.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import IO, Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from datagen.errors import DatagenError, UsageError
from datagen.reading.located import KNOWN_SUFFIXES, DataFile, Located, SourceRow, shown

PARQUET_BATCH_ROWS = 64
CSV_CHUNK_ROWS = 1024
JSON_LOOKAHEAD_ROWS = 100

Values = dict[str, Any]


def read_rows(
    located: Located,
    columns: Collection[str] | None = None,
    *,
    required: Collection[str] = (),
    advice: str = "",
) -> Iterator[SourceRow]:
    """Stream the rows of all files, in order.

    A CSV cell is text; an empty one, and one that a short row lacks, is "".

    Args:
        located: where the rows are.
        columns: those to read; None reads all. A column that a file lacks is absent from its rows.
        required: columns without which a file is refused when it is opened. A JSONL file has the columns of its first
            100 lines.
        advice: what to do about a missing column, for the message.

    Raises:
        UsageError: a file is missing, cut off, malformed or without a required column, or there is not a single row.
        DatagenError: the storage broke off.
    """
    is_empty = True
    for file in located.files:
        with file_errors(file), _open(file) as stream:
            names, rows = _table(file, stream, columns)
            _require(file, names, required, advice)
            for number, values in enumerate(rows):
                is_empty = False
                yield SourceRow(file.name, number, values)
    if is_empty:
        raise UsageError(f"{shown(located.files[0].uri)}: the table is empty: not a single row; name another path")


def content_columns(located: Located) -> tuple[str, ...]:
    """The columns of the first file; of a JSONL file, those of its first 100 lines."""
    file = located.files[0]
    with file_errors(file), _open(file) as stream:
        return _table(file, stream, None)[0]


def count_rows(located: Located) -> int | None:
    """How many rows there are, where the files say so without being read (Parquet); else None."""
    if any(file.format != "parquet" for file in located.files):
        return None
    total = 0
    for file in located.files:
        with file_errors(file), _open(file) as stream:
            total += pq.read_metadata(stream).num_rows
    return total


def _open(file: DataFile) -> AbstractContextManager[IO[bytes]]:
    # Parquet compresses inside; a .gz, .bz2 or .xz of the others is unpacked on the way
    compression = None if file.format == "parquet" else "infer"
    opened: AbstractContextManager[IO[bytes]] = fsspec.open(file.uri, "rb", compression=compression)
    return opened


def _table(
    file: DataFile, stream: IO[bytes], columns: Collection[str] | None
) -> tuple[tuple[str, ...], Iterator[Values]]:
    match file.format:
        case "parquet":
            return _parquet(stream, columns)
        case "jsonl":
            return _json_lines(file, stream, columns)
        case "csv":
            return _csv(file, stream, columns)
        case None:
            raise UsageError(f"{shown(file.uri)}: unknown suffix; known ones: {KNOWN_SUFFIXES}")


def _parquet(stream: IO[bytes], columns: Collection[str] | None) -> tuple[tuple[str, ...], Iterator[Values]]:
    # pre_buffer would hold the compressed row group whole, which is large where rows carry long generations
    table = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
    names = tuple(table.schema_arrow.names)
    wanted = [name for name in names if columns is None or name in columns]

    def rows() -> Iterator[Values]:
        for batch in table.iter_batches(PARQUET_BATCH_ROWS, columns=wanted, use_threads=False):
            yield from batch.to_pylist()

    return names, rows()


def _json_lines(
    file: DataFile, stream: IO[bytes], columns: Collection[str] | None
) -> tuple[tuple[str, ...], Iterator[Values]]:
    rows = _json_objects(file, stream)
    first = list(islice(rows, JSON_LOOKAHEAD_ROWS))
    names = tuple(dict.fromkeys(name for row in first for name in row))
    all_rows = chain(first, rows)
    if columns is None:
        return names, all_rows
    return names, ({name: value for name, value in row.items() if name in columns} for row in all_rows)


def _json_objects(file: DataFile, stream: IO[bytes]) -> Iterator[Values]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        place = f"{shown(file.uri)}:{number}"
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            raise UsageError(f"{place}: not UTF-8; convert the file") from error
        except (ValueError, RecursionError) as error:
            hint = "one JSON array; write one object a line" if line.lstrip()[:1] == b"[" else "not a whole JSON object"
            raise UsageError(f"{place}: {hint} ({_first_line(error)})") from error
        if not isinstance(value, dict):
            kind = "array; write one object a line" if isinstance(value, list) else "value that is no object"
            raise UsageError(f"{place}: a JSON {kind}")
        yield value


def _csv(
    file: DataFile, stream: IO[bytes], columns: Collection[str] | None
) -> tuple[tuple[str, ...], Iterator[Values]]:
    chunks = pd.read_csv(stream, dtype=str, keep_default_na=False, chunksize=CSV_CHUNK_ROWS, encoding="utf-8")
    first = next(chunks, pd.DataFrame())
    names = tuple(str(name) for name in first.columns)

    def rows() -> Iterator[Values]:
        for chunk in chain([first], chunks):
            if not isinstance(chunk.index, pd.RangeIndex):  # pandas takes surplus fields for an index
                raise UsageError(f"{shown(file.uri)}: rows have more fields than the header; quote fields with commas")
            wanted = [name for name in chunk.columns if columns is None or name in columns]
            for cells in chunk[wanted].itertuples(index=False, name=None):
                yield dict(zip(wanted, cells, strict=True))

    return names, rows()


def _require(file: DataFile, names: tuple[str, ...], required: Collection[str], advice: str) -> None:
    if not names:  # an empty file has no columns to miss; that it has no rows is said at the end
        return
    for column in required:
        if column not in names:
            near = get_close_matches(column, names, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(
                f"{shown(file.uri)}: no column {column!r}{guess}; there are {', '.join(names)}"
                + (f"\n{advice}" if advice else "")
            )


@contextmanager
def file_errors(file: DataFile) -> Iterator[None]:
    """Say which file can't be read, and why, in our words."""
    place = shown(file.uri)
    kind = file.format or PurePosixPath(file.name).suffix.removeprefix(".")
    try:
        yield
    except DatagenError:
        raise
    except FileNotFoundError as error:
        raise UsageError(f"{place}: the file is not there any more; was it moved?") from error
    except PermissionError as error:
        raise UsageError(f"{place}: permission denied; may this account read it?") from error
    except pd.errors.EmptyDataError as error:
        raise UsageError(f"{place}: the file is empty; name another path") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UsageError(f"{place}: does not parse as CSV ({_first_line(error)})") from error
    except (pa.ArrowException, EOFError) as error:
        raise UsageError(f"{place}: not a whole {kind} file, cut off or damaged; fetch it again") from error
    except Exception as error:  # each storage has exceptions of its own, and their texts may hold credentials
        if "://" in file.uri:
            raise DatagenError(f"{place}: reading broke off ({type(error).__name__}); run again") from error
        if isinstance(error, OSError):
            raise UsageError(f"{place}: not a whole {kind} file, cut off or damaged; fetch it again") from error
        raise


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:160]
