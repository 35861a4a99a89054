"""What changed sides: solutions whose verdict another version of the verifier had given otherwise.

The verdicts table of a run goes with every stage before it that is done anew. So a copy of the last one is kept beside
the journals, and when another version of the verifier takes over, that copy becomes what its verdicts are compared
with, until the next version comes: a run that is killed, or verified again because solutions were added, still tells
the whole change.
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datagen.atomic import atomic_file
from datagen.errors import DatagenError
from datagen.tables import VERDICTS, Changed, Solution, Verdict
from datagen.workspace import Workspace

_LAST, _BEFORE = "verdicts-last.parquet", "verdicts-before.parquet"


class Earlier:
    """The verdicts of an earlier version, found by solution; 16 bytes a verdict are in memory, rows are read on demand.

    Args:
        path: a verdicts table.

    Raises:
        DatagenError: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _reading(path):
            self._file = pq.ParquetFile(path, pre_buffer=False)
            names = (batch.column(0).to_pylist() for batch in self._file.iter_batches(columns=["solution_id"]))
            numbers = np.fromiter((int(name, 16) for batch in names for name in batch), np.uint64)
        self.version = str(_version(path))
        groups = range(self._file.num_row_groups)
        self._ends = np.cumsum([self._file.metadata.row_group(group).num_rows for group in groups])
        self._places = np.argsort(numbers, kind="stable")
        self._numbers = numbers[self._places]
        self._group = -1
        self._rows: list[Verdict] = []

    def change(self, solution: Solution, verdict: Verdict) -> Changed | None:
        """What the earlier version said of a solution against the same gold answer, if it was another verdict."""
        before = self._of(verdict.solution_id)
        if before is None or before.gold != verdict.gold or before.verdict == verdict.verdict:
            return None
        return Changed(
            solution_id=solution.id,
            problem_id=solution.problem_id,
            gold=verdict.gold,
            answer_before=before.answer,
            verdict_before=before.verdict,
            method_before=before.method,
            version_before=before.verifier_version,
            answer=verdict.answer,
            verdict=verdict.verdict,
            method=verdict.method,
            verifier_version=verdict.verifier_version,
        )

    def _of(self, solution_id: str) -> Verdict | None:
        number = np.uint64(int(solution_id, 16))
        found = int(np.searchsorted(self._numbers, number))
        if found == len(self._numbers) or self._numbers[found] != number:
            return None
        place = int(self._places[found])
        group = int(np.searchsorted(self._ends, place, side="right"))
        if group != self._group:
            with _reading(self._path):
                batches = self._file.read_row_group(group).to_batches()
            self._group, self._rows = group, [row for batch in batches for row in VERDICTS.from_arrow(batch)]
        return self._rows[place - int(self._ends[group])]  # counted from the group's end

    def close(self) -> None:
        """Close the table."""
        self._file.close()


@contextlib.contextmanager
def earlier_verdicts(workspace: Workspace, part: str, version: str) -> Iterator[Earlier | None]:
    """The verdicts of the verifier's version before this one; None when there was none.

    Args:
        workspace: the run's folder.
        part: of the verdicts table.
        version: of the verifier that is about to give verdicts.
    """
    last, before = _kept(workspace, _LAST), _kept(workspace, _BEFORE)
    newest = last if last.exists() else workspace.part(VERDICTS, part)
    if _version(newest) not in (None, version):
        _copy(newest, before)
    if _version(before) in (None, version):
        yield None
        return
    with contextlib.closing(Earlier(before)) as earlier:
        yield earlier


def keep_last(workspace: Workspace, part: str) -> None:
    """Keep a copy of the verdicts table that was just written."""
    _copy(workspace.part(VERDICTS, part), _kept(workspace, _LAST))


def _kept(workspace: Workspace, name: str) -> Path:
    return workspace.folder / "journal" / name


def _copy(file: Path, to: Path) -> None:
    with atomic_file(to) as temporary:
        shutil.copyfile(file, temporary)


def _version(file: Path) -> str | None:
    """The version that gave a table's verdicts; None when there is no table, or no row in it."""
    if not file.exists():
        return None
    with _reading(file), pq.ParquetFile(file, pre_buffer=False) as table:
        batch = next(table.iter_batches(batch_size=1, columns=["verifier_version"]), None)
        return batch.column(0)[0].as_py() if batch is not None and batch.num_rows else None


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        message = f"{file}: can't be read ({error}); remove it and start again, only the list of what changed is lost"
        raise DatagenError(message) from error
