"""Which files a journal consists of, and how all of them are found, also while another process moves them."""

import contextlib
import errno
import os
import re
from pathlib import Path
from typing import NamedTuple

from datagen.atomic import sync
from datagen.errors import DatagenError
from datagen.journal.lines import Lines
from datagen.journal.parts import Part, RowGroups
from datagen.journal.places import Segment

_NUMBER = re.compile(r"-(\d{5,})$")


class _Found(NamedTuple):
    lines: Path | None
    part: Path | None


def lines_path(path: Path, number: int) -> Path:
    """Where a full file of lines waits for its part."""
    return path.with_name(f"{path.stem}-{number:05}{path.suffix}")


def part_path(path: Path, number: int) -> Path:
    """Where a part is."""
    return path.with_name(f"{path.stem}-{number:05}.parquet")


def is_journal(path: Path) -> bool:
    """Whether there is a journal that appends, or once appended, to this file."""
    return path.is_file() or bool(_found(path))


def open_for_writing(path: Path, groups: RowGroups) -> tuple[Lines, list[Segment]]:
    """Open all files of a journal, and finish what a killed compaction had left.

    Args:
        path: the file that records are appended to; made with its folder when missing.
        groups: where parts are read.

    Returns:
        What records are appended to, and the files before it.

    Raises:
        OSError: a file can't be opened.
        DatagenError: a part can't be read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found = _found(path)
    active = Lines(max(found, default=-1) + 1, path, os.O_RDWR | os.O_CREAT)
    for number, (lines, part) in found.items():
        if lines is not None and part is not None:
            if not Lines(number, lines).holds(Part(number, part, groups).mark):
                raise DatagenError(f"{part}: this is not what {lines.name} beside it became; move one of the two away")
            sync(path.parent)  # the part may have been renamed a moment before the kill
            lines.unlink()
    return active, _opened(_found(path), groups)


def open_for_reading(path: Path, groups: RowGroups) -> tuple[Lines, list[Segment]]:
    """Open all files of a journal and touch none; as `open_for_writing`.

    Files are renamed and replaced by a process that writes, so one that went away is looked for again.
    """
    while True:
        before = _identity(path)
        found = _found(path)
        if before is None and not found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        with contextlib.suppress(FileNotFoundError):
            segments = _opened(found, groups)
            active = Lines(max(found, default=-1) + 1, path if before is not None else Path(os.devnull))
            if before == _identity(path) == (None if before is None else active.identity):
                return active, segments


def _found(path: Path) -> dict[int, _Found]:
    """The full files of lines and the parts, by number in ascending order."""
    found: dict[int, _Found] = {}
    for file in sorted(path.parent.glob(f"{path.stem}-*")):
        number = _NUMBER.search(file.stem)
        if number and file.stem == f"{path.stem}{number.group()}" and file.suffix in (path.suffix, ".parquet"):
            lines, part = found.get(int(number.group(1)), _Found(None, None))
            is_part = file.suffix == ".parquet"
            found[int(number.group(1))] = _Found(lines, file) if is_part else _Found(file, part)
    return dict(sorted(found.items()))


def _opened(found: dict[int, _Found], groups: RowGroups) -> list[Segment]:
    segments: list[Segment] = []
    for number, (lines, part) in found.items():
        if part is not None:
            segments.append(Part(number, part, groups))
        elif lines is not None:
            segments.append(Lines(number, lines))
    return segments


def _identity(path: Path) -> tuple[int, int] | None:
    """What names a file whatever it is called; None when there is none."""
    with contextlib.suppress(FileNotFoundError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
