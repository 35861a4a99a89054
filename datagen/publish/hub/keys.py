"""Keys and tokens in a dataset's files: what looks like one, and the very values that this machine holds.

Parquet is read column by column, since a text lies compressed in its file; every other file byte by byte. A finding
names the file, the column and the kind of key, and never what was found.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datagen.errors import DatagenError
from datagen.publish.content import DatasetFile
from datagen.recipe import Recipe

_NO_WORD, _NO_NAME = rb"(?<![A-Za-z0-9_])", rb"(?<![A-Za-z0-9_-])"
_SHAPES: tuple[tuple[str, tuple[bytes, ...], bytes], ...] = (
    ("a token of the Hugging Face Hub", (b"hf_",), _NO_WORD + rb"hf_[A-Za-z0-9]{30,}"),
    ("an API key (sk-…)", (b"sk-",), _NO_NAME + rb"sk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}"),
    ("an API key (sk_live_…)", (b"_live_",), _NO_WORD + rb"[rs]k_live_[A-Za-z0-9]{20,}"),
    ("an API key of Google", (b"AIza",), _NO_NAME + rb"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("an API key of NVIDIA", (b"nvapi-",), _NO_NAME + rb"nvapi-[A-Za-z0-9_-]{50,}"),
    ("an API key of Groq", (b"gsk_",), _NO_WORD + rb"gsk_[A-Za-z0-9]{40,}"),
    ("an API key of xAI", (b"xai-",), _NO_NAME + rb"xai-[A-Za-z0-9]{60,}"),
    ("an AWS access key", (b"AKIA", b"ASIA"), rb"(?<![A-Za-z0-9])A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    (
        "a token of GitHub",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        _NO_WORD + rb"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})",
    ),
    ("a token of GitLab", (b"glpat-",), _NO_NAME + rb"glpat-[A-Za-z0-9_-]{20,}"),
    ("a token of PyPI", (b"pypi-",), _NO_NAME + rb"pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("a token of Slack", (b"xox",), _NO_WORD + rb"xox[abeoprs]-(?:[0-9]-)?[0-9]{8,}-[A-Za-z0-9-]{16,}"),
    (
        "a signed token (JWT)",
        (b"eyJ",),
        _NO_NAME + rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    ),
    ("a private key (PEM)", (b"PRIVATE KEY",), rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
)
"""What each is called, what it can't be without, and how it looks."""
_OF_THE_CLOUD = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
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
        shapes = [(kind, marks, re.compile(shape)) for kind, marks, shape in _SHAPES]
        known = [
            (f"the value of {name}", (form,), re.compile(re.escape(form)))
            for name, value in values.items()
            if len(value) >= _FEWEST_CHARACTERS
            for form in _forms(value)
        ]
        self._patterns = (*shapes, *known)
        marks = {mark for _, marks, _ in self._patterns for mark in marks}
        self._any_mark = b"|".join(map(re.escape, sorted(marks)))

    def search(self, files: Iterable[DatasetFile]) -> Iterator[FoundKey]:
        """Every kind of key that a place holds, once.

        Raises:
            DatagenError: a file can't be read.
        """
        for file in files:
            try:
                texts = _columns(file.path) if file.path.suffix == ".parquet" else _blocks(file.path)
                found = {(place, kind): None for place, column in texts for kind in self._kinds(column)}
            except (OSError, ValueError, pa.ArrowException) as error:
                raise DatagenError(f"{file.path}: can't be read; build the dataset again") from error
            yield from (FoundKey(file.name, place, kind) for place, kind in found)

    def _kinds(self, texts: pa.Array) -> Iterator[str]:
        """What kinds of key texts hold; one pass over all of them finds those few that are looked at closely."""
        for text in texts.filter(pc.match_substring_regex(texts, self._any_mark)).to_pylist():
            for kind, marks, pattern in self._patterns:
                if any(mark in text for mark in marks) and pattern.search(text):
                    yield kind


def secret_values(recipe: Recipe, token: str | None) -> dict[str, str]:
    """The secrets of this machine that a dataset could have come across, by what they are called.

    Args:
        recipe: names the variables that hold teachers' keys.
        token: of the Hub, wherever it comes from.
    """
    of_teachers = {teacher.api_key_env for teacher in recipe.paid_teachers if teacher.api_key_env}
    names = sorted({*of_teachers, *_OF_THE_CLOUD})
    values = {name: os.environ[name] for name in names if os.environ.get(name)}
    return values | ({"HF_TOKEN": token} if token else {})


def _forms(value: str) -> set[bytes]:
    """A value as a text has it, and as JSON within a text does."""
    return {
        value.encode("utf-8", "surrogateescape"),
        *(json.dumps(value, ensure_ascii=e)[1:-1].encode() for e in (True, False)),
    }


def _columns(path: Path) -> Iterator[tuple[str, pa.Array]]:
    """The texts of every column, a batch at a time, and what the file says of itself."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for key, value in (file.metadata.metadata or {}).items():
            yield "its metadata", pa.array([key, value])
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                for texts in _texts(column):
                    yield f"column {name}", texts


def _texts(column: pa.Array) -> Iterator[pa.Array]:
    """All texts within a column, however deep they lie, as bytes."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _texts(column.dictionary)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind):
        yield column.cast(pa.large_binary())
    elif pa.types.is_struct(kind):
        for field in column.flatten():
            yield from _texts(field)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(column.flatten())


def _is_bytes(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(is_kind(kind) for is_kind in kinds)


def _blocks(path: Path) -> Iterator[tuple[str, pa.Array]]:
    """A file's bytes, each block with the end of the one before it, so that nothing lies between two."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield "", pa.array([before + block])
            before = block[-_OVERLAP:]
