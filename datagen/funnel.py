"""Where the rows went: pulled = examples + dropped, by source, stage and reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datagen.tables import DROPPED, EXAMPLES, PROBLEMS, SCREENED, Table
from datagen.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What became of the rows of one source.

    Attributes:
        pulled: rows pulled; those that became problems and those dropped at the pull.
        dropped: rows lost, by stage and reason, stages in order, the most frequent reason first.
        screened: problems that passed screening.
        examples: examples that came out.
    """

    pulled: int
    dropped: Mapping[tuple[str, str], int]
    screened: int
    examples: int

    @property
    def lost(self) -> int:
        """Rows dropped at any stage."""
        return sum(self.dropped.values())


STAGES = ("pull", "screen", "select")


def funnel(workspace: Workspace) -> dict[str, SourceRows]:
    """What became of every source's rows, by source in plan order."""
    problems, screened = _by_source(workspace, PROBLEMS), _by_source(workspace, SCREENED)
    examples = _by_source(workspace, EXAMPLES)
    dropped: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for batch in workspace.read_batches(DROPPED, columns=["source", "stage", "reason"]):
        for row in batch.to_pylist():
            dropped[row["source"]][row["stage"], row["reason"]] += 1
    sources = list(dict.fromkeys([*problems, *dropped]))
    return {
        source: SourceRows(
            pulled=problems[source] + sum(n for (stage, _), n in dropped[source].items() if stage == "pull"),
            dropped=in_stage_order(dropped[source]),
            screened=screened[source],
            examples=examples[source],
        )
        for source in sources
    }


def in_stage_order(dropped: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Rows lost by stage and reason: stages in order, the most frequent reason first."""
    return dict(sorted(dropped.items(), key=lambda item: (STAGES.index(item[0][0]), -item[1], item[0])))


def together(sources: Iterable[SourceRows]) -> SourceRows:
    """The rows of some sources as those of one."""
    pulled = screened = examples = 0
    dropped: Counter[tuple[str, str]] = Counter()
    for rows in sources:
        pulled, screened, examples = pulled + rows.pulled, screened + rows.screened, examples + rows.examples
        dropped.update(rows.dropped)
    return SourceRows(pulled, in_stage_order(dropped), screened, examples)


def largest(sources: Mapping[str, SourceRows], most: int) -> dict[str, SourceRows]:
    """The sources with the most rows pulled, in their order, and last what the others come to, as `(N others)`.

    Args:
        sources: by name.
        most: so many are named; with fewer sources there are no others.
    """
    by_size = sorted(sources, key=lambda source: -sources[source].pulled)
    named, others = set(by_size[:most]), by_size[most:]
    shown = {source: rows for source, rows in sources.items() if source in named}
    if others:
        shown[f"({len(others):,} others)"] = together(sources[source] for source in others)
    return shown


def _by_source(workspace: Workspace, table: Table) -> Counter[str]:  # type: ignore[type-arg]
    counted: Counter[str] = Counter()
    for batch in workspace.read_batches(table, columns=["source"]):
        counted.update(batch.column("source").to_pylist())
    return counted
