"""Duplicates and benchmarks under edits that no rule was made for: what is found, and which siblings are taken for one.

The edits are `tests.screen.unseen_edits`, of real problems. An edit that finds nothing to change in a problem is left
out. A sibling is another problem: one number, one word of meaning, one sign, one condition or the question differs.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from datagen.recipe import BENCHMARK_NAMES, Benchmark
from datagen.screen import BenchmarkSet, load_benchmark, resolve_benchmark
from datagen.screen.contamination import BenchmarkIndex
from datagen.screen.duplicates import Rules, find_duplicates
from datagen.tables import Problem
from datagen.texts import problem_id
from tests.screen.edits import Edit
from tests.screen.unseen_edits import UNSEEN_EDITS, UNSEEN_SIBLINGS

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
_SETS = (
    "problems/math_train.parquet",
    "problems/dapo17k.parquet",
    "problems/aime_1983_2023.parquet",
    "sources/open_r1",
)
_EACH = 100
"""Problems of each set that an edit is tried on."""
_SEED = 2_911


def measure() -> Iterator[str]:
    """Print the figures."""
    problems = some_problems()
    benchmarks = [_benchmark(name) for name in BENCHMARK_NAMES]
    index = BenchmarkIndex(benchmarks)
    known = sum(len(benchmark.problems) for benchmark in benchmarks)
    yield f"{len(problems)} problems of {len(_SETS)} sets, {known} of benchmarks"
    yield ""
    yield "| edit | problems | duplicate | answers differ: reported | benchmark problems | found | with an answer |"
    yield "|---|---|---|---|---|---|---|"
    for kinds in (UNSEEN_EDITS, UNSEEN_SIBLINGS):
        totals = [0] * 6
        for name, edit in kinds.items():
            own = kinds is UNSEEN_EDITS  # what another problem has for an answer is another one
            counts = [*_as_duplicates(problems, edit), *_as_leaks(benchmarks, index, edit, own)]
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            yield _line(name, counts)
        yield _line("**all edits**" if kinds is UNSEEN_EDITS else "**all siblings**", totals)


def _line(name: str, counts: Sequence[int]) -> str:
    tried, same, reported, known, found, found_by_answer = counts
    return (
        f"| {name} | {tried} | {same / max(tried, 1):.3f} | {reported / max(tried, 1):.3f} "
        f"| {known} | {found / max(known, 1):.3f} | {found_by_answer / max(known, 1):.3f} |"
    )


def _as_duplicates(problems: Sequence[Problem], edit: Edit) -> tuple[int, int, int]:
    """Of how many problems there is an edit, how many pairs are one group, and how many when their answers differ."""
    draw = random.Random(_SEED)
    pairs = [
        (one, _row(text, one.answer, "edited", place))
        for place, one in enumerate(problems)
        if (text := edit(draw, one.problem)) is not None
    ]
    agreeing = [row for pair in pairs for row in pair]
    rules = Rules(str.__eq__, 0.85)
    found = find_duplicates(lambda: iter(agreeing), rules)
    same = sum(one.id == other.id or one.id in found.joined or other.id in found.joined for one, other in pairs)
    differing = [
        row
        for one, other in pairs
        for row in (one, _row(other.problem, f"{one.answer}1", "edited", int(other.source_id)))
    ]
    conflicts = find_duplicates(lambda: iter(differing), rules).conflicts
    return len(pairs), same, sum(one.id in conflicts for one, _ in pairs)


def _as_leaks(
    benchmarks: Sequence[BenchmarkSet], index: BenchmarkIndex, edit: Edit, has_own_answer: bool
) -> tuple[int, int, int]:
    """Of how many benchmark problems there is an edit, how many are found, and how many beside their answer."""
    draw = random.Random(_SEED)
    tried = found = found_by_answer = 0
    for benchmark in benchmarks:
        for problem in benchmark.problems:
            text = edit(draw, problem.problem)
            if text is None:
                continue
            tried += 1
            found += index.find(text) is not None
            found_by_answer += index.find(text, problem.answer if has_own_answer else f"{problem.answer}+7") is not None
    return tried, found, found_by_answer


def some_problems() -> list[Problem]:
    draw = random.Random(_SEED)
    rows = []
    for place in _SETS:
        table = pq.read_table(DATA / place, columns=["problem", "answer"]).to_pylist()
        english = [row for row in table if row["problem"].isascii() and row["answer"] and len(row["problem"]) > 60]
        rows += draw.sample(english, _EACH)
    unique = {problem_id(row["problem"]): row for row in rows}
    return [_row(row["problem"], row["answer"], "original", place) for place, row in enumerate(unique.values())]


def _row(text: str, answer: str, source: str, place: int) -> Problem:
    return Problem(f"{source}-{place}", problem_id(text), text, answer, source, str(place), "rev", "mit")


def _benchmark(name: str) -> BenchmarkSet:
    benchmark = Benchmark(name=name, path=str(DATA / "benchmarks" / f"{name}.jsonl"))
    return load_benchmark(benchmark, resolve_benchmark(benchmark))
