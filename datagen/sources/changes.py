"""What is new in the sources since the last finished build: problems added, gone, and changed.

A finished build leaves links to its problems beside the table (`before/`). A build that is cut short leaves them alone,
so that the next one still tells all that has changed since a dataset came out. Rows are compared by three hashes of
eight bytes each, 24 MB for a million problems; tables that are still the same file are not read at all.
"""

import contextlib
import os
import shutil
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import numpy as np
import numpy.typing as npt

from datagen.atomic import TEMPORARY
from datagen.tables import PROBLEMS
from datagen.workspace import Workspace

ChangeKind = Literal["added", "gone", "changed"]
KINDS: tuple[ChangeKind, ...] = ("added", "gone", "changed")
_Places = npt.NDArray[np.intp]
_Names = defaultdict[str, list[str]]
_BEFORE = "before"
_MOST_NAMED = 10
"""Rows of each kind and source that are named, beside their number."""


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """What is new in one source since the last finished build.

    Attributes:
        source: its name in the recipe.
        numbers: problems of each kind. One whose text is the same up to normalisation has changed when its answer has;
            else one of the same own name has; the others were added or are gone.
        named: own names of the first ten of each kind, in the order of the rows.
    """

    source: str
    numbers: Mapping[ChangeKind, int]
    named: Mapping[ChangeKind, tuple[str, ...]]


def changes_since_last(workspace: Workspace) -> list[SourceChanges] | None:
    """What is new in the sources since the last finished build.

    Returns:
        The sources that changed, in plan order; None when no build has finished here before.

    Raises:
        DatagenError: a table is damaged.
    """
    if not (workspace.folder / _BEFORE).is_dir():
        return None
    before = Workspace(workspace.folder / _BEFORE)
    earlier, later = ({path.stem: path for path in one.parts(PROBLEMS)} for one in (before, workspace))
    same = {part for part in earlier.keys() & later.keys() if earlier[part].samefile(later[part])}
    old_parts, new_parts = sorted(earlier.keys() - same), sorted(later.keys() - same)
    olds, news = _by_source(before, old_parts), _by_source(workspace, new_parts)
    rows = {source: _compared(olds.get(source, _Rows()), news.get(source, _Rows())) for source in [*news, *olds]}
    names: dict[ChangeKind, _Names] = {
        "gone": _named(before, old_parts, {source: found["gone"] for source, found in rows.items()}),
        "added": _named(workspace, new_parts, {source: found["added"] for source, found in rows.items()}),
        "changed": _named(workspace, new_parts, {source: found["changed"] for source, found in rows.items()}),
    }
    return [
        SourceChanges(
            source,
            numbers={kind: len(found[kind]) for kind in KINDS},
            named={kind: tuple(names[kind][source]) for kind in KINDS},
        )
        for source, found in rows.items()
        if any(map(len, found.values()))
    ]


def remember(workspace: Workspace) -> None:
    """Keep the problems of a build that has just finished, to compare the next one with."""
    kept, temporary = workspace.folder / _BEFORE, workspace.folder / f"{TEMPORARY}{_BEFORE}"
    shutil.rmtree(temporary, ignore_errors=True)
    problems = temporary / PROBLEMS.name
    problems.mkdir(parents=True)
    for path in workspace.parts(PROBLEMS):
        try:
            os.link(path, problems / path.name)
        except OSError:  # a file system without hard links
            shutil.copy2(path, problems / path.name)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(kept)
    temporary.rename(kept)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The problems of a source as hashes, in the order of the rows."""

    ids: "array[int]" = field(default_factory=lambda: array("Q"))
    answers: "array[int]" = field(default_factory=lambda: array("Q"))
    names: "array[int]" = field(default_factory=lambda: array("Q"))


def _compared(old: _Rows, new: _Rows) -> dict[ChangeKind, _Places]:
    """Which rows of the old problems are gone, and which of the new ones were added or have changed."""
    old_ids, old_rows = np.unique(old.ids, return_index=True)  # a text counts once
    new_ids, new_rows = np.unique(new.ids, return_index=True)
    _, in_old, in_new = np.intersect1d(old_ids, new_ids, assume_unique=True, return_indices=True)
    answers = np.asarray(old.answers)[old_rows[in_old]] != np.asarray(new.answers)[new_rows[in_new]]
    gone, added = np.delete(old_rows, in_old), np.delete(new_rows, in_new)
    names = np.asarray(old.names)[gone], np.asarray(new.names)[added]
    _, renewed_old, renewed_new = np.intersect1d(*names, return_indices=True)
    return {
        "added": np.sort(np.delete(added, renewed_new)),
        "gone": np.sort(np.delete(gone, renewed_old)),
        "changed": np.sort(np.concatenate([new_rows[in_new][answers], added[renewed_new]])),
    }


def _by_source(workspace: Workspace, parts: list[str]) -> dict[str, _Rows]:
    found: defaultdict[str, _Rows] = defaultdict(_Rows)
    for batch in workspace.read_batches(PROBLEMS, parts, columns=["source", "source_id", "id", "answer"]):
        for row in batch.to_pylist():
            rows = found[row["source"]]
            rows.ids.append(int(row["id"], 16))
            rows.answers.append(_hash(row["answer"]))
            rows.names.append(_hash(row["source_id"]))
    return found


def _named(workspace: Workspace, parts: list[str], places: Mapping[str, _Places]) -> _Names:
    """The own names of the first of some rows of every source, for one reading of the table."""
    wanted = {source: set(rows[:_MOST_NAMED].tolist()) for source, rows in places.items()}
    names: _Names = defaultdict(list)
    seen: Counter[str] = Counter()
    for batch in workspace.read_batches(PROBLEMS, parts if any(wanted.values()) else [], ["source", "source_id"]):
        for row in batch.to_pylist():
            if seen[row["source"]] in wanted[row["source"]]:
                names[row["source"]].append(row["source_id"])
            seen[row["source"]] += 1
    return names


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
