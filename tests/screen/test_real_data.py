"""What the screen finds in real data; every hit that is counted here was read by a person."""

import random
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from datagen.normalising import normalise
from datagen.recipe import Benchmark, Screening
from datagen.screen import BenchmarkProblem, BenchmarkSet, load_benchmark, resolve_benchmark
from datagen.screen.contamination import BenchmarkIndex
from datagen.screen.quotes import Quotes
from datagen.tables import Drop, Problem
from datagen.texts import problem_id
from tests.screen.edits import EDITS, change_a_number
from tests.screen.screening import screen

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
PLANTED = ("cn_contest", "amc_aime")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (../shared/data) is not here")


def read_benchmark(name):
    benchmark = Benchmark(name=name, path=str(DATA / "benchmarks" / f"{name}.jsonl"))
    return load_benchmark(benchmark, resolve_benchmark(benchmark))


@pytest.fixture(scope="module")
def known_benchmarks():
    return [read_benchmark(name) for name in ("aime24", "aime25", "amc23", "math500")]


def read_problems(path, column="problem", keep=lambda row: True):
    table = pq.read_table(DATA / path)
    wanted = [name for name in (column, "answer", "source") if name in table.column_names]
    rows = enumerate(table.select(wanted).to_pylist())
    return [
        Problem(
            f"{path}-{number}", problem_id(row[column]), row[column], row.get("answer", ""), path, str(number), "r", "l"
        )
        for number, row in rows
        if keep(row)
    ]


def benchmark_hits(problems, benchmarks):
    fates = screen(lambda: iter(problems), benchmarks, Screening(), str.__eq__)
    details = [fate.detail for fate in fates if isinstance(fate, Drop) and fate.reason == "benchmark"]
    return Counter((detail.split()[0], "exact" if ": exact," in detail else "reworded") for detail in details)


def test_every_planted_row_is_found_and_no_other(known_benchmarks):
    planted = read_problems("sources/open_r1", keep=lambda row: row["source"] in PLANTED)
    assert benchmark_hits(planted, known_benchmarks) == {
        ("math500", "exact"): 500,
        ("amc23", "exact"): 40,
        ("aime24", "exact"): 30,
    }
    innocent = read_problems("sources/open_r1", keep=lambda row: row["source"] not in PLANTED)
    assert len(innocent) == 1047
    # MATH-500's two dice whose product is divisible by 5, as OlympiadBench has it
    assert benchmark_hits(innocent, known_benchmarks) == {("math500", "reworded"): 1}


def test_known_leaks_in_s1k_are_found(known_benchmarks):
    # the reworded one is MATH-500's z_2002 problem, asked for a+b
    problems = read_problems("sources/s1k", "question")
    assert benchmark_hits(problems, known_benchmarks) == {("math500", "exact"): 3, ("math500", "reworded"): 1}


def test_known_leaks_in_dapo_are_found(known_benchmarks):
    hits = benchmark_hits(read_problems("problems/dapo17k.parquet"), known_benchmarks)
    assert hits[("amc23", "exact")] == 11
    assert hits[("math500", "exact")] == 8
    assert hits[("amc23", "reworded")] >= 27
    assert hits[("math500", "reworded")] >= 13
    assert sum(hits.values()) <= 62


def test_aime_problems_go_for_their_text_and_stay_for_their_boilerplate(known_benchmarks):
    problems = read_problems("problems/aime_1983_2023.parquet")
    assert sum("relatively prime positive integers" in problem.problem for problem in problems) > 100
    assert benchmark_hits(problems, known_benchmarks) == {("math500", "exact"): 7, ("math500", "reworded"): 3}


def test_siblings_from_one_template_stay(known_benchmarks):
    # three of them are a benchmark's problem in other words
    assert sum(benchmark_hits(read_problems("problems/math_train.parquet"), known_benchmarks).values()) <= 8


@pytest.mark.parametrize(("known", "carried"), [("aime24", "aime24_other_wording"), ("aime24_other_wording", "aime24")])
def test_aime24_is_found_in_either_wording(known, carried):
    index = BenchmarkIndex([read_benchmark(known)])
    layers = Counter(
        getattr(index.find(problem.problem), "layer", None) for problem in read_benchmark(carried).problems
    )
    assert layers == {"exact": 25, "coverage": 5}


def test_edited_benchmark_problems_are_found_and_siblings_are_not(known_benchmarks):
    index = BenchmarkIndex(known_benchmarks)
    draw = random.Random(2)
    found: Counter[bool] = Counter()
    siblings = 0
    for benchmark in known_benchmarks:
        for problem in benchmark.problems:
            edit = EDITS[draw.choice(sorted(EDITS))]
            if (edited := edit(draw, problem.problem)) is not None:
                hit = index.find(edited)
                found[hit is not None and (hit.benchmark, hit.row) == (benchmark.name, problem.row)] += 1
            if (sibling := change_a_number(draw, problem.problem)) is not None:
                siblings += index.find(sibling) is not None
    assert found.total() > 300
    assert found[True] >= 0.97 * found.total()
    assert siblings <= 0.01 * found.total()


def test_recorded_solutions_quote_no_benchmark_but_their_own_problem(known_benchmarks):
    quotes = Quotes(known_benchmarks)
    open_r1 = pq.read_table(DATA / "sources/open_r1", columns=["problem", "generations"]).to_pylist()
    limo = pq.read_table(DATA / "sources/limo").to_pylist()
    solutions = [(row["problem"], text) for row in open_r1 for text in row["generations"]]
    solutions += [(row["question"], row["solution"]) for row in limo]
    assert len(solutions) == 8300
    assert not any(quotes.find(text, problem) for problem, text in solutions)
    planted = known_benchmarks[-1].problems[497].problem
    assert all(quotes.find(f"{text} {planted}", problem) for problem, text in solutions[-40:])


def test_outputs_for_benchmark_problems_quote_the_problem_that_they_solve(known_benchmarks):
    quotes = Quotes(known_benchmarks)
    solved = {normalise(one.problem): (known.name, one.row) for known in known_benchmarks for one in known.problems}
    named: Counter[bool] = Counter()
    for row in pq.read_table(DATA / "solutions/skythought.parquet", columns=["problem", "output"]).to_pylist():
        hit = quotes.find(row["output"])
        if hit is not None:
            named[(hit.benchmark, hit.row) == solved[normalise(row["problem"])]] += 1
            assert quotes.find(row["output"], row["problem"]) is None
    # the five others quote what their problem has in common with another of MATH-500
    assert named == {True: 1070, False: 5}


def test_a_model_that_goes_on_with_another_problem_quotes_it():
    train = enumerate(read_problems("problems/math_train.parquet"))
    exam = BenchmarkSet("math_train", "r", tuple(BenchmarkProblem(row, one.problem) for row, one in train))
    quotes = Quotes([exam])
    rows = pq.read_table(DATA / "solutions/skythought.parquet", columns=["problem", "output"]).to_pylist()
    hits = [hit for row in rows if (hit := quotes.find(row["output"], row["problem"]))]
    assert {hit.row for hit in hits if hit.score == 1.0} >= {2857, 4731, 4744, 7433}


def test_a_normalised_real_text_stays_as_it_is():
    for problem in read_problems("problems/dapo17k.parquet")[::10]:
        assert normalise(normalise(problem.problem)) == normalise(problem.problem)
