"""What is no dataset, or a damaged one, is named in a line or two with what was expected."""

import shutil
from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.audit.reading import open_dataset
from datagen.errors import UsageError
from tests.audit.reading.worlds import dataset_folder, write_parquet

OUTPUT = "<Parallel><Path>a</Path></Parallel><Summary>b</Summary>"
PLAIN = {"problem": "What?", "output": "It is 2.", "answer": "2"}
PARALLEL = PLAIN | {"output": OUTPUT}
IDS = {"input_ids": [1, 2], "attention_mask": [1, 1], "labels": [1, 2]}


@pytest.fixture(scope="module")
def ours(tmp_path_factory, bundled):
    return dataset_folder(tmp_path_factory.mktemp("ours") / "dataset", bundled)


@pytest.fixture
def dataset(ours, tmp_path):
    return shutil.copytree(ours, tmp_path / "dataset")


def without_columns(dataset: Path, *columns: str) -> None:
    for file in (dataset / "data").iterdir():
        pq.write_table(pq.read_table(file).drop_columns(list(columns)), file)


def refused(where: Path | str, *says: str, tokenizer: str | None = None) -> None:
    with pytest.raises(UsageError) as refusal:
        list(open_dataset(str(where), tokenizer))
    message = str(refusal.value)
    assert all(words in message for words in says), message
    assert len(message.splitlines()) <= 2
    assert len(message) < 600


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 64] = b"\xff" * 64
    file.write_bytes(content)


def nothing(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, nothing])
@pytest.mark.parametrize("name", ["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"])
def test_a_damaged_parquet_file_is_named(dataset, damage: Callable[[Path], None], name):
    damage(dataset / "data" / f"{name}.parquet")
    refused(dataset, f"{name}.parquet", "cut off or damaged")


@pytest.mark.parametrize("damage", [cut, flip, nothing])
def test_a_damaged_arrow_file_is_named(tmp_path, damage: Callable[[Path], None]):
    datasets.Dataset.from_list([PARALLEL] * 50).save_to_disk(tmp_path / "saved")
    damage(tmp_path / "saved" / "data-00000-of-00001.arrow")
    refused(tmp_path / "saved", "data-00000-of-00001.arrow", "not a whole arrow file")


def test_text_that_is_not_utf8_is_damage(tmp_path):
    bad = pa.array([b"What \xff\xfe?"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"problem": bad, "output": [OUTPUT]}), tmp_path / "bad.parquet")
    refused(tmp_path / "bad.parquet", "bad.parquet", "damaged")


def test_a_saved_dataset_that_lost_a_file_names_it(tmp_path):
    datasets.Dataset.from_list([PARALLEL] * 4).save_to_disk(tmp_path / "saved", num_shards=2)
    (tmp_path / "saved" / "data-00001-of-00002.arrow").unlink()
    refused(tmp_path / "saved", "data-00001-of-00002.arrow", "not there any more")


@pytest.mark.parametrize("content", ["{", "[]", '{"_data_files": [1]}', "{}"])
def test_a_saved_dataset_with_a_damaged_state_names_it(tmp_path, content):
    datasets.Dataset.from_list([PARALLEL]).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").write_text(content)
    refused(tmp_path / "saved", "state.json", "save")


def test_a_saved_dict_that_lost_a_split_names_it(tmp_path):
    rows = datasets.Dataset.from_list([PARALLEL])
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "saved")
    shutil.rmtree(tmp_path / "saved" / "test")
    refused(tmp_path / "saved", "dataset_dict.json", "split test")


def test_an_older_version_of_ours_is_told_with_its_missing_columns(dataset):
    without_columns(dataset, "completion", "n_tokens")
    refused(dataset, "another version of datagen", "completion, n_tokens", "build it again")


def test_paths_of_an_older_version_are_told_with_their_missing_fields(tmp_path):
    row = {"problem": "What?", "paths": [{"text": "a"}]}
    refused(write_parquet(tmp_path / "t.parquet", [row]), "paths.think_id", "paths.verdict", "summary")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"question": "What?", "solution": "2"}, ["question, solution", "known: text", "parallel_r1"]),
        (PLAIN, ["no <Parallel> in its first 1 outputs"]),
        ({"text": "It is 2."}, ["no <think1> in its first 1 rows"]),
        ({"messages": [{"role": "user", "content": "What?"}]}, ["messages", "one path a row"]),
        ({"problem": "What?", "reward_model": "2", "prompt": "What?"}, ["rl", "no paths"]),
        ({"problem": "What?", "paths": ["a", "b"]}, ["column paths holds list", "structs"]),
        ({"problem": 1, "output": OUTPUT}, ["column problem holds int64", "text was expected"]),
        ({"input_ids": [1], "labels": [1]}, ["input_ids without attention_mask"]),
        (IDS | {"labels": ["a"]}, ["column labels holds list", "integers"]),
        (IDS, ["--tokenizer"]),
    ],
)
def test_other_columns_are_told_with_what_was_expected(tmp_path, row, says):
    refused(write_parquet(tmp_path / "t.parquet", [row]), "t.parquet", *says)


def test_files_of_different_kinds_are_not_read_as_one(tmp_path):
    write_parquet(tmp_path / "a.parquet", [PARALLEL])
    write_parquet(tmp_path / "b.parquet", [{"problem": "What?", "output": 3}])
    refused(tmp_path, "b.parquet", "column output: int64", "string")
    write_parquet(tmp_path / "b.parquet", [{"problem": "What?"}])
    refused(tmp_path, "b.parquet", "column output: no such column")


def test_a_tokenizer_that_did_not_make_the_ids_is_refused(dataset, chatml_folder):
    refused(dataset / "parathinker", "with this tokenizer", "--tokenizer", tokenizer=str(chatml_folder))


def test_a_tokenizer_that_cannot_be_had_is_refused(dataset, tmp_path):
    refused(dataset, "tokenizer", "no such folder", tokenizer=str(tmp_path / "nowhere"))
    shutil.rmtree(dataset / "tokenizer")
    refused(dataset / "parathinker", "--tokenizer")


def empty_folder(folder: Path) -> str:
    return "the folder is empty"


def other_files(folder: Path) -> str:
    (folder / "rows.jsonl").write_text("{}")
    return "rows.jsonl"


def unfinished_run(folder: Path) -> str:
    (folder / "run.json").write_text("{}")
    return "no dataset yet"


def no_rows(folder: Path) -> str:
    pq.write_table(pa.table({"problem": pa.array([], pa.string())}), folder / "t.parquet")
    return "the dataset is empty"


def saved_without_rows(folder: Path) -> str:
    datasets.Dataset.from_dict({"text": []}).save_to_disk(folder)
    return "the dataset is empty"


@pytest.mark.parametrize("prepare", [empty_folder, other_files, unfinished_run, no_rows, saved_without_rows])
def test_a_folder_without_a_dataset_is_refused(tmp_path, prepare: Callable[[Path], str]):
    (tmp_path / "here").mkdir()
    refused(tmp_path / "here", str(tmp_path / "here"), prepare(tmp_path / "here"))


@pytest.mark.parametrize("where", ["nowhere", "/nowhere/at/all", "a b/c", "file.csv"])
def test_a_place_that_is_none_is_refused(tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.csv").write_text("a,b\n")
    refused(where, where)
