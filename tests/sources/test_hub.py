"""Sources on the Hub, read through a real HTTP server that speaks its API."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.hub_stand_in import HubDataset, HubStandIn, running_hub

ROOT = Path(__file__).parents[2]
OLD, NEW = "a" * 40, "b" * 40

# one process asks all questions of a test: huggingface_hub reads its settings when it is imported
CLIENT = """
import json, sys
from dataclasses import asdict
from datagen.errors import DatagenError
from datagen.reading import locate_hub, read_rows
from datagen.recipe import HubSource
from datagen.sources import PullCounts, pull, resolve

def answer(question):
    try:
        if "kind" in question:
            source = HubSource(**question)
            located = resolve(source)
            return {"located": asdict(located), "pulled": len(list(pull(source, located, PullCounts())))}
        located = locate_hub(**question)
        return {"located": asdict(located), "rows": [asdict(row) for row in read_rows(located)]}
    except DatagenError as error:
        return {"error": str(error), "exit_status": error.exit_status}

print("ANSWERS " + json.dumps([answer(question) for question in json.loads(sys.argv[1])]))
"""


def ask(endpoint: str, home: Path, *questions: dict[str, Any], **settings: str) -> list[dict[str, Any]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment = {
        **kept,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_TOKEN": "hf_secretsecretsecret",
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, json.dumps(questions)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert lines, done.stderr
    assert "hf_secret" not in done.stdout
    return json.loads(lines[0].removeprefix("ANSWERS "))


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


CARD = b"""---
configs:
- config_name: default
  default: true
  data_files:
  - split: train
    path: data/train-*.parquet
  - split: test
    path: data/test-*.parquet
- config_name: extended
  data_files:
  - split: train
    path: extended/*.jsonl
---
# A dataset
"""
HOUSE = {
    OLD: {"README.md": b"# Old\n", "train.jsonl": b'{"problem": "old", "answer": "1"}\n'},
    NEW: {
        "README.md": CARD,
        "data/train-00001-of-00002.parquet": parquet([{"problem": "third", "answer": "3"}]),
        "data/train-00000-of-00002.parquet": parquet(
            [{"problem": "first", "answer": "1"}, {"problem": "second", "answer": "2"}]
        ),
        "data/test-00000-of-00001.parquet": parquet([{"problem": "held out", "answer": "4"}]),
        "extended/more.jsonl": b'{"problem": "more", "answer": "5"}\n',
    },
}
LIMO = {OLD: {"limo.jsonl": b'{"question": "What is 1+1?", "solution": "Two. \\\\boxed{2}", "answer": "2"}\n'}}


@pytest.fixture(scope="module")
def hub() -> Any:
    datasets = {
        "house/maths": HubDataset(HOUSE),
        "house/gated": HubDataset(HOUSE, gated=True),
        "GAIR/LIMO": HubDataset(LIMO),
    }
    with running_hub(datasets) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def answers(hub: HubStandIn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    questions: dict[str, dict[str, Any]] = {
        "latest": {"dataset": "house/maths", "config": None, "revision": "latest"},
        "newest": {"dataset": "house/maths", "config": None, "revision": None},
        "pinned": {"dataset": "house/maths", "config": None, "revision": OLD},
        "extended": {"dataset": "house/maths", "config": "extended", "revision": None},
        "test": {"dataset": "house/maths", "config": "default", "revision": None, "split": "test"},
        "no split": {"dataset": "house/maths", "config": "extended", "revision": None, "split": "test"},
        "no config": {"dataset": "house/maths", "config": "extendd", "revision": None},
        "no revision": {"dataset": "house/maths", "config": None, "revision": "c" * 40},
        "no dataset": {"dataset": "house/nowhere", "config": None, "revision": None},
        "bad name": {"dataset": "not a name!", "config": None, "revision": None},
        "gated": {"dataset": "house/gated", "config": None, "revision": None},
        "limo": {"kind": "limo", "config": "v1"},
        "limo v9": {"kind": "limo", "config": "v9"},
    }
    replies = ask(hub.endpoint, tmp_path_factory.mktemp("hf"), *questions.values())
    return dict(zip(questions, replies, strict=True))


def problems(answer: dict[str, Any]) -> list[str]:
    return [row["values"]["problem"] for row in answer["rows"]]


@pytest.mark.parametrize("name", ["latest", "newest"])
def test_latest_is_the_newest_commit_and_its_files_are_read_in_order(answers: dict[str, Any], name: str) -> None:
    located = answers[name]["located"]
    assert located["revision"] == NEW
    assert located["config"] == "default"
    assert [file["name"] for file in located["files"]] == [
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
    ]
    assert problems(answers[name]) == ["first", "second", "third"]


def test_a_pinned_commit_is_read_though_newer_ones_exist(answers: dict[str, Any]) -> None:
    assert answers["pinned"]["located"]["revision"] == OLD
    assert problems(answers["pinned"]) == ["old"]


def test_the_card_says_which_files_a_config_and_a_split_have(answers: dict[str, Any]) -> None:
    assert problems(answers["extended"]) == ["more"]
    assert answers["extended"]["located"]["config"] == "extended"
    assert problems(answers["test"]) == ["held out"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no split", ["house/maths", "'test'", "train"]),
        ("no config", ["house/maths", "'extendd'", "default, extended"]),
        ("no revision", ["house/maths", "c" * 40, "latest"]),
        ("no dataset", ["house/nowhere", "no such dataset", "HF_TOKEN", "path:"]),
        ("bad name", ["not a name!", "no such dataset"]),
        ("gated", ["house/gated", "gated", "HF_TOKEN", "path:"]),
        ("limo v9", ["limo", "'v9'", "v1, v2"]),
    ],
)
def test_what_the_hub_does_not_have_is_refused_with_what_to_do(
    answers: dict[str, Any], name: str, said: list[str]
) -> None:
    assert answers[name]["exit_status"] == 2
    assert all(word in answers[name]["error"] for word in said), answers[name]
    assert len(answers[name]["error"].splitlines()) <= 2


def test_limo_v1_is_the_older_release(answers: dict[str, Any]) -> None:
    assert answers["limo"]["located"]["dataset"] == "GAIR/LIMO"
    assert answers["limo"]["located"]["revision"] == OLD
    assert answers["limo"]["pulled"] == 1


def test_a_hub_that_is_gone_is_named_with_the_ways_out(tmp_path: Path) -> None:
    with running_hub({}) as gone:
        endpoint = gone.endpoint
    [answer] = ask(endpoint, tmp_path, {"kind": "open_r1"})
    assert answer["exit_status"] == 1
    assert all(word in answer["error"] for word in ["open-r1/OpenR1-Math-220k", "can't be reached", "network", "path:"])


def test_offline_mode_asks_nobody(hub: HubStandIn, tmp_path: Path) -> None:
    before = len(hub.requests)
    [answer] = ask(
        hub.endpoint, tmp_path, {"dataset": "house/maths", "config": None, "revision": None}, HF_HUB_OFFLINE="1"
    )
    assert "HF_HUB_OFFLINE" in answer["error"]
    assert "path:" in answer["error"]
    assert len(hub.requests) == before
