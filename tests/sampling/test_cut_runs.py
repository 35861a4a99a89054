"""Whole runs with answers that are cut off: what a budget, a later start and `datagen show` make of them."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.errors import StoppedError
from datagen.pipeline import Options
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.spending.ledger import ledger_of
from datagen.status import run_status, status_lines
from datagen.workspace import Workspace
from tests.building import build
from tests.serving import DemoServer, demo_server

PROBLEMS, OUTPUTS, LIMIT = 10, 4, 120


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs of 60 to 240 tokens, of which most are right."""
    rows = [(f"What is {n} + 2 ?", _output(n, one)) for n in range(PROBLEMS) for one in range(OUTPUTS)]
    file = tmp_path_factory.mktemp("recorded") / "recorded.parquet"
    pq.write_table(pa.table({"problem": [one for one, _ in rows], "output": [one for _, one in rows]}), file)
    return file


def _output(number: int, one: int) -> str:
    words = [hashlib.sha256(f"{number} {one} {n}".encode()).hexdigest()[:7] for n in range(25 + 7 * (one + number % 8))]
    return f"<think>\n{' '.join(words)}\n</think>\n\nSo it is \\boxed{{{number + 2 + (one == 3)}}}."


@pytest.fixture
def server(recorded: Path) -> Iterator[DemoServer]:
    with demo_server("--replay", str(recorded)) as server:
        yield server


def recipe(folder: Path, server: DemoServer, **sampling: object) -> Recipe:
    folder.mkdir(exist_ok=True)
    rows = folder / "rows.jsonl"
    rows.write_text("".join(f'{{"problem": "What is {n} + 2 ?", "answer": "{n + 2}"}}\n' for n in range(PROBLEMS)))
    price = {"input": 0.5, "output": 2.0}
    tree = {
        "name": "sums",
        "sources": [{"kind": "table", "name": "sums", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "r1", "kind": "openai", "model": "m", "base_url": server.url, "price": price}],
        "sampling": {"target_correct": 2, "max_attempts": 4, "max_tokens": LIMIT, "timeout_s": 20, **sampling},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [1, 2]},
        "output": {"formats": ["text"], "test_fraction": 0.0},
    }
    file = folder / "sums.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def dataset(run: Workspace) -> dict[str, bytes]:
    files = [path for path in sorted((run.folder / "dataset").rglob("*")) if path.is_file()]
    return {str(path.relative_to(run.folder)): path.read_bytes() for path in files}


def test_continued_answers_come_into_the_dataset_and_show_says_what_they_cost_and_brought(
    tmp_path: Path, server: DemoServer
) -> None:
    accepted = build(recipe(tmp_path / "a", server), tmp_path / "a" / "run")
    continued = build(recipe(tmp_path / "c", server, on_truncated="continue"), tmp_path / "c" / "run")
    cut = continued.record()["stages"]["sample"]["counts"]["truncated"]
    assert cut["asked_again"] == cut["answers"] >= cut["finished"] >= cut["new_paths"] > 3
    assert sum(map(len, dataset(continued).values())) > sum(map(len, dataset(accepted).values()))
    ledger, _ = ledger_of(continued)
    assert ledger.total.usd > cut["usd"] + cut["usd_again"] > cut["usd_again"] > 0
    lines = status_lines(run_status(continued.folder))
    told = lines[lines.index("answers that were cut off") + 1 :][:2]
    assert told[0].startswith(f"  {cut['answers']:,} answers; {cut['tokens']:,} tokens, ")
    assert told[1].startswith(f"  {cut['asked_again']:,} continued: {cut['finished']:,} finished, ")
    assert f"; {cut['tokens_again']:,} tokens, " in told[1]
    accepted_lines = status_lines(run_status(accepted.folder))
    assert "  left as they are: sampling.on_truncated" in accepted_lines
    assert not [line for line in lines if "not used" in line], "both completions of an attempt are used"


def test_a_run_stopped_by_its_budget_between_an_answer_and_its_continuation_ends_with_the_same_bytes(
    tmp_path: Path, server: DemoServer
) -> None:
    whole = build(recipe(tmp_path / "one", server, on_truncated="continue"), tmp_path / "one" / "run")
    answered, spent = server.stats()["answered"], ledger_of(whole)[0].spent.tokens
    for share in (0.35, 0.7):
        stopping = recipe(tmp_path / "two", server, on_truncated="continue", budget_tokens=int(spent * share))
        with pytest.raises(StoppedError, match=r"stopped by sampling\.budget_tokens"):
            build(stopping, tmp_path / "two" / "run")
        assert ledger_of(Workspace(tmp_path / "two" / "run"))[0].spent.tokens <= spent * share
    run = build(recipe(tmp_path / "two", server, on_truncated="continue"), tmp_path / "two" / "run")
    assert dataset(run) == dataset(whole)
    assert server.stats()["answered"] == 2 * answered
    assert ledger_of(run)[0].spent == ledger_of(whole)[0].spent


def test_another_policy_takes_over_what_was_paid_for(tmp_path: Path, server: DemoServer) -> None:
    build(recipe(tmp_path, server), tmp_path / "run", Options(until="sample"))
    accepted = server.stats()["answered"]
    run = build(recipe(tmp_path, server, on_truncated="continue"), tmp_path / "run", Options(until="sample"))
    counts = run.record()["stages"]["sample"]["counts"]
    assert counts["reuse"]["kept"]["completions"] > 0
    assert server.stats()["answered"] == accepted + counts["asked_now"]
    build(recipe(tmp_path, server), tmp_path / "run", Options(until="sample"))
    assert server.stats()["answered"] == accepted + counts["asked_now"], "and the first asks for nothing anew"
