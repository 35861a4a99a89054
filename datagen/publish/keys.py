"""Keys and tokens in a dataset's files: what looks like one, and the very values that this machine holds.

Parquet is read column by column, since a text lies compressed in its file; every other file byte by byte. A finding
names the file, the column and the kind of key, and never what was found.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.errors import DatagenError
from datagen.publish.content import DatasetFile
from datagen.recipe import Recipe

_SHAPES = {
    "a token of the Hugging Face Hub": rb"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}",
    "an API key (sk-…)": rb"(?<![A-Za-z0-9_-])sk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}",
    "an AWS access key": rb"(?<![A-Za-z0-9])A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    "a token of GitHub": rb"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})",
    "a private key (PEM)": rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
}
_FEWEST_CHARACTERS = 8
"""A shorter value, `EMPTY` or `none`, is no secret but what a local server is given for one."""
_BATCH_ROWS = 200
_BLOCK, _OVERLAP = 1 << 20, 4096


@dataclass(frozen=True, slots=True)
class FoundKey:
    """Something that must not be published.

    Attributes:
        file: of the dataset.
        place: the column of a Parquet file; empty for other files.
        kind: what it looks like, or whose value it is.
    """

    file: str
    place: str
    kind: str


class KeySearch:
    """Looks for keys.

    Args:
        values: secrets of this machine by what they are called, never shown.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        shapes = {kind: re.compile(shape) for kind, shape in _SHAPES.items()}
        known = {
            f"the value of {name}": re.compile(re.escape(value.encode()))
            for name, value in values.items()
            if len(value) >= _FEWEST_CHARACTERS
        }
        self._patterns = shapes | known

    def search(self, files: Iterable[DatasetFile]) -> Iterator[FoundKey]:
        """Every kind of key that a place holds, once.

        Raises:
            DatagenError: a file can't be read.
        """
        for file in files:
            try:
                texts = _columns(file.path) if file.path.suffix == ".parquet" else _blocks(file.path)
                found = {(place, kind): None for place, text in texts for kind in self._kinds(text)}
            except (OSError, ValueError, pa.ArrowException) as error:
                raise DatagenError(f"{file.path}: can't be read; build the dataset again") from error
            yield from (FoundKey(file.name, place, kind) for place, kind in found)

    def _kinds(self, text: bytes) -> Iterator[str]:
        return (kind for kind, pattern in self._patterns.items() if pattern.search(text))


def secret_values(recipe: Recipe, token: str | None) -> dict[str, str]:
    """The secrets of this machine that a dataset could have come across, by what they are called.

    Args:
        recipe: names the variables that hold teachers' keys.
        token: of the Hub, wherever it comes from.
    """
    names = sorted({teacher.api_key_env for teacher in recipe.paid_teachers if teacher.api_key_env})
    values = {name: os.environ[name] for name in names if os.environ.get(name)}
    return values | ({"HF_TOKEN": token} if token else {})


def _columns(path: Path) -> Iterator[tuple[str, bytes]]:
    """The texts of every column, a batch at a time, and what the file says of itself."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for key, value in (file.metadata.metadata or {}).items():
            yield "its metadata", key + b" " + value
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                for text in _texts(column):
                    yield f"column {name}", text


def _texts(column: pa.Array) -> Iterator[bytes]:
    """All texts within a column, however deep they lie, with a zero byte between two."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _texts(column.dictionary)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield "\0".join(text for text in column.to_pylist() if text).encode("utf-8", "surrogatepass")
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        yield b"\0".join(value for value in column.to_pylist() if value)
    elif pa.types.is_struct(kind):
        for field in column.flatten():
            yield from _texts(field)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(column.flatten())


def _blocks(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's bytes, each block with the end of the one before it, so that nothing lies between two."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield "", before + block
            before = block[-_OVERLAP:]
