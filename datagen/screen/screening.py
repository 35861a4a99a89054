"""The screen: each row is kept or dropped, with the first reason that holds.

Problems are read up to three times and never held: what grows with their number is the index of duplicates alone (see
`datagen.screen.duplicates`). Neither which problems survive nor which row stands for several hangs on their order.
What the recipe leaves out by its id leaves last, so that the fate of no other row changes by it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from datagen import recipe
from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.contamination import LAYERS, BenchmarkIndex, Layer
from datagen.screen.duplicates import Duplicates, Rules, SameAnswer, UsableSolutions, find_duplicates
from datagen.screen.verifiable import why_unverifiable
from datagen.tables import Drop, DropReason, Problem
from datagen.texts import problem_id, says_something

NOTHING_LEFT = problem_id("")
_Why = tuple[DropReason, str]


class Screener:
    """Says of each row whether it stays.

    Args:
        benchmarks: the sets to keep out, read already.
        settings: of the recipe.
        same_answer: whether two reference answers of one problem are the same.
        sources: names of the sources, as the recipe lists them.
        usable: for some ids, how many whole recorded solutions each problem has; none when left out.
    """

    def __init__(
        self,
        benchmarks: Sequence[BenchmarkSet],
        settings: recipe.Screening,
        same_answer: SameAnswer,
        sources: Sequence[str] = (),
        usable: UsableSolutions | None = None,
    ) -> None:
        self._index = BenchmarkIndex(benchmarks)
        self._hits: Counter[tuple[str, Layer]] = Counter()
        self._settings = settings
        self._rules = Rules(
            same_answer=cache(same_answer),
            near=settings.near_duplicates,
            sources=sources,
            usable=usable or (lambda ids: {}),
            is_out=self._is_out,
        )
        self._duplicates = Duplicates()
        self._left_out = frozenset(settings.leave_out)
        self._known: set[str] = set()

    @property
    def floor(self) -> Mapping[str, Mapping[str, int]]:
        """Of each benchmark's problems, how many each layer can see at all."""
        return self._index.visible()

    @property
    def hits(self) -> Mapping[str, Mapping[str, int]]:
        """Of each benchmark that was found, how many rows left by which layer, the plainest first."""
        names = sorted({name for name, _ in self._hits})
        return {name: {layer: rows for layer in LAYERS if (rows := self._hits[name, layer])} for name in names}

    @property
    def adopted(self) -> Mapping[str, str]:
        """For ids that were dropped as near duplicates, the id whose problem their recorded solutions solve as well."""
        return self._duplicates.adopted

    @property
    def unknown(self) -> Sequence[str]:
        """The ids that the recipe leaves out and that no row has."""
        return sorted(self._left_out - self._known)

    def screen(self, problems: Callable[[], Iterable[Problem]]) -> Iterator[Problem | Drop]:
        """Say it.

        Args:
            problems: opens the rows anew, always in the same order.

        Yields:
            One item a row, in the order of the rows: the row itself, or its drop.
        """
        # a row that its own answer drops still bears witness here: where it disagrees, the problem's answer is in doubt
        self._hits.clear()
        self._known.clear()
        self._duplicates = find_duplicates(lambda: filter(_is_comparable, problems()), self._rules)
        kept: set[str] = set()
        for problem in problems():
            if (hit := self._index.find(problem.problem, problem.answer)) is not None:
                self._hits[hit.benchmark, hit.layer] += 1
                why: _Why | None = "benchmark", str(hit)
            else:
                why = why_unverifiable(problem, self._settings) or self._why_among_others(problem, kept)
            if problem.id in self._left_out:
                self._known.add(problem.id)
                why = why or ("left_out", problem.id)
            if why is None:
                yield problem
            else:
                yield Drop(problem.row_id, problem.id, problem.source, "screen", *why)

    def _is_out(self, problem: Problem) -> bool:
        """Whether a row leaves, whatever the others are."""
        is_benchmark = self._index.find(problem.problem, problem.answer) is not None
        return is_benchmark or why_unverifiable(problem, self._settings) is not None

    def _why_among_others(self, problem: Problem, kept: set[str]) -> _Why | None:
        """Why a row leaves for the others' sake; `kept` are the ids with several rows of which one was let through."""
        if not _is_comparable(problem):
            return None
        found = self._duplicates
        if (disagreement := found.conflicts.get(problem.id)) is not None:
            return "conflicting_answers", disagreement
        if (near := found.joined.get(problem.id)) is not None:
            return "duplicate", near
        keeper = found.keepers.get(problem.id)
        if keeper is None:
            return None
        if keeper.row_id != problem.row_id or problem.id in kept:
            return "duplicate", f"same text as {keeper.place}, which stands for it"
        kept.add(problem.id)
        return None


def _is_comparable(problem: Problem) -> bool:
    """Whether the row can equal another: a text that says nothing equals no other, though their ids may be the same."""
    return problem.id != NOTHING_LEFT and says_something(problem.problem)
