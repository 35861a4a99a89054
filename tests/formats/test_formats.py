import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from datagen.errors import DatagenError, UsageError
from datagen.formats import FORMATS
from datagen.formats.chat_template import around_user_text
from datagen.formats.export import export
from datagen.formats.rendering import render, user_text
from datagen.formats.tokenizer import load_tokenizer
from datagen.tables import EXAMPLES
from tests.formats.conftest import sixes


def test_text_rows_are_the_examples(bundled):
    examples = [sixes(bundled, 3), sixes(bundled, 4, "test")]
    assert list(EXAMPLES.from_arrow(FORMATS["text"].rows(examples, bundled))) == examples


def test_parathinker_rows_are_the_rendered_examples(bundled):
    one = sixes(bundled, 3)
    (row,) = FORMATS["parathinker"].rows([one], bundled).to_pylist()
    rendered = render(one.problem, [(path.think_id, path.text) for path in one.paths], one.summary, bundled)
    assert row == {
        "id": one.id,
        "input_ids": rendered.input_ids,
        "attention_mask": rendered.attention_mask,
        "labels": rendered.labels,
    }
    assert len(row["input_ids"]) == one.n_tokens


def test_an_example_of_another_tokenizer_is_not_written(bundled, chatml):
    with pytest.raises(DatagenError, match="example p3: this tokenizer gives another text"):
        FORMATS["parathinker"].rows([sixes(chatml, 3)], bundled)
    with pytest.raises(DatagenError, match="--fresh"):
        FORMATS["parathinker"].rows([replace(sixes(bundled, 3), n_tokens=7)], bundled)


def test_the_bundled_chat_template_writes_the_same_prompt(tmp_path, bundled):
    bundled.save(tmp_path)
    template = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))["chat_template"]
    before, after = around_user_text(template, bos_token=bundled.bos_token, eos_token=bundled.eos_token)
    one = sixes(bundled, 3)
    assert before + user_text(one.problem) + after == one.prompt


def test_formats_of_no_examples_have_their_columns(bundled):
    for one in FORMATS.values():
        batch = one.rows([], bundled)
        assert batch.num_rows == 0
        assert batch.schema == one.schema


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_written_is_what_both_loaders_read(tmp_path, dataset, bundled, name):
    one = FORMATS[name]
    wanted = one.rows([sixes(bundled, number) for number in range(1, 9)], bundled).to_pylist()
    files = {split: str(dataset / one.folder / f"{split}-*.parquet") for split in ("train", "test")}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].to_list() == wanted
    assert loaded["test"].to_list() == one.rows([sixes(bundled, 9, "test")], bundled).to_pylist()

    export(dataset, name, tmp_path / "out")
    exported = datasets.load_from_disk(str(tmp_path / "out" / "train"))
    assert exported.column_names == list(one.trainer_columns)
    assert exported.to_list() == [{column: row[column] for column in one.trainer_columns} for row in wanted]


def test_an_exported_folder_is_what_the_trainer_loads(tmp_path, dataset, bundled):
    export(dataset, "parathinker", tmp_path / "out" / "here")
    rows = datasets.load_from_disk(str(tmp_path / "out" / "here" / "train"))
    assert rows.column_names == ["input_ids", "attention_mask", "labels"]
    assert len(rows) == 8
    assert bundled.decode(rows[6]["input_ids"]) == sixes(bundled, 7).prompt + sixes(bundled, 7).completion
    assert len(datasets.load_from_disk(str(tmp_path / "out" / "here" / "test"))) == 1
    assert load_tokenizer(str(tmp_path / "out" / "here" / "tokenizer")).fingerprint == bundled.fingerprint
    assert "train" in (tmp_path / "out" / "here" / "README.md").read_text("utf-8")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["here"]


def test_an_export_says_what_its_tokenizer_means_for_the_trainer(tmp_path, dataset, bundled, deepseek_like):
    (warning,) = export(dataset, "parathinker", tmp_path / "out")
    assert "<think1> as token 151665 (<think1> to <think8> at 151665 + 2k, <summary> at 151681)" in warning
    assert f"this tokenizer has it at {bundled.id_of('<think1>')}" in warning
    assert f"> **Warning.** {warning}" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert FORMATS["parathinker"].warnings(deepseek_like) == ()


def test_ids_that_begin_like_the_hard_coded_ones_and_go_on_otherwise_are_told(tmp_path, deepseek_like):
    deepseek_like.save(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    ids = {token["content"]: token["id"] for token in spec["added_tokens"]}
    for token in spec["added_tokens"]:
        if token["content"] in ("<summary>", "</summary>"):
            token["id"] = ids["</summary>" if token["content"] == "<summary>" else "<summary>"]
    spec["added_tokens"].sort(key=lambda token: token["id"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec), "utf-8")
    (warning,) = FORMATS["parathinker"].warnings(load_tokenizer(str(tmp_path)))
    assert "it looks for <summary> as token 151681" in warning
    assert "has it at 151682" in warning


def test_an_export_of_another_versions_files_is_refused(tmp_path, dataset):
    file = dataset / "messages" / "train-00001-of-00002.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["solution_id", "model"]), file)
    with pytest.raises(UsageError) as refusal:
        export(dataset, "messages", tmp_path / "out")
    assert f"{file}: another version of datagen wrote it: it lacks solution_id, model" in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_verls_parquet_files_stand_beside_the_exported_rows(tmp_path, dataset):
    export(dataset, "rl", tmp_path / "out")
    for split in ("train", "test"):
        copies = sorted((tmp_path / "out" / "parquet" / split).iterdir())
        wanted = sorted((dataset / "rl").glob(f"{split}-*"))
        assert [file.read_bytes() for file in copies] == [file.read_bytes() for file in wanted]


def test_a_split_without_rows_is_not_exported(tmp_path, dataset):
    (dataset / "messages" / "test-00000-of-00001.parquet").unlink()
    export(dataset, "messages", tmp_path / "out")
    assert not (tmp_path / "out" / "test").exists()


def lack_format(dataset: Path, to: Path) -> str:
    for file in (dataset / "messages").iterdir():
        file.unlink()
    return "it has no format 'messages'; it has text, parathinker, parallel_r1, rl"


def lack_everything(dataset: Path, to: Path) -> str:
    dataset.rename(dataset.with_name("elsewhere"))
    return "no dataset here"


def lack_tokenizer(dataset: Path, to: Path) -> str:
    (dataset / "tokenizer").rename(dataset / "other")
    return "it has no tokenizer/ folder"


def occupied(dataset: Path, to: Path) -> str:
    to.mkdir()
    (to / "mine.txt").write_text("mine", "utf-8")
    return "it is there already and not empty"


@pytest.mark.parametrize("prepare", [lack_format, lack_everything, lack_tokenizer, occupied])
def test_an_export_that_cannot_be_is_refused(tmp_path, dataset, prepare: Callable[[Path, Path], str]):
    to = tmp_path / "out"
    says = prepare(dataset, to)
    before = sorted(to.rglob("*"))
    with pytest.raises(UsageError) as refusal:
        export(dataset, "messages", to)
    assert says in str(refusal.value)
    assert sorted(to.rglob("*")) == before


def test_an_export_that_fails_leaves_nothing_behind(tmp_path, dataset):
    (dataset / "messages" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(DatagenError, match="messages: a Parquet file there can't be read"):
        export(dataset, "messages", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]
