"""The screen: each row is kept or dropped, with the first reason that holds.

Problems are read up to three times and never held: what grows with their number is the index of duplicates alone
(8 bytes a row, and the answers of those that stand there more than once).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from datagen import recipe
from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.contamination import BenchmarkIndex
from datagen.screen.duplicates import compare_answers
from datagen.screen.wording import shorten
from datagen.tables import Drop, DropReason, Problem
from datagen.texts import problem_id, says_something
from datagen.verify.binary import is_binary

NOTHING_LEFT = problem_id("")


def screen(
    problems: Callable[[], Iterable[Problem]],
    benchmarks: Sequence[BenchmarkSet],
    settings: recipe.Screening,
    same_answer: Callable[[str, str], bool],
) -> Iterator[Problem | Drop]:
    """Say of each row whether it stays.

    Args:
        problems: opens the rows anew, in plan order: sources as the recipe lists them, rows as their files have them.
        benchmarks: the sets to keep out, read already.
        settings: of the recipe.
        same_answer: whether two reference answers of one problem are the same.

    Yields:
        One item a row, in the order of the rows: the row itself, or its drop. Which problems survive does not hang on
        that order; which of several equal rows stands for a problem does: the first that no other reason dropped.
    """
    index = BenchmarkIndex(benchmarks)
    # a row that its own answer drops still bears witness here: where it disagrees, the problem's answer is in doubt
    conflicts = compare_answers(problems, same_answer)
    kept: dict[str, str] = {}
    for problem in problems():
        if (hit := index.find(problem.problem, problem.answer)) is not None:
            yield _drop(problem, "benchmark", str(hit))
        elif settings.binary_answers == "drop" and is_binary(problem.answer):
            yield _drop(
                problem, "binary_answer", f'the answer is "{shorten(problem.answer)}": half of all guesses hit it'
            )
        elif problem.id not in conflicts or not _is_comparable(problem):
            yield problem
        elif (disagreement := conflicts[problem.id]) is not None:
            yield _drop(problem, "conflicting_answers", f"same text, different answers: {disagreement}")
        elif problem.id in kept:
            yield _drop(problem, "duplicate", f"same text as {kept[problem.id]}, which is kept")
        else:
            kept[problem.id] = f"row {problem.row_id} of {problem.source}"
            yield problem


def _is_comparable(problem: Problem) -> bool:
    """Whether the row can equal another: a text that says nothing equals no other, though their ids may be the same."""
    return problem.id != NOTHING_LEFT and says_something(problem.problem)


def _drop(problem: Problem, reason: DropReason, detail: str) -> Drop:
    return Drop(problem.row_id, problem.id, problem.source, "screen", reason, detail)
