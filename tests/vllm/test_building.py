"""A dataset built with a real model that a real vLLM serves; and what is not started when it is not needed."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from datagen.verify import verify_solution
from tests.end_to_end.runs import build, counts, journal_lines, rows, running, wait_until

pytestmark = pytest.mark.vllm


@pytest.fixture(scope="module")
def home(python, prefect, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    with running("build", "tiny-vllm", "--set", f"teachers.tiny.python={python}", cwd=folder, **prefect) as command:
        done = command.wait()
        assert done.status == 0, done.out + done.err
        wait_until(lambda: not command.left_behind(), "no process is left")
    return folder


@pytest.fixture(scope="module")
def run(home) -> Path:
    return home / "outputs" / "tiny-vllm"


def test_the_model_answers_right_wrong_and_without_an_end(run):
    verdicts = Counter(row["verdict"] for row in rows(run, "verdicts"))
    assert 0.3 <= verdicts["correct"] / verdicts.total() <= 0.9, verdicts
    assert verdicts["wrong"], verdicts
    finished = Counter(row["finish_reason"] for row in rows(run, "solutions"))
    assert finished["length"] >= 1, finished


def test_what_vllm_says_is_kept_thought_and_text_apart_with_its_tokens(run):
    solutions = rows(run, "solutions")
    assert all(row["model"].startswith("datagen-tiny-teacher@") for row in solutions)
    ended = [row for row in solutions if row["finish_reason"] == "stop"]
    assert sum(bool(row["reasoning"] and row["content"]) for row in ended) >= 0.9 * len(ended)
    assert all(row["prompt_tokens"] and row["completion_tokens"] for row in solutions)


def test_every_path_of_an_example_is_whole_and_verifies_again(run):
    examples = rows(run, "examples")
    assert len(examples) >= 20
    for example in examples:
        assert len(example["paths"]) >= 2
        for path in example["paths"]:
            assert path["finish_reason"] == "stop"
            assert verify_solution(example["answer"], path["text"], example["problem"]).verdict == "correct"


def test_no_attempt_is_lost_or_asked_twice(run):
    solutions = rows(run, "solutions")
    asked = Counter((row["problem_id"], row["attempt"]) for row in solutions)
    assert set(asked.values()) == {1}
    assert len(journal_lines(run)) == counts(run, "sample")["asked_now"] >= len(solutions)


def test_a_run_that_has_all_its_completions_starts_no_server(home, run, prefect):
    written = {path.name: path.stat().st_mtime_ns for path in (run / "logs").glob("vllm-*")}
    assert written
    build("tiny-vllm", "--fresh", "--set", f"teachers.tiny.python={sys.executable}", cwd=home, **prefect)
    assert {path.name: path.stat().st_mtime_ns for path in (run / "logs").glob("vllm-*")} == written
    assert counts(run, "sample")["asked_now"] == 0
