"""Verdicts for the rows of any file, in the file's order, as they come.

Memory holds a window of rows, however long the file is. A row that can't be read ends the file with an error that names
its place; the verdicts of the rows that were read before it come first.
"""

import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import PurePath

from datagen.errors import DatagenError, UsageError
from datagen.reading import DataFile, Located, content_columns, read_rows
from datagen.reading.located import KNOWN_SUFFIXES, shown
from datagen.stopping import refuse_when_stopped
from datagen.verify.memo import Memo
from datagen.verify.pair import Finding
from datagen.verify.solution import LIMITS, finding_of
from datagen.verify.verifier import Verifier

_AHEAD_ROWS, _AHEAD_CHARACTERS = 4096, 64_000_000
"""Rows under way, and the characters of their solutions: enough that a late one keeps no other worker waiting."""
_LOOK_UP_S = 0.2
"""Seconds between two looks at whether to stop, while the next row is not decided."""
_TOGETHER = 256
"""Findings that are handed over at once, where they don't have to be waited for."""


@dataclass(frozen=True, slots=True)
class RowFinding:
    """What was found out about one row; `row` is its place in the file, from 0."""

    row: int
    finding: Finding


def verify_file(file: str, workers: int | None = None) -> Generator[list[RowFinding], None, None]:
    """Verify each row of a Parquet, JSONL or CSV file with the columns gold (or answer), solution and perhaps problem.

    Args:
        file: a path, or an address that fsspec opens.
        workers: processes at work; as many as the machine has cores when None.

    Yields:
        The next rows that are decided, at least one, in the file's order; every row of the file comes once.

    Raises:
        UsageError: the file is missing, damaged, empty, without these columns, or has a line that is no JSON object.
        DatagenError: the storage broke off.
        StoppedError: a signal came (see `datagen.stopping`); what was yielded stands.
    """
    located = _located(file)
    gold, columns = _columns(file, content_columns(located))
    rows = read_rows(located, columns)
    window: deque[_UnderWay] = deque()
    characters = 0
    ready: list[RowFinding] = []
    failure: DatagenError | None = None
    with Verifier(LIMITS, workers, Memo.of_this_machine(LIMITS)) as verifier:
        while True:
            try:
                row = next(rows, None)
            except DatagenError as error:
                failure, row = error, None
            if row is not None:
                solution = row.values.get("solution")
                finding = finding_of(verifier, row.values.get(gold), solution, row.values.get("problem"))
                size = len(solution) if isinstance(solution, str) else 0
                window.append(_UnderWay(row.number, size, finding))
                characters += size
            refuse_when_stopped()
            while window:
                oldest = window[0]
                is_full = row is None or len(window) > _AHEAD_ROWS or characters > _AHEAD_CHARACTERS
                if not (is_full or oldest.finding.done()):
                    break
                if ready and (len(ready) >= _TOGETHER or not oldest.finding.done()):
                    yield ready
                    ready = []
                while not oldest.finding.done():
                    refuse_when_stopped()
                    wait([oldest.finding], _LOOK_UP_S)
                ready.append(RowFinding(oldest.row, oldest.finding.result()))
                window.popleft()
                characters -= oldest.characters
            if row is None:
                break
        if ready:
            yield ready
    if failure is not None:
        raise failure


@dataclass(frozen=True, slots=True)
class _UnderWay:
    row: int
    characters: int
    finding: Future[Finding]


def _located(file: str) -> Located:
    is_remote = "://" in file
    uri = file if is_remote else os.path.abspath(os.path.expanduser(file))
    place = shown(file)
    if not is_remote and os.path.isdir(uri):
        raise UsageError(f"{place}: this is a folder; name one file: {KNOWN_SUFFIXES}")
    if not is_remote and not os.path.exists(uri):
        raise UsageError(f"{place}: no such file; looked at {uri}")
    found = DataFile(uri, PurePath(uri).name)
    if found.format is None:
        raise UsageError(f"{place}: unknown suffix; known ones: {KNOWN_SUFFIXES}")
    return Located(found.name, "", "", (found,))


def _columns(file: str, names: tuple[str, ...]) -> tuple[str, list[str]]:
    """The column of the reference answers, and all that are read."""
    gold = "answer" if "answer" in names and "gold" not in names else "gold"
    wanted = {gold: "'gold' (nor 'answer')", "solution": "'solution'"}
    missing = [said for name, said in wanted.items() if name not in names]
    if names and missing:  # a file without columns is empty, which reading it says
        raise UsageError(f"{shown(file)}: no column {' and no '.join(missing)}; there are {', '.join(names)}")
    return gold, [gold, "solution", "problem"]
