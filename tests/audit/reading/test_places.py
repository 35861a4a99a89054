"""Where a dataset may lie, how its splits are named, and that the Hub is read as it is."""

import io
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.audit.reading import open_dataset
from datagen.formats.export import export
from tests.audit.reading.worlds import audited, dataset_folder, write_parquet
from tests.sources.hub_stand_in import HubDataset, running_hub

ROOT = Path(__file__).parents[3]
OUTPUT = "<Parallel><Path>a</Path><Path>b</Path></Parallel><Summary>{}</Summary>"


def rows(*numbers: int) -> list[dict[str, object]]:
    return [{"problem": f"What is {n}?", "output": OUTPUT.format(n), "answer": str(n)} for n in numbers]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, bundled):
    return dataset_folder(tmp_path_factory.mktemp("ours") / "dataset", bundled)


def test_a_run_its_name_and_its_dataset_are_the_same(dataset, tmp_path, monkeypatch):
    run = tmp_path / "outputs" / "mine"
    (run / "examples").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "examples" / "part.parquet").write_bytes(b"a table of the run, no dataset")
    (run / "dataset").symlink_to(dataset)
    monkeypatch.chdir(tmp_path)
    assert audited("mine") == audited(run) == audited(dataset) == audited(dataset / "data")


def test_a_relative_place_finds_the_tokenizer_beside_it(dataset, monkeypatch):
    monkeypatch.chdir(dataset / "parathinker")
    assert [one.id for one in audited(".")] == ["p1", "p2", "p3", "p4", "p5", "p6"]
    assert [one.id for one in audited("test-00000-of-00001.parquet")] == ["p6"]


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["rows.parquet"], ("train",)),
        (["b.parquet", "a.parquet"], ("train",)),
        (["test/0.parquet", "train/0.parquet"], ("train", "test")),
        (["maths-validation-0.parquet", "maths-train.parquet", "eval.parquet"], ("train", "validation", "test")),
        (["latest.parquet", "training.parquet"], ("train",)),
    ],
)
def test_splits_are_told_by_folders_and_names_and_rows_are_counted_in_each(tmp_path, names, splits):
    for number, name in enumerate(names):
        write_parquet(tmp_path / name, rows(number, number))
    opened = open_dataset(str(tmp_path))
    assert opened.splits == splits
    each = {split: [one.id for one in opened if one.split == split] for split in splits}
    assert all(ids == [f"{split} row {number}" for number in range(len(ids))] for split, ids in each.items())
    assert sum(map(len, each.values())) == 2 * len(names)


def test_a_dataset_can_be_read_more_than_once(dataset):
    opened = open_dataset(str(dataset))
    assert list(opened) == list(opened)


def test_a_single_saved_split_is_named_by_its_folder_else_by_what_it_says(tmp_path):
    saved = datasets.Dataset.from_list(rows(1, 2), split="test")
    saved.save_to_disk(tmp_path / "mine")
    saved.save_to_disk(tmp_path / "train")
    assert open_dataset(str(tmp_path / "mine")).splits == ("test",)
    assert open_dataset(str(tmp_path / "train")).splits == ("train",)


def test_saved_files_are_read_in_the_order_that_the_dataset_has(tmp_path):
    datasets.Dataset.from_list(rows(*range(30))).save_to_disk(tmp_path / "saved", num_shards=12)
    assert [one.answer for one in audited(tmp_path / "saved")] == [str(number) for number in range(30)]


# one process asks all questions: huggingface_hub reads its settings when it is imported
CLIENT = """
import json, sys
from dataclasses import asdict
from datagen.audit.reading import open_dataset
from datagen.errors import DatagenError

def answer(where, tokenizer):
    try:
        opened = open_dataset(where, tokenizer)
        return {"format": opened.format, "splits": opened.splits, "examples": [asdict(one) for one in opened]}
    except DatagenError as error:
        return {"error": str(error), "exit_status": error.exit_status}

print("ANSWERS " + json.dumps([answer(*question) for question in json.loads(sys.argv[1])]))
"""


def files_in(folder: Path) -> dict[str, bytes]:
    return {at.relative_to(folder).as_posix(): at.read_bytes() for at in folder.rglob("*") if at.is_file()}


def parquet(values: list[dict[str, object]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(values), sink)
    return sink.getvalue()


@pytest.fixture(scope="module")
def answers(dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    export(dataset, "parathinker", folder / "saved")
    commit = "a" * 40
    hub_datasets = {
        "house/ours": HubDataset({commit: files_in(dataset)}),
        "house/saved": HubDataset({commit: files_in(folder / "saved")}),
        "house/foreign": HubDataset({commit: {"data/train-00000-of-00001.parquet": parquet(rows(1, 2))}}),
        "house/damaged": HubDataset({commit: {"train/state.json": b"{}"}}),
        "house/text": HubDataset({commit: {"train.txt": b"words"}}),
        "house/gated": HubDataset({commit: {"train.parquet": parquet(rows(1))}}, gated=True),
        "house/tokenizer": HubDataset({commit: files_in(dataset / "tokenizer")}),
    }
    questions = {
        "saved": ("house/saved", "house/tokenizer"),
        "saved, no tokenizer": ("house/saved", None),
        "foreign": ("house/foreign", None),
        "text": ("house/text", None),
        "damaged": ("house/damaged", None),
        "gated": ("house/gated", None),
        "nowhere": ("house/nowhere", None),
        "no tokenizer": ("house/foreign", "house/nothing"),
    }
    with running_hub(hub_datasets) as hub:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, json.dumps(list(questions.values()))],
            env={
                **kept,
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(folder / "home"),
                "PYTHONPATH": str(ROOT),
                "HF_TOKEN": "hf_secretsecretsecret",
                "NO_PROXY": "127.0.0.1",
            },
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert lines, done.stderr
    assert "hf_secret" not in done.stdout
    return dict(zip(questions, json.loads(lines[0].removeprefix("ANSWERS ")), strict=True))


def test_a_dataset_of_the_hub_is_read_like_a_local_one(answers, tmp_path):
    write_parquet(tmp_path / "train.parquet", rows(1, 2))
    local = json.loads(json.dumps([asdict(one) for one in audited(tmp_path)]))
    assert answers["foreign"]["examples"] == local
    assert (answers["foreign"]["format"], answers["foreign"]["splits"]) == ("parallel_r1", ["train"])


def test_a_saved_dataset_of_token_ids_on_the_hub_is_read_with_a_tokenizer_from_there(answers, dataset):
    seen = answers["saved"]
    assert (seen["format"], seen["splits"]) == ("parathinker", ["train", "test"])
    assert [one["problem"] for one in seen["examples"]] == [one.problem for one in audited(dataset)]
    assert not any(one["broken"] or one["structure"] for one in seen["examples"])
    assert "--tokenizer" in answers["saved, no tokenizer"]["error"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", ["house/nowhere", "no such dataset on the Hub", "none of this name here"]),
        ("gated", ["house/gated", "gated", "HF_TOKEN"]),
        ("text", ["house/text", "train.txt", ".parquet"]),
        ("damaged", ["house/damaged", "train/state.json", "save it again"]),
        ("no tokenizer", ["house/nothing", "no such repository"]),
    ],
)
def test_what_the_hub_does_not_have_is_refused_with_what_to_do(answers, name, said):
    assert answers[name]["exit_status"] == 2
    assert all(words in answers[name]["error"] for words in said), answers[name]
    assert len(answers[name]["error"].splitlines()) <= 2
