"""Benchmark overlap: problems that a benchmark holds, and paths or summaries that quote one word for word.

By the screen's own layers: what it would drop is what is found.
"""

from collections.abc import Iterator, Sequence

from datagen.audit.checks.tally import Hit, Tally, of_example
from datagen.audit.example import AuditedExample
from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.contamination import BenchmarkIndex
from datagen.screen.contamination import Hit as Overlap
from datagen.screen.quotes import Quotes


class Benchmarks:
    """The benchmarks, ready to be looked for in many examples.

    Args:
        benchmarks: those to look for; none looks for nothing.
    """

    def __init__(self, benchmarks: Sequence[BenchmarkSet]) -> None:
        self._index = BenchmarkIndex(benchmarks) if benchmarks else None
        self._quotes = Quotes(benchmarks) if benchmarks else None

    def overlap(self, example: AuditedExample) -> Iterator[Tally]:
        """Whether the example holds a benchmark problem: in its problem, else in a path, else in its summary."""
        if self._index is not None and self._quotes is not None:
            yield of_example("benchmark_overlap", self._found(self._index, self._quotes, example))

    def _found(self, index: BenchmarkIndex, quotes: Quotes, example: AuditedExample) -> Iterator[Hit]:
        if (found := index.find(example.problem, example.answer)) is not None:
            yield _hit("problem", found)
            return
        texts = [(f"path {path.number}", path.text) for path in example.paths]
        for place, text in [*texts, ("summary", example.summary or "")]:
            if (quote := quotes.find(text, example.problem)) is not None:
                yield _hit(place, quote)
                return


def _hit(place: str, found: Overlap) -> Hit:
    return Hit(f"{place}: {found}", f"{found.benchmark} {found.layer}")
