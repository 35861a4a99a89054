"""Rows that carry no recorded solutions, screened: as the stage does it, without a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from datagen.recipe import Screening
from datagen.screen import BenchmarkSet, Screener
from datagen.screen.duplicates import SameAnswer
from datagen.tables import Drop, Problem


def screen(
    problems: Callable[[], Iterable[Problem]],
    benchmarks: Sequence[BenchmarkSet],
    settings: Screening,
    same_answer: SameAnswer,
) -> Iterator[Problem | Drop]:
    return Screener(benchmarks, settings, same_answer).screen(problems)
