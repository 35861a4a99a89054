"""What a dataset's folder holds, file by file, and the hash that names it.

The folder of a dataset is called after the hash of its content. So whoever reads the folder again can tell whether it
still is what a build wrote and audited.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datagen.errors import DatagenError

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """One file of a dataset.

    Attributes:
        name: its path within the dataset, with slashes.
        path: where it lies.
        size: in bytes.
        sha256: of its content, in hexadecimal.
    """

    name: str
    path: Path
    size: int
    sha256: str


def read_files(folder: Path) -> tuple[DatasetFile, ...]:
    """Every file of a dataset with its hash, in the order of their names.

    Raises:
        DatagenError: a file can't be read.
    """
    return tuple(_read(folder, path) for path in files_of(folder))


def files_of(folder: Path) -> Iterator[Path]:
    """Every file within a folder, in one order everywhere."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def content_name(files: Sequence[DatasetFile]) -> str:
    """The name of a dataset of these files, `dataset-` and 12 digits of the hash of their names and contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name} {file.sha256}\n".encode())
    return f"dataset-{total.hexdigest()[:_DIGITS]}"


def _read(folder: Path, path: Path) -> DatasetFile:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return DatasetFile(path.relative_to(folder).as_posix(), path, path.stat().st_size, digest)
    except OSError as error:
        raise DatagenError(f"{path}: can't be read: {error.strerror}; build the dataset again") from error
