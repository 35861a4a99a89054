"""What an audit says: figures, and for every fault how often, in what, and in which examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Unit = Literal["examples", "paths"]

FindingName = Literal[
    "broken_form",
    "fewer_than_two_paths",
    "more_than_six_paths",
    "unfinished_paths",
    "paths_without_answer",
    "paths_against_summary",
    "without_two_agreeing_paths",
    "summary_against_reference",
    "same_paths",
    "nearly_same_paths",
    "duplicate_problems",
    "near_duplicate_problems",
    "benchmark_overlap",
    "structure_in_text",
    "over_token_limit",
    "degenerate_paths",
    "without_licence",
    "without_provenance",
]
FINDINGS: tuple[FindingName, ...] = get_args(FindingName)
"""In the order in which they are told."""

MOST_NAMED = 10
"""Examples that a finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How often one fault was found.

    Attributes:
        name: which fault.
        unit: what is counted.
        count: how many have it.
        of: how many were looked at.
        ids: of the first examples that have it, `MOST_NAMED` at most, in the dataset's order.
        details: for each of them a few words that a person can check; `ids` and `details` are equally long.
        parts: the count by kind, where there are kinds: benchmark and layer, fault, reason.
        marked: of the count, how many the dataset itself marks as such (a wrong path that says `wrong`): admitted, and
            no broken promise.
        breaks_promise: whether one unmarked hit breaks a promise of datagen; `--strict` goes by it.
    """

    name: FindingName
    unit: Unit
    count: int
    of: int
    ids: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)
    marked: int = 0
    breaks_promise: bool = True

    @property
    def share(self) -> float:
        """The count over all, 0 to 1."""
        return self.count / self.of if self.of else 0.0

    @property
    def is_broken_promise(self) -> bool:
        """Whether a promise of datagen is broken by it."""
        return self.breaks_promise and self.count > self.marked


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of a dataset; holds no time and no place, so that equal datasets have equal audits.

    Attributes:
        format: in which it was read: `text`, `parathinker`, `parathinker_text`, `parallel_r1`.
        examples: by split.
        paths: examples by their number of paths.
        diversity: mean distance of two paths of an example, 0 to 1, over all examples with two; None without any.
        tokens: of an example: shortest, median, 90th percentile, longest; empty where none were counted.
        findings: every one of `FINDINGS` that could be looked for, in that order.
        not_measured: the others, and why. `benchmark_overlap` may stand in both: some benchmarks could not be had.
        benchmarks: those that were looked for, each with the commit or content hash that was read.
    """

    format: str
    examples: Mapping[str, int]
    paths: Mapping[int, int]
    diversity: float | None
    tokens: Mapping[str, int]
    findings: tuple[Finding, ...]
    not_measured: Mapping[FindingName, str] = field(default_factory=dict)
    benchmarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def broken_promises(self) -> tuple[Finding, ...]:
        """The findings that break a promise."""
        return tuple(finding for finding in self.findings if finding.is_broken_promise)
