"""The problems to keep out, and where they come from: a known set on the Hub, or a file with a `problem` column.

A benchmark that can't be read whole is an error, never a smaller benchmark: what is not known can't be kept out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datagen import recipe
from datagen.errors import UsageError
from datagen.reading import ContentHashes, Located, content_columns, locate_hub, locate_path, read_rows

HUB_SPLITS = {
    "aime24": ("HuggingFaceH4/aime_2024", "train"),
    "aime25": ("math-ai/aime25", "test"),
    "amc23": ("math-ai/amc23", "test"),
    "math500": ("HuggingFaceH4/MATH-500", "test"),
}
PROBLEM_COLUMNS = ("problem", "question")


@dataclass(frozen=True, slots=True)
class BenchmarkProblem:
    """One problem to keep out.

    Attributes:
        row: its place in its file, from 0.
        problem: the raw text.
        answer: as the set has it; None when it has none.
    """

    row: int
    problem: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkSet:
    """A benchmark: its name in the recipe, the commit or content hash that was read, and its problems."""

    name: str
    revision: str
    problems: tuple[BenchmarkProblem, ...]


def resolve_benchmark(benchmark: recipe.Benchmark, hashes: ContentHashes | None = None) -> Located:
    """Fix a benchmark to a content, without reading its rows; `hashes` as `locate_path` keeps them.

    Raises:
        UsageError: the file or dataset is not there.
        DatagenError: the Hub or the storage does not answer.
    """
    if benchmark.path is not None:
        return locate_path(benchmark.path, hashes)
    dataset, split = HUB_SPLITS[benchmark.name]
    otherwise = f"give {benchmark.name} a path: under screen.benchmarks, or leave it out there"
    return locate_hub(dataset, None, benchmark.revision or "latest", split=split, otherwise=otherwise)


def load_benchmark(benchmark: recipe.Benchmark, located: Located) -> BenchmarkSet:
    """Read a benchmark's problems.

    Raises:
        UsageError: no row, no column for the problem, or a row without a text.
    """
    place = f"benchmark {benchmark.name}: {located.dataset}"
    if not set(PROBLEM_COLUMNS) & set(content_columns(located)):
        there = ", ".join(content_columns(located)) or "none"
        raise UsageError(f"{place}: no column problem (or question); the columns are: {there}. Rename the right one.")
    problems = tuple(
        BenchmarkProblem(
            row.number, _problem_text(row.values, f"{place}, {row.file}, row {row.number}"), _answer(row.values)
        )
        for row in read_rows(located, columns=(*PROBLEM_COLUMNS, "answer"))
    )
    if not problems:
        raise UsageError(
            f"{place}: holds no rows, so that nothing would be kept out; give another file, or leave it out"
        )
    return BenchmarkSet(benchmark.name, located.revision, problems)


def load_benchmarks(settings: recipe.Screening, inputs: Mapping[str, Located]) -> list[BenchmarkSet]:
    """Read every benchmark of a recipe from where the run's inputs fixed it; errors as in `load_benchmark`."""
    return [load_benchmark(benchmark, inputs[benchmark.input_key]) for benchmark in settings.benchmarks]


def benchmark_revisions(settings: recipe.Screening, inputs: Mapping[str, Located]) -> list[list[str]]:
    """Every benchmark of a recipe by its name, with the commit or content hash that is kept out."""
    return [[benchmark.name, inputs[benchmark.input_key].revision] for benchmark in settings.benchmarks]


def _problem_text(values: dict[str, Any], place: str) -> str:
    column = next((name for name in PROBLEM_COLUMNS if name in values), None)
    text = values[column] if column else None
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{place}: no problem text, so that it can't be kept out; fill it in or take the row out")
    return text


def _answer(values: dict[str, Any]) -> str | None:
    answer = values.get("answer")
    return None if answer is None else str(answer)
