"""What a stage is: it reads tables, writes its own, and says by a fingerprint when its work still stands."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from datagen import __version__
from datagen.progress import Progress, watching
from datagen.reading import Located
from datagen.recipe import Recipe
from datagen.tables import StageName, Table
from datagen.texts import digest
from datagen.workspace import Workspace

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage of one run is given.

    Attributes:
        recipe: the settings.
        workspace: the run's folder.
        inputs: where sources and benchmarks are, fixed to a content; keys as `datagen.inputs` makes them.
        reuse: another run's folder, to take completions from.
        say: shows a line to whoever watches.
    """

    recipe: Recipe
    workspace: Workspace
    inputs: Mapping[str, Located]
    reuse: Path | None
    say: Say

    def watch(self, progress: Progress) -> AbstractContextManager[None]:
        """Show a stage's progress while the block lasts; the stage keeps it up to date, and need do nothing else."""
        return watching(progress)


class Stage(ABC):
    """One step of the way from sources to dataset.

    Attributes:
        stage: the step that it belongs to.
        reads, writes: the tables.
        part: the name of its files in the tables that it writes.
        upstream: the stages whose work goes into it.
    """

    stage: ClassVar[StageName]
    reads: ClassVar[tuple[Table[Any], ...]]
    writes: ClassVar[tuple[Table[Any], ...]]

    def __init__(self, part: str, upstream: tuple["Stage", ...] = ()) -> None:
        self.part = part
        self.upstream = upstream

    @property
    def name(self) -> str:
        """The key of its record in `run.json`."""
        return self.stage

    @abstractmethod
    def settings(self, run: Run) -> object:
        """All of the recipe and the inputs that its result depends on, as JSON."""

    @abstractmethod
    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Do it: read tables, write tables; the counts for people and the files that were written."""

    def files(self, workspace: Workspace) -> list[Path]:
        """The files that it writes into tables."""
        return [workspace.part(table, self.part) for table in self.writes]

    def fingerprint(self, run: Run) -> str:
        """Hash of all that goes into its result."""
        return digest(self.name, __version__, self.settings(run), [stage.fingerprint(run) for stage in self.upstream])

    def is_done(self, run: Run) -> bool:
        """Whether its work stands."""
        return run.workspace.is_done(self.name, self.fingerprint(run))


def describe(counts: Mapping[str, Any]) -> str:
    """Counts as people read them, without what is nought: `rows 57, dropped 3, reasons (proof 2, no_answer 1)`."""
    parts = []
    for name, value in counts.items():
        if isinstance(value, Mapping):
            inner = ", ".join(f"{key} {number:,}" for key, number in value.items() if isinstance(number, int))
            if inner:
                parts.append(f"{name} ({inner})")
        elif isinstance(value, int) and value:
            parts.append(f"{name.replace('_', ' ')} {value:,}")
    return ", ".join(parts)
