"""Rows on a path: a file, a folder or a pattern, on this machine or wherever fsspec reaches.

A path is fixed by what its files hold: its revision is the SHA-256 over their contents, and neither the place nor the
machine goes into any name, so that the same files give the same ids elsewhere.
"""

import hashlib
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import PurePosixPath

import fsspec

from datagen.errors import DatagenError, UsageError
from datagen.reading.located import KNOWN_SUFFIXES, DataFile, Located, shown

ContentHashes = MutableMapping[str, tuple[str, str]]
"""By address: the file's state as its storage tells it, and the SHA-256 of its content then."""

_PATTERN_SIGNS = frozenset("*?[")
_EXTRAS = {"s3": "s3", "s3a": "s3"}


def locate_path(path: str, hashes: ContentHashes | None = None) -> Located:
    """Fix a path to its content.

    Args:
        path: a file, a folder (read with its subfolders), or a pattern; local, `s3://…`, `hf://…`. In a folder, files
            with other suffixes and hidden ones are left aside, and so is a `.json` that lies beside tables of another
            suffix: there it holds metadata.
        hashes: of files seen before; what is unchanged by its storage's account is not read again. Kept up to date.

    Returns:
        The files, sorted by name; the revision is the SHA-256 over their SHA-256s. A remote file is read once for it.

    Raises:
        UsageError: nothing is there, nothing there is a table, or the storage needs an extra that is not installed.
        DatagenError: the storage does not answer.
    """
    file_system, root = _open_storage(path)
    with _storage_errors(path, file_system):
        base, found = _find(file_system, root, path)
        files = [(DataFile(_uri(file_system, at), _name(base, at)), at) for at in found]
        files.sort(key=lambda pair: pair[0].name)
        contents = hashlib.sha256()
        for _, at in files:
            contents.update(bytes.fromhex(_content_hash(file_system, at, hashes)))
    dataset = PurePosixPath(base).name if len(files) > 1 or base == root else files[0][0].name
    return Located(dataset or "data", "", contents.hexdigest(), tuple(file for file, _ in files))


def _open_storage(path: str) -> tuple[fsspec.AbstractFileSystem, str]:
    protocol, separator, _ = path.partition("://")
    try:
        file_system, root = fsspec.core.url_to_fs(path if separator else os.path.expanduser(path))
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        advice = f"pip install 'datagen[{extra}]'" if extra else f"install what fsspec needs for {protocol}://"
        raise UsageError(f"{shown(path)}: {protocol}:// can't be read by this installation; {advice}") from error
    except ValueError as error:
        raise UsageError(f"{shown(path)}: unknown kind of address; use a local path, s3://… or hf://…") from error
    return file_system, root.rstrip("/") or "/"


@contextmanager
def _storage_errors(path: str, file_system: fsspec.AbstractFileSystem) -> Iterator[None]:
    try:
        yield
    except DatagenError:
        raise
    except PermissionError as error:
        raise UsageError(f"{shown(path)}: permission denied; may this account read it?") from error
    except Exception as error:  # each storage has exceptions of its own, and their texts may hold credentials
        if _is_local(file_system) and not isinstance(error, OSError):
            raise
        raise DatagenError(
            f"{shown(path)}: the storage did not answer ({type(error).__name__}); check address and credentials"
        ) from error


def _find(file_system: fsspec.AbstractFileSystem, root: str, path: str) -> tuple[str, list[str]]:
    """The folder that names are relative to, and the files."""
    if file_system.isfile(root):
        _require_known_suffix(root, path)
        return file_system._parent(root), [root]
    if file_system.isdir(root):
        return root, _tables_in(file_system, root, path)
    if not _PATTERN_SIGNS & set(root):
        raise UsageError(f"{shown(path)}: no such file or folder; looked at {shown(root)}")
    found = sorted(at for at in file_system.glob(root) if file_system.isfile(at))
    if not found:
        raise UsageError(f"{shown(path)}: no file fits this pattern; looked for {shown(root)}")
    for at in found:
        _require_known_suffix(at, path)
    return _fixed_part(root), found


def _tables_in(file_system: fsspec.AbstractFileSystem, root: str, path: str) -> list[str]:
    names = {at: _name(root, at) for at in file_system.find(root)}
    visible = [at for at, name in names.items() if not any(part[0] in "._" for part in name.split("/"))]
    tables = [at for at in visible if DataFile(at, names[at]).format]
    plain_json = {at for at in tables if at.lower().endswith(".json")}
    if chosen := [at for at in tables if at not in plain_json] or sorted(plain_json):
        return chosen
    if not visible:
        raise UsageError(f"{shown(path)}: the folder is empty; put the tables there, or name another path")
    raise UsageError(
        f"{shown(path)}: no table in this folder, only {_some([names[at] for at in visible])}; "
        f"known suffixes: {KNOWN_SUFFIXES}"
    )


def _require_known_suffix(at: str, path: str) -> None:
    name = PurePosixPath(at).name
    if DataFile(at, name).format is None:
        raise UsageError(f"{shown(path)}: {name} has an unknown suffix; known ones: {KNOWN_SUFFIXES}")


def _fixed_part(pattern: str) -> str:
    parts = pattern.split("/")
    first = next(place for place, part in enumerate(parts) if _PATTERN_SIGNS & set(part))
    return "/".join(parts[:first]) or "/"


def _name(base: str, at: str) -> str:
    return at.removeprefix(base.rstrip("/") + "/")


def _uri(file_system: fsspec.AbstractFileSystem, at: str) -> str:
    return at if _is_local(file_system) else str(file_system.unstrip_protocol(at))


def _is_local(file_system: fsspec.AbstractFileSystem) -> bool:
    return "file" in ((file_system.protocol,) if isinstance(file_system.protocol, str) else file_system.protocol)


def _content_hash(file_system: fsspec.AbstractFileSystem, at: str, hashes: ContentHashes | None) -> str:
    if hashes is None:
        return _hash_file(file_system, at)
    uri, state = _uri(file_system, at), file_system.ukey(at)  # size, times, inode; on object storage the ETag
    known = hashes.get(uri)
    if known is None or known[0] != state:
        hashes[uri] = known = (state, _hash_file(file_system, at))
    return known[1]


def _hash_file(file_system: fsspec.AbstractFileSystem, at: str) -> str:
    with file_system.open(at, "rb") as stream:
        content = hashlib.sha256()
        while block := stream.read(1 << 20):
            content.update(block)
    return content.hexdigest()


def _some(names: list[str], most: int = 4) -> str:
    listed = ", ".join(sorted(names)[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
