"""Small problems to screen."""

from collections.abc import Callable, Sequence

import pytest

from datagen.recipe import Screening
from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.tables import Drop, Problem
from datagen.texts import problem_id
from tests.screen.screening import screen

Rows = Callable[..., list[Problem]]
ScreenAll = Callable[..., list[Problem | Drop]]


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Rows of one source from (text, answer) pairs; row_ids say where they stood."""

    def build(*pairs: tuple[str, str], source: str = "mine") -> list[Problem]:
        return [
            Problem(f"{source}-{number}", problem_id(text), text, answer, source, str(number), "rev", "mit")
            for number, (text, answer) in enumerate(pairs)
        ]

    return build


@pytest.fixture(scope="session")
def benchmark() -> Callable[..., BenchmarkSet]:
    def build(*texts: str, name: str = "exam") -> BenchmarkSet:
        problems = tuple(BenchmarkProblem(row, text) for row, text in enumerate(texts))
        return BenchmarkSet(name, "rev", problems)

    return build


@pytest.fixture(scope="session")
def screened() -> ScreenAll:
    """The whole screen, with answers equal when their texts are, or as `same_answer` says."""

    def run(
        problems: Sequence[Problem],
        *benchmarks: BenchmarkSet,
        same_answer: Callable[[str, str], bool] = str.__eq__,
        **settings: object,
    ) -> list[Problem | Drop]:
        return list(screen(lambda: iter(problems), benchmarks, Screening(**settings), same_answer))

    return run
