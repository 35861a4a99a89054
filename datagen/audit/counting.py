"""Findings, counted up from what was seen of each example, in the dataset's order."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from datagen.audit.checks.tally import Hit, Tally
from datagen.audit.finding import FINDINGS, MOST_NAMED, Finding, FindingName
from datagen.screen.wording import shorten
from datagen.texts import printable

_OF_PATHS: Collection[FindingName] = frozenset(
    {
        "unfinished_paths",
        "paths_without_answer",
        "paths_against_summary",
        "same_paths",
        "nearly_same_paths",
        "degenerate_paths",
    }
)
_NO_PROMISE: Collection[FindingName] = frozenset(
    {
        "fewer_than_two_paths",  # `paths.count` may begin at one
        "near_duplicate_problems",  # `screen.near_duplicates` sets how near, or null
        "without_licence",  # a table of one's own need not have one
        "without_provenance",
    }
)
_MOST_CHARACTERS = 300
"""Of the details of one example."""


class Counts:
    """Counts hits by fault."""

    def __init__(self) -> None:
        self._of: Counter[FindingName] = Counter()
        self._count: Counter[FindingName] = Counter()
        self._marked: Counter[FindingName] = Counter()
        self._parts: dict[FindingName, Counter[str]] = {name: Counter() for name in FINDINGS}
        self._named: dict[FindingName, list[tuple[str, str]]] = {name: [] for name in FINDINGS}

    def add(self, example: str, tallies: Iterable[Tally]) -> None:
        """Count what was seen in the example of this id."""
        for tally in tallies:
            self._of[tally.name] += tally.of
            if tally.hits:
                self._add_hits(example, tally.name, tally.hits)

    def findings(self, unmeasured: Collection[FindingName]) -> tuple[Finding, ...]:
        """One for each fault that was looked for, in the order in which they are told."""
        return tuple(self._finding(name) for name in FINDINGS if name not in unmeasured)

    def looked_at(self, name: FindingName) -> int:
        """How many things were looked at for a fault."""
        return self._of[name]

    def _add_hits(self, example: str, name: FindingName, hits: Collection[Hit]) -> None:
        self._count[name] += len(hits)
        self._marked[name] += sum(hit.is_marked for hit in hits)
        self._parts[name].update(hit.part for hit in hits if hit.part)
        if len(self._named[name]) < MOST_NAMED:
            told = "; ".join(hit.detail for hit in hits)
            self._named[name].append((example, shorten(printable(told), _MOST_CHARACTERS)))

    def _finding(self, name: FindingName) -> Finding:
        named = self._named[name]
        return Finding(
            name=name,
            unit="paths" if name in _OF_PATHS else "examples",
            count=self._count[name],
            of=self._of[name],
            ids=tuple(example for example, _ in named),
            details=tuple(detail for _, detail in named),
            parts=_by_number(self._parts[name]),
            marked=self._marked[name],
            breaks_promise=name not in _NO_PROMISE,
        )


def _by_number(parts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(parts.items(), key=lambda part: (-part[1], part[0])))
