"""An audit: every check over every example of a dataset, in one pass.

Equal datasets have equal audits, however many processes look: what is seen of each example is a function of it alone,
and is counted up in the dataset's order. Memory holds a few examples, a count of tokens, and the index of duplicates.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from tempfile import TemporaryFile
from typing import TypeVar

from datagen.audit.checks.answers import Agreement
from datagen.audit.checks.problems import Problems
from datagen.audit.counting import Counts
from datagen.audit.example import AuditedExample
from datagen.audit.finding import FINDINGS, Audit, FindingName
from datagen.audit.looking import LookFor, Seen
from datagen.audit.processes import Lookers
from datagen.screen.benchmarks import BenchmarkSet
from datagen.verify.memo import Memo
from datagen.verify.solution import LIMITS
from datagen.verify.verifier import Verifier

TOKEN_LIMIT = 28_672
"""Most tokens of an example; the context that ParaThinker is trained with."""

_COMPARED_AT_ONCE = 256
"""Examples whose answers are being compared, so that a slow pair keeps no worker waiting."""
_NEEDS: Mapping[FindingName, str] = {
    "benchmark_overlap": "no benchmark was looked for",
    "over_token_limit": "the dataset holds no token counts; name its tokenizer (--tokenizer)",
    "summary_against_reference": "the dataset holds no reference answers",
    "paths_against_summary": "no summary closes with an answer",
}
"""What can't be looked for in every dataset, and why not."""


def audit(
    examples: Iterable[AuditedExample],
    format_name: str,
    *,
    benchmarks: Sequence[BenchmarkSet] = (),
    unavailable: Mapping[str, str] | None = None,
    token_limit: int = TOKEN_LIMIT,
    verifier: Verifier | None = None,
    processes: int | None = None,
) -> Audit:
    """Measure a dataset.

    Args:
        examples: read once, in order.
        format_name: in which they were written.
        benchmarks: whose problems must not be there.
        unavailable: benchmarks that should have been looked for too, and why they could not be.
        token_limit: most tokens of an example.
        verifier: compares answers; one of our own, with the limits of `verify_solution`, when None.
        processes: that look at examples; as many as the machine has cores when None.

    Raises:
        DatagenError: what the reader raises, or a process was ended.
        StoppedError: a signal came.
    """
    figures = _Figures()
    with (
        _given_or_own(verifier) as judge,
        Lookers(LookFor(tuple(benchmarks), token_limit), processes) as lookers,
        TemporaryFile("w+", encoding="ascii") as kept,
    ):
        problems = Problems(judge, kept)
        for seen, agreement in _ahead((seen, Agreement(seen.answers, judge)) for seen in lookers.seen(examples)):
            figures.add(seen)
            figures.counts.add(seen.asked.example, [*seen.tallies, *agreement.tallies()])
            problems.add(seen.asked)
        for example, tallies in problems.tallies():
            figures.counts.add(example, tallies)
    return figures.audit(format_name, benchmarks, unavailable or {})


def _given_or_own(verifier: Verifier | None) -> AbstractContextManager[Verifier]:
    return Verifier(LIMITS, memo=Memo.of_this_machine(LIMITS)) if verifier is None else nullcontext(verifier)


class _Figures:
    """What is counted beside faults."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._splits: Counter[str] = Counter()
        self._paths: Counter[int] = Counter()
        self._tokens: Counter[int] = Counter()
        self._diversity, self._diverse = 0.0, 0

    def add(self, seen: Seen) -> None:
        """Count an example."""
        self._splits[seen.asked.split] += 1
        self._paths[seen.paths] += 1
        if seen.n_tokens is not None:
            self._tokens[seen.n_tokens] += 1
        if seen.diversity is not None:
            self._diversity += seen.diversity
            self._diverse += 1

    def audit(self, format_name: str, benchmarks: Sequence[BenchmarkSet], unavailable: Mapping[str, str]) -> Audit:
        """All figures together."""
        missing = {name: reason for name, reason in _NEEDS.items() if not self.counts.looked_at(name)}
        not_measured = dict(missing)
        if unavailable:
            not_measured["benchmark_overlap"] = _by_reason(unavailable)
        return Audit(
            format=format_name,
            examples=dict(sorted(self._splits.items())),
            paths=dict(sorted(self._paths.items())),
            diversity=self._diversity / self._diverse if self._diverse else None,
            tokens=_spread(self._tokens),
            findings=self.counts.findings(missing),
            not_measured={name: not_measured[name] for name in FINDINGS if name in not_measured},
            benchmarks={benchmark.name: benchmark.revision for benchmark in benchmarks},
        )


def _by_reason(unavailable: Mapping[str, str]) -> str:
    reasons = dict.fromkeys(unavailable.values())
    return "; ".join(
        f"{', '.join(name for name, why in unavailable.items() if why == reason)}: {reason}" for reason in reasons
    )


def _spread(tokens: Counter[int]) -> dict[str, int]:
    """Shortest, median, 90th percentile and longest: each the length of an example."""
    if not tokens:
        return {}
    ordered = sorted(tokens.items())
    last = tokens.total() - 1
    places = {"shortest": 0, "median": last // 2, "p90": last * 9 // 10, "longest": last}
    return {name: _at(ordered, place) for name, place in places.items()}


def _at(ordered: Sequence[tuple[int, int]], place: int) -> int:
    for length, number in ordered:
        place -= number
        if place < 0:
            return length
    raise IndexError(place)


_Pending = TypeVar("_Pending")


def _ahead(pending: Iterable[_Pending]) -> Iterator[_Pending]:
    """The same in the same order, so many of them begun before the first is waited for."""
    begun: deque[_Pending] = deque()
    for one in pending:
        begun.append(one)
        if len(begun) > _COMPARED_AT_ONCE:
            yield begun.popleft()
    yield from begun
