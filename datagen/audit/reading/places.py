"""Where a dataset lies: a run, a folder, a file or the Hub, and which files are its splits.

A folder of ours and one of the Hub's usual layout keep their rows in `data/`; `save_to_disk` says in `state.json` which
files count; any other folder is read with its subfolders. A split is named as `datasets` names it, by folder or file.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from datagen.audit.reading.shards import KNOWN_SUFFIXES, Shard, is_readable
from datagen.errors import UsageError
from datagen.reading import DataFile, locate_path
from datagen.reading.hub import hub_errors, list_hub, locate_hub_splits
from datagen.reading.located import shown
from datagen.reading.rows import file_errors
from datagen.workspace import find_run

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "dev", "val"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_ORDER = ("train", "validation", "test")
_STATE, _SPLIT_LIST = "state.json", "dataset_dict.json"
_NOT_HERE = "give a folder or a file: there is none of this name here"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dataset was found.

    Attributes:
        shards: its files, split by split; never none.
        tokenizer: the folder `tokenizer/` in its folder or beside it; None without one.
    """

    shards: tuple[Shard, ...]
    tokenizer: Path | None = None


def find_dataset(where: str) -> Place:
    """Find the files of a dataset.

    Args:
        where: a run's folder or its name under `outputs/`, a dataset's folder, one of `save_to_disk` or one above such,
            a file, an address that fsspec opens, or a Hub id `owner/name`.

    Raises:
        UsageError: there is no such thing, or it is no dataset.
        DatagenError: the Hub or the storage does not answer.
    """
    path = Path(where).expanduser().absolute()
    if path.is_dir():
        return _in_folder(where, path)
    if path.is_file():
        file = DataFile(str(path), path.name)
        return Place(_by_name(where, [file]), _tokenizer_beside(path.parent))
    if (run := find_run(where)) is not None:
        return _in_folder(where, run.absolute())
    if "://" in where:
        return Place(_by_name(where, locate_path(where).files))
    if _HUB_ID.fullmatch(where):
        return Place(_on_hub(where))
    raise UsageError(f"{where}: no such file or folder, and no Hub id (owner/name)")


def _in_folder(where: str, folder: Path) -> Place:
    if (folder / "run.json").is_file():
        folder = folder / "dataset"
        if not folder.is_dir():
            raise UsageError(f"{where}: this run has no dataset yet; finish it with `datagen build`")
    data = folder / "data"
    rows = data if data.is_dir() and next(data.rglob("*.parquet"), None) else folder
    with file_errors(DataFile(str(rows), rows.name)):
        names = sorted(at.relative_to(rows).as_posix() for at in rows.rglob("*") if at.is_file())
        names = [name for name in names if not any(part[0] in "._" for part in name.split("/"))]
        shards = _saved(where, str(rows), names)
    if not shards:
        parquet = [DataFile(str(rows / name), name) for name in names if name.endswith(".parquet")]
        if not parquet:
            there = f"only {', '.join(names[:4])}" if names else "the folder is empty"
            raise UsageError(
                f"{where}: no dataset: neither Parquet files nor a folder of save_to_disk ({_STATE}), {there}"
            )
        shards = _by_name(where, parquet)
    return Place(shards, _tokenizer_beside(folder))


def _on_hub(dataset: str) -> tuple[Shard, ...]:
    root, names = list_hub(dataset, None, otherwise=_NOT_HERE)
    with hub_errors(dataset, None, None, otherwise=_NOT_HERE):
        saved = _saved(dataset, root, names)
    if saved:
        return saved
    splits = locate_hub_splits(dataset, None, None, otherwise=_NOT_HERE)
    return _in_order(dataset, [Shard(split, file) for split, files in splits.items() for file in files.files])


def _saved(where: str, root: str, names: Collection[str]) -> tuple[Shard, ...]:
    """The files that `save_to_disk` wrote into a folder, or into the folders in it; none where it wrote nothing."""
    states = [name for name in names if PurePosixPath(name).name == _STATE and name.count("/") <= 1]
    if not states:
        return ()
    listed = _read_json(root, _SPLIT_LIST).get("splits", []) if _SPLIT_LIST in names else []
    if lost := [split for split in listed if f"{split}/{_STATE}" not in states]:
        raise UsageError(f"{where}: {_SPLIT_LIST} lists the split {lost[0]}, but there is no {lost[0]}/{_STATE}")
    shards: list[Shard] = []
    for name in states:
        folder, state = name.removesuffix(_STATE), _read_json(root, name)
        # what `datasets` notes as the split is often that of the rows' origin, so the folder's name goes first
        split = (
            _split_in(folder) or folder.strip("/") or _split_in(f"{PurePosixPath(root).name}/") or state.get("_split")
        )
        try:
            files = [f"{folder}{file['filename']}" for file in state["_data_files"]]
        except (KeyError, TypeError) as error:
            raise UsageError(
                f"{shown(root)}/{name}: it does not list the files of a saved dataset; save it again"
            ) from error
        shards += [Shard(split or _ORDER[0], DataFile(f"{root}/{file}", file)) for file in files]
    if not shards:
        raise UsageError(f"{where}: the dataset is empty: its {_STATE} lists no file")
    return _in_order(where, shards)


def _read_json(root: str, name: str) -> dict[str, Any]:
    place = f"{root}/{name}"
    with fsspec.open(place, "rb") as stream:
        content = stream.read()
    try:
        value = json.loads(content)
    except ValueError as error:
        raise UsageError(f"{shown(place)}: damaged: no JSON; save the dataset again") from error
    if not isinstance(value, dict):
        raise UsageError(f"{shown(place)}: damaged: no JSON object; save the dataset again")
    return value


def _by_name(where: str, files: Iterable[DataFile]) -> tuple[Shard, ...]:
    return _in_order(where, [Shard(_split_in(file.name) or _ORDER[0], file) for file in files])


def _in_order(where: str, shards: Sequence[Shard]) -> tuple[Shard, ...]:
    for shard in shards:
        if not is_readable(shard.file):
            raise UsageError(f"{where}: an audit can't read {shard.file.name}; it reads {KNOWN_SUFFIXES}")
    places = {split: place for place, split in enumerate(_ORDER)}
    return tuple(sorted(shards, key=lambda shard: (places.get(shard.split, len(_ORDER)), shard.split)))


def _split_in(name: str) -> str | None:
    """The split that a file's folders, or else its own name, speak of; None where they speak of none."""
    *folders, file = name.lower().split("/")
    for part in (*folders, file):
        for word in re.split(r"[-._ 0-9]+", part):
            if word in _SPLITS:
                return _SPLITS[word]
    return None


def _tokenizer_beside(folder: Path) -> Path | None:
    places = (folder / "tokenizer", folder.parent / "tokenizer")
    return next((place for place in places if (place / "tokenizer.json").is_file()), None)
