"""The pull stage: one source's rows become problems, with the solutions that they carried."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datagen.recipe import Source
from datagen.sources.pulling import PullCounts, Pulled, pull
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import DROPPED, PROBLEMS, RECORDED


class Pull(Stage):
    """Writes a source's part of `problems`, `recorded` and `dropped`.

    Args:
        source: the source.
        number: its place in the recipe; parts are read in this order.
        among: how many sources there are.
    """

    stage = "pull"
    reads = ()
    writes = (PROBLEMS, RECORDED, DROPPED)

    def __init__(self, source: Source, number: int, among: int) -> None:
        digits = max(2, len(str(among - 1)))  # parts are read by name
        super().__init__(f"{number:0{digits}d}-{source.label}")
        self._source = source

    @property
    def name(self) -> str:
        """One record for each source."""
        return f"pull {self._source.label}"

    def settings(self, run: Run) -> object:
        """The source's settings and the content that they lead to, wherever it lies."""
        located = run.inputs[self._source.input_key]
        names = [file.name for file in located.files]
        settings = self._source.model_dump(mode="json", exclude={"path"})
        return [self.part, settings, located.dataset, located.config, located.revision, names]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Stream the rows."""
        workspace = run.workspace
        counts = PullCounts()
        reasons: Counter[str] = Counter()
        with (
            workspace.writing(PROBLEMS, self.part) as write_problem,
            workspace.writing(RECORDED, self.part) as write_recorded,
            workspace.writing(DROPPED, self.part) as write_drop,
        ):
            for row in pull(self._source, run.inputs[self._source.input_key], counts):
                refuse_when_stopped()
                if isinstance(row, Pulled):
                    write_problem(row.problem)
                    for solution in row.recorded:
                        write_recorded(solution)
                else:
                    reasons[row.reason] += 1
                    write_drop(row)
        return {**asdict(counts), "reasons": dict(reasons.most_common())}, self.files(workspace)
