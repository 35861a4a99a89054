"""Files and folders that are whole or absent: each is written beside its place, synced, and renamed.

A reader never meets a half-written one, and what is renamed is on disk before the old one is gone.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from datagen.errors import UnwritableError

TEMPORARY = ".writing-"
"""What the names of half-written files begin with; a killed run leaves them, and the next one removes them."""

_DISK_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that is synced and renamed to it when the block ends well, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{path.name}")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        _explain_full_disk(error, path)
        raise


@contextlib.contextmanager
def atomic_folder(final: Callable[[Path], Path], parent: Path) -> Iterator[Path]:
    """A temporary folder that is synced and renamed to `final(folder)` when the block ends well, else removed.

    A folder that is there under the final name stays when its name still tells its content, else it is replaced.
    """
    temporary = parent / f"{TEMPORARY}folder"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for path in sorted(temporary.rglob("*")):
            sync(path)
        target = final(temporary)
        if target.exists() and final(target) == target:
            shutil.rmtree(temporary)
        else:
            shutil.rmtree(target, ignore_errors=True)
            temporary.replace(target)
        sync(parent)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        _explain_full_disk(error, parent)
        raise


def _explain_full_disk(error: BaseException, path: Path) -> None:
    if isinstance(error, OSError) and error.errno in _DISK_TROUBLE:
        raise UnwritableError(
            f"{path}: can't be written: {os.strerror(error.errno)}; make room and start again"
        ) from error


def replace_link(link: Path, target: str) -> None:
    """Point a symbolic link to a new target in one step."""
    temporary = link.with_name(f"{TEMPORARY}{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
    sync(link.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """Return when a file or folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
