"""`datagen audit` as a user meets it: a report, JSON, an exit status, and benchmarks by name or by file."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.audit.finding import FINDINGS
from datagen.screen.benchmarks import HUB_SPLITS
from tests.end_to_end.runs import user_environment
from tests.sources.hub_stand_in import HubDataset, running_hub

GULLS = "A lighthouse keeper counts 17 gulls at dawn and 28 more gulls at noon on the harbour wall. How many are there?"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sound examples, and one whose paths disagree."""
    folder = tmp_path_factory.mktemp("foreign")
    rows = [(GULLS, 45, 45), ("Add the two numbers 20 and 31.", 51, 51), ("Add the two numbers 20 and 33.", 53, 58)]
    table = {
        "problem": [problem for problem, _, _ in rows],
        "output": [_output(first, second) for _, first, second in rows],
        "answer": [str(first) for _, first, _ in rows],
    }
    pq.write_table(pa.table(table), folder / "foreign.parquet")
    (folder / "exam.jsonl").write_text(json.dumps({"problem": GULLS, "answer": "45"}) + "\n")
    return folder


def _output(first: int, second: int) -> str:
    paths = f"<Path>Count on from the larger one, so that \\boxed{{{first}}} comes out.</Path>"
    paths += f"<Path>Tens and units apart, then put together: it is \\boxed{{{second}}}.</Path>"
    return (
        f"Let me think.\n<Parallel>{paths}</Parallel><Summary>They agree.</Summary>\n\nFinal Answer: \\boxed{{{first}}}"
    )


def audit(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "datagen", "audit", "foreign.parquet", "--workers", "1", *options]
    environment = user_environment() | environment
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_a_report_has_a_line_for_every_fault_and_a_verdict(dataset: Path) -> None:
    done = audit(dataset)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "dataset    foreign.parquet, format parallel_r1"
    told = {line.split()[0]: line.split() for line in lines if line.split()}
    assert told["paths_against_summary"][1:4] == ["1", "6", "16.7%"]
    assert told["without_two_agreeing_paths"][-3:] == ["train", "row", "2"]
    unmeasured = lines[lines.index("not measured") + 1 : -2]
    assert {line.split(":")[0].strip() for line in unmeasured} | set(told) >= set(FINDINGS)
    assert any("HF_HUB_OFFLINE is set" in line and "--benchmarks NAME=FILE" in line for line in unmeasured)
    assert lines[-1] == "2 promises are broken: paths_against_summary, without_two_agreeing_paths"


def test_strict_fails_with_the_report_and_json_is_for_programs(dataset: Path) -> None:
    done = audit(dataset, "--strict", "--json", "--benchmarks", "exam=exam.jsonl", "--tokenizer", "bundled")
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert list(told) == [
        *("format", "examples", "paths", "diversity", "tokens", "benchmarks"),
        *("findings", "not_measured", "broken_promises"),
    ]
    assert told["broken_promises"] == ["paths_against_summary", "without_two_agreeing_paths", "benchmark_overlap"]
    found = {finding["name"]: finding for finding in told["findings"]}
    assert tuple(found) == FINDINGS
    assert told["not_measured"] == {}
    assert found["benchmark_overlap"]["parts"] == {"exam exact": 1}
    assert found["benchmark_overlap"]["ids"] == ["train row 0"]
    assert set(found["broken_form"]) == {
        *("name", "unit", "count", "of", "share", "marked", "parts", "breaks_promise", "ids", "details")
    }
    assert audit(dataset, "--json", "--strict", "--benchmarks", "none").stdout.endswith("\n}\n")


def test_those_that_the_hub_has_are_looked_for_and_the_others_named(dataset: Path, tmp_path: Path) -> None:
    rows = io.BytesIO()
    pq.write_table(pa.table({"problem": [GULLS], "answer": ["45"]}), rows)
    name, split = HUB_SPLITS["math500"]
    commit = HubDataset({"1" * 40: {f"data/{split}-00000-of-00001.parquet": rows.getvalue()}})
    with running_hub({name: commit}) as hub:
        environment = {"HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path)}
        told = json.loads(audit(dataset, "--json", **environment).stdout)
    assert told["benchmarks"] == {"math500": "1" * 40}
    assert {"math500 exact": 1} in [finding["parts"] for finding in told["findings"]]
    assert "no such dataset on the Hub" in told["not_measured"]["benchmark_overlap"]
    assert all(name in told["not_measured"]["benchmark_overlap"] for name in ("aime24", "aime25", "amc23"))


@pytest.mark.parametrize(
    ("asked", "status", "complaint"),
    [
        ("nosuch", 2, "--benchmarks nosuch: unknown benchmark 'nosuch': use one of aime24, aime25, amc23, math500"),
        ("exam=gone.jsonl", 2, "gone.jsonl: no such file"),
        ("aime24", 1, "HF_HUB_OFFLINE is set"),
    ],
)
def test_a_benchmark_that_is_asked_for_must_be_there(dataset: Path, asked: str, status: int, complaint: str) -> None:
    done = audit(dataset, "--benchmarks", asked)
    assert done.returncode == status
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert done.stdout == ""
