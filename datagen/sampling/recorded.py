"""The solutions that the sources carry, found by problem without holding them in memory."""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from itertools import accumulate
from pathlib import Path

import pyarrow.parquet as pq

from datagen.solutions import is_truncated
from datagen.tables import RECORDED, Solution

_KEPT_GROUPS = 4


class RecordedSolutions:
    """Recorded solutions by problem id; only ids and places are in memory, rows are read when asked for.

    Rows with the same problem text share their id and so their solutions, from whichever source they came.

    Args:
        files: the parts of the table `recorded`, in plan order.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files = [pq.ParquetFile(file, pre_buffer=False) for file in files]
        self._groups = [
            (number, group) for number, file in enumerate(self._files) for group in range(file.num_row_groups)
        ]
        sizes = [self._files[number].metadata.row_group(group).num_rows for number, group in self._groups]
        self._ends = list(accumulate(sizes))
        self._cache: OrderedDict[int, list[Solution]] = OrderedDict()
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        place = 0
        for number, group in self._groups:
            ids = self._files[number].read_row_group(group, columns=["problem_id"]).column(0).to_pylist()
            for problem_id in ids:
                self._places[problem_id].append(place)
                place += 1

    def of(self, problem_id: str) -> list[Solution]:
        """The distinct recorded solutions of a problem, in plan order."""
        found: dict[str, Solution] = {}
        for solution in map(self._row, self._places.get(problem_id, ())):
            if solution.id not in found or is_truncated(solution):  # a text that one source knows to be cut is cut
                found[solution.id] = solution
        return list(found.values())

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def _row(self, place: int) -> Solution:
        index = bisect_right(self._ends, place)
        first = self._ends[index - 1] if index else 0
        return self._group(index)[place - first]

    def _group(self, index: int) -> list[Solution]:
        if index not in self._cache:
            number, group = self._groups[index]
            table = self._files[number].read_row_group(group)
            self._cache[index] = [row for batch in table.to_batches() for row in RECORDED.from_arrow(batch)]
            if len(self._cache) > _KEPT_GROUPS:
                self._cache.popitem(last=False)
        self._cache.move_to_end(index)
        return self._cache[index]
