"""Where rows come from, fixed to a content, and what one of them is.

Nothing here names a machine: `dataset`, `config`, `revision` and a file's `name` are the same wherever the same content
is read, so that ids made of them are, too. Only a file's `uri` says where it lies.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

TableFormat = Literal["parquet", "jsonl", "csv"]

_FORMATS: dict[str, TableFormat] = {".parquet": "parquet", ".jsonl": "jsonl", ".json": "jsonl", ".csv": "csv"}
_SUFFIX = re.compile(r"(\.[a-z]+)(?:\.(?:gz|bz2|xz))?$", re.IGNORECASE)
_USER_INFO = re.compile(r"^([a-z0-9+.-]+://)[^/@]*:[^/@]*@", re.IGNORECASE)

KNOWN_SUFFIXES = ".parquet, .jsonl, .json (one object a line), .csv"


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of rows.

    Attributes:
        uri: where it lies: an absolute local path, or an address that fsspec opens.
        name: what it is called inside its dataset, with `/` between folders.
    """

    uri: str
    name: str

    @property
    def format(self) -> TableFormat | None:
        """How its rows are written, told by the suffix; None when the suffix says nothing."""
        suffix = _SUFFIX.search(self.name)
        return _FORMATS.get(suffix.group(1).lower()) if suffix else None


@dataclass(frozen=True, slots=True)
class Located:
    """Where rows come from, fixed to a content.

    Attributes:
        dataset: the Hub's `owner/name`, or the file's or folder's own name.
        config: the Hub's configuration; empty for a path.
        revision: the commit, or the SHA-256 over the files' contents.
        files: in reading order.
    """

    dataset: str
    config: str
    revision: str
    files: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as its file has it.

    Attributes:
        file: the file's name inside its dataset.
        number: the row's place in its file, from 0.
        values: by column name; a column that the file or the line lacks is absent.
    """

    file: str
    number: int
    values: dict[str, Any]


def shown(uri: str) -> str:
    """An address as a message may show it: without user name, password and signed query."""
    address = _USER_INFO.sub(r"\1", uri)
    return address.partition("?X-Amz-")[0]
