"""The quickstart as a newcomer meets it: it builds, it loads, it keeps its promises, it leaves nothing behind."""

import json
import re
import subprocess
import sys
from collections import Counter

import datasets
import psutil
import pytest
import yaml

from datagen.formats.tokenizer import load_tokenizer
from datagen.verify.extract import last_box
from datagen.verify.pair import Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.end_to_end.runs import BUNDLED, build, datagen, hashes, rows, running, wait_until
from tests.formats.collator import Collator, check_every_point

SOURCES = ("open_r1", "deepmath", "s1k", "limo")
PATH = re.compile(r"<think([1-6])>(.*?)</think\1>", re.DOTALL)


@pytest.fixture(scope="module")
def text(quickstart, tmp_path_factory):
    return datasets.load_dataset(str(quickstart / "dataset"), cache_dir=str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def examples(text):
    return [example for split in text.values() for example in split]


def test_every_example_has_two_to_six_different_whole_paths(examples):
    assert len(examples) >= 45
    for example in examples:
        paths = example["paths"]
        assert 2 <= len(paths) <= 6
        assert len({path["text"] for path in paths}) == len(paths)
        assert len({path["think_id"] for path in paths}) == len(paths)
        assert {path["finish_reason"] for path in paths} <= {"stop", "unknown"}  # a source may not say
        assert {path["verdict"] for path in paths} == {"correct"}


def test_the_rendered_text_holds_each_path_as_it_is_and_ends_with_the_summary(examples):
    for example in examples:
        rendered = PATH.findall(example["completion"])
        assert rendered == [(str(path["think_id"]), path["text"]) for path in example["paths"]]
        summary = example["completion"].partition("<summary>")[2]
        assert last_box(summary.partition("</summary>")[0]) == example["answer"]


def test_every_path_closes_with_a_boxed_answer_that_verifies_again(examples):
    boxed = [
        (example["answer"], last_box(body)) for example in examples for _, body in PATH.findall(example["completion"])
    ]
    assert all(answer for _, answer in boxed)
    with Verifier(Limits(cpu_s=5, memory_mb=1024)) as verifier:
        judged = [verifier.compare(Pair.of(gold, answer)) for gold, answer in boxed]
        assert {judgement.result().verdict for judgement in judged} == {"correct"}


def test_no_truncated_solution_became_a_path(quickstart, examples):
    truncated = {row["solution_id"] for row in rows(quickstart, "verdicts") if row["verdict"] == "truncated"}
    assert truncated, "the demo teacher cuts some answers off; without one this test proves nothing"
    assert not truncated & {path["solution_id"] for example in examples for path in example["paths"]}


def test_the_tokenised_rows_hold_as_many_tokens_as_the_readable_ones_say(quickstart, text, tmp_path):
    tokens = datasets.load_dataset(str(quickstart / "dataset"), "parathinker", cache_dir=str(tmp_path))
    assert tokens.keys() == text.keys() == {"train", "test"}
    for split, split_rows in text.items():
        counted = {row["id"]: row for row in tokens[split]}
        assert counted.keys() == set(split_rows["id"])
        for row in split_rows:
            twin = counted[row["id"]]
            assert row["n_tokens"] == len(twin["input_ids"]) == len(twin["attention_mask"]) == len(twin["labels"])
            assert row["n_tokens"] <= 28672


def test_every_source_row_is_an_example_or_dropped_exactly_once_with_a_reason(quickstart, examples):
    source_rows = sum(len((BUNDLED / "quickstart" / f"{name}.jsonl").read_text().splitlines()) for name in SOURCES)
    dropped = rows(quickstart, "dropped")
    ended = Counter([row["row_id"] for row in dropped] + [example["row_id"] for example in examples])
    assert ended.total() == len(ended) == source_rows
    assert all(row["reason"] and row["detail"] for row in dropped)
    pulled = {row["row_id"] for row in rows(quickstart, "problems")}
    assert pulled | {row["row_id"] for row in dropped if row["stage"] == "pull"} == ended.keys()


def test_the_bundled_exam_is_kept_out(quickstart, examples):
    exam = [json.loads(line)["problem"] for line in (BUNDLED / "quickstart" / "exam.jsonl").read_text().splitlines()]
    assert [row for row in rows(quickstart, "dropped") if row["reason"] == "benchmark"]
    assert not {example["problem"] for example in examples} & set(exam)


def test_a_finished_run_is_a_no_op_that_touches_no_file_and_imports_no_prefect(home, quickstart, tmp_path):
    trap = tmp_path / "prefect" / "__init__.py"
    trap.parent.mkdir()
    trap.write_text("raise AssertionError('prefect was imported')")
    probe = [sys.executable, "-c", "import prefect"]
    assert subprocess.run(probe, env={"PYTHONPATH": str(tmp_path)}, capture_output=True).returncode == 1

    def state():
        files = [path for path in quickstart.rglob("*") if path.is_file() and path.name != ".lock"]
        return hashes(quickstart), {str(path): path.stat().st_mtime_ns for path in files}

    before = state()
    path = f"{tmp_path}:{BUNDLED.parents[1]}"
    done = build("quickstart", cwd=home, PYTHONPATH=path)
    assert "nothing to do" in done.out
    assert state() == before


def test_no_process_outlives_a_run(tmp_path, prefect, quickstart):
    with running("build", "quickstart", "--limit", "2", cwd=tmp_path, **prefect) as command:
        assert command.wait().status == 0
        wait_until(lambda: not command.left_behind(), "all its processes have ended", seconds=10)
    folder = str(quickstart)
    assert not [process for process in psutil.process_iter(["cmdline"]) if folder in str(process.info["cmdline"])]


def test_show_says_where_the_rows_went_to_people_and_to_programs(home, quickstart, examples):
    shown = datagen("show", "quickstart", cwd=home)
    status = json.loads(datagen("show", str(quickstart), "--json", cwd=home).out)
    assert shown.status == 0
    assert set(status["sources"]) == set(SOURCES)
    for name, source in status["sources"].items():
        assert source["pulled"] == source["examples"] + sum(drop["rows"] for drop in source["dropped"])
        assert name in shown.out
    assert sum(source["examples"] for source in status["sources"].values()) == len(examples)
    assert status["spent"]["demo"]["completions"] == status["stages"]["sample"]["asked_now"]


def test_recipes_and_doctor_say_what_there_is(home):
    assert "quickstart" in datagen("recipes", cwd=home).out
    for arguments in (["doctor"], ["doctor", "--json"]):
        done = datagen(*arguments, cwd=home)
        assert (done.status, done.err) == (0, "")
    assert {finding["state"] for finding in json.loads(done.out)} <= {"works", "missing"}


def test_the_trainer_takes_every_row_of_the_parquet_files(quickstart, text, tmp_path):
    collator = Collator.of(load_tokenizer(str(quickstart / "dataset" / "tokenizer")))
    tokens = datasets.load_dataset(str(quickstart / "dataset"), "parathinker", cache_dir=str(tmp_path))
    for split, split_rows in text.items():
        paths = [check_every_point(row, collator, seed=seed) for seed, row in enumerate(tokens[split])]
        assert paths == [len(row["paths"]) for row in split_rows]


def test_an_export_is_a_folder_that_a_trainer_loads_and_it_takes_every_row(home, text, tmp_path):
    done = datagen("export", "quickstart", "--format", "parathinker", "--to", str(tmp_path / "out"), cwd=home)
    assert done.status == 0, done.err
    collator = Collator.of(load_tokenizer(str(tmp_path / "out" / "tokenizer")))
    for split, split_rows in text.items():
        paths = [check_every_point(row, collator) for row in datasets.load_from_disk(tmp_path / "out" / split)]
        assert paths == [len(row["paths"]) for row in split_rows]
    train = datasets.load_from_disk(tmp_path / "out" / "train")
    assert set(train.column_names) == {"input_ids", "attention_mask", "labels"}
    assert [len(row["input_ids"]) for row in train] == text["train"]["n_tokens"]
    assert "warning: The published ParaThinker trainer can't be used on these rows as it is" in done.out


def test_the_card_can_be_read_and_nothing_beside_it_tells_of_machine_or_moment(quickstart, home):
    card = (quickstart / "dataset" / "README.md").read_text()
    _, front, body = card.split("---\n", 2)
    meta = yaml.safe_load(front)
    configs = {config["config_name"]: config for config in meta["configs"]}
    assert configs.keys() == {"text", "parathinker"}
    assert configs["text"]["default"] is True
    for config in configs.values():
        for files in config["data_files"]:
            assert list((quickstart / "dataset").glob(files["path"]))
    assert "{{" not in card
    assert "{%" not in card
    assert "demo" in body
    for name in ("README.md", "recipe.yaml", "audit.json", "prompts/solutions/solve/datagen-demo.txt"):
        text = (quickstart / "dataset" / name).read_text()
        assert str(home) not in text
        assert not re.search(r"(?<![\w.:/])/[A-Za-z][\w.-]*/", text), "an absolute path"
        assert not re.search(r"https?://[^/\s]*:\d", text), "an address with a port"
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b", text), "a date or a time"


def test_the_undisturbed_build_breaks_no_promise_by_its_own_audit(quickstart, examples):
    audit = json.loads((quickstart / "dataset" / "audit.json").read_text())
    assert {finding["name"]: finding["count"] for finding in audit["findings"] if finding["count"]} == {}
    assert sum(audit["examples"].values()) == len(examples)
