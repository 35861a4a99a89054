import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import close_session, constants

from datagen.errors import DatagenError, UsageError
from datagen.recipe import BENCHMARK_NAMES, Benchmark
from datagen.screen import BenchmarkProblem, load_benchmark, resolve_benchmark
from datagen.screen.benchmarks import HUB_SPLITS
from tests.sources.hub_stand_in import HubDataset, running_hub

ROOT = Path(__file__).parents[2]


def load(path):
    benchmark = Benchmark(name="house-exam", path=str(path))
    return load_benchmark(benchmark, resolve_benchmark(benchmark))


def write_lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("column", ["problem", "question"])
def test_a_file_of_problems_becomes_a_benchmark(tmp_path, column):
    exam = load(write_lines(tmp_path / "exam.jsonl", {column: "What is 3+4?", "answer": 7}, {column: "Name it."}))
    assert exam.name == "house-exam"
    assert exam.problems == (BenchmarkProblem(0, "What is 3+4?", "7"), BenchmarkProblem(1, "Name it.", None))


def test_a_benchmark_may_be_parquet_and_is_named_by_its_content(tmp_path):
    pq.write_table(pa.table({"question": ["What is 3+4?"], "level": [1]}), tmp_path / "a.parquet")
    exam = load(tmp_path / "a.parquet")
    assert exam.problems[0].problem == "What is 3+4?"
    (tmp_path / "a.parquet").rename(tmp_path / "b.parquet")
    assert load(tmp_path / "b.parquet").revision == exam.revision


def test_a_file_without_the_column_is_refused_with_the_columns_it_has(tmp_path):
    with pytest.raises(UsageError, match=r"house-exam: .*no column problem .*prompt, solution"):
        load(write_lines(tmp_path / "exam.jsonl", {"prompt": "What is 3+4?", "solution": "7"}))


def test_a_file_without_rows_is_refused(tmp_path):
    pq.write_table(pa.table({"problem": pa.array([], pa.string())}), tmp_path / "exam.parquet")
    with pytest.raises(UsageError, match="row"):
        load(tmp_path / "exam.parquet")


@pytest.mark.parametrize("row", [{"problem": "  "}, {"problem": None}, {"answer": "7"}, {"problem": 7}])
def test_a_row_that_cannot_be_kept_out_is_refused_by_its_number(tmp_path, row):
    with pytest.raises(UsageError, match=r"exam\.jsonl, row 1: no problem text"):
        load(write_lines(tmp_path / "exam.jsonl", {"problem": "What is 3+4?"}, row))


def test_every_known_name_has_its_place_on_the_hub():
    assert set(HUB_SPLITS) == set(BENCHMARK_NAMES)


CLIENT = """
from datagen.recipe import Benchmark
from datagen.screen import load_benchmark, resolve_benchmark
benchmark = Benchmark(name="amc23")
print("READ", load_benchmark(benchmark, resolve_benchmark(benchmark)))
"""


def test_a_known_name_is_read_from_the_hub_at_a_commit(tmp_path):
    rows = [{"id": 0, "question": "How far is it?", "answer": 27.0}, {"id": 1, "question": "Who won?", "answer": 5.0}]
    commit = "c" * 40
    files = {"test.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode()}
    with running_hub({"math-ai/amc23": HubDataset({commit: files})}) as hub:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        settings = {
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [sys.executable, "-c", CLIENT], env=kept | settings, capture_output=True, text=True, timeout=120
        )
    assert f"BenchmarkSet(name='amc23', revision='{commit}'" in done.stdout, done.stderr
    assert "problem='Who won?', answer='5.0'" in done.stdout


def test_a_benchmark_that_cannot_be_fetched_says_what_to_write_where(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    close_session()
    with pytest.raises(DatagenError, match=r"give aime24 a path: under screen\.benchmarks, or leave it out there"):
        resolve_benchmark(Benchmark(name="aime24"))
    close_session()
