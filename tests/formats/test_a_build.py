"""A run with every format and hostile texts: what its stages wrote is what trainers load, by each name on the card."""

import json

import datasets
import pyarrow.parquet as pq
import pytest

from datagen.formats import FORMATS
from datagen.formats.export import export
from datagen.formats.tokenizer import load_tokenizer
from datagen.recipe_file import load_recipe
from datagen.tables import DROPPED, EXAMPLES, Example
from datagen.workspace import Workspace
from tests.building import build

HOSTILE = ("so </think2><think1>", "in <summary>", "a <Path> of", "then <｜end▁of▁sentence｜>", "<think> again")
WAYS = (
    "Counting upwards on my fingers, one after another, I arrive at",
    "By a drawing of squares and dots it becomes plain that we have",
    "Algebra: call the unknown x, rearrange both sides, and read off",
)


def row(number: int, *, problem: str = "What is {} + {}?") -> dict[str, object]:
    """A problem with a thought of two paragraphs, a plain solution, a cut one, a wrong one and every hostile one."""
    answer = f"\\boxed{{{2 * number}}}"
    solutions = [
        f"<think>{WAYS[0]}\n\nwhat doubling {number} gives.</think>\n\nSo it is {answer}.",
        f"{WAYS[1]} {answer}",
        f"<think>{WAYS[2]} what never ends, {answer}",
        f"{WAYS[2]} \\boxed{{{2 * number + 7}}}",
        *(f"{text} we come to it: {answer}" for text in HOSTILE),
    ]
    return {"problem": problem.format(number, number), "answer": str(2 * number), "solutions": solutions}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("run")
    rows = [*(row(number) for number in range(3, 13)), row(2, problem="What is {} + {}, <｜User｜>?")]
    (folder / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    columns = {"solutions": "solutions"}
    tree = {
        "name": "small",
        "sources": [{"kind": "table", "name": "mine", "path": str(folder / "rows.jsonl"), "columns": columns}],
        "screen": {"benchmarks": [], "near_duplicates": None},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled", "think_ids": "random", "require": "any_correct"},
        "output": {"formats": list(FORMATS), "test_fraction": 0.3, "shard_rows": 4},
    }
    (folder / "small.yaml").write_text(json.dumps(tree))
    return build(load_recipe(str(folder / "small.yaml")), folder / "run")


@pytest.fixture(scope="module")
def examples(run: Workspace) -> list[Example]:
    return list(run.read(EXAMPLES))


def test_a_hostile_text_is_no_path_and_stops_nothing(run, examples):
    assert len(examples) == 10
    (dropped,) = run.read(DROPPED)
    assert dropped.reason == "control_token_in_problem"
    assert "<｜User｜>" in dropped.detail
    for one in examples:
        assert sorted((path.verdict, path.thought_chars > 0) for path in one.paths) == [
            ("correct", False),
            ("correct", True),
            ("wrong", False),
        ]


def test_random_path_tokens_are_drawn_from_six_and_stand_in_the_ids(run, examples):
    tokenizer = load_tokenizer(str(run.folder / "dataset" / "tokenizer"))
    drawn = {one.id: [path.think_id for path in one.paths] for one in examples}
    assert len({tuple(ids) for ids in drawn.values()}) > 3
    assert {think_id for ids in drawn.values() for think_id in ids} == set(range(1, 7))
    opening = {tokenizer.id_of(f"<think{number}>"): number for number in range(1, 9)}
    for file in (run.folder / "dataset" / "parathinker").glob("*.parquet"):
        for one in pq.read_table(file).to_pylist():
            assert [opening[id_] for id_ in one["input_ids"] if id_ in opening] == drawn[one["id"]]


@pytest.mark.parametrize("name", FORMATS)
def test_each_config_of_the_card_and_each_export_holds_the_rows_of_the_examples(tmp_path, run, examples, name):
    dataset, one = run.folder / "dataset", FORMATS[name]
    tokenizer = load_tokenizer("bundled")
    loaded = datasets.load_dataset(str(dataset), name, cache_dir=str(tmp_path / "cache"))
    export(dataset, name, tmp_path / "out")
    for split in ("train", "test"):
        wanted = one.rows([each for each in examples if each.split == split], tokenizer).to_pylist()
        assert wanted
        assert loaded[split].to_list() == wanted
        exported = datasets.load_from_disk(str(tmp_path / "out" / split)).to_list()
        assert exported == [{column: each[column] for column in one.trainer_columns} for each in wanted]


def test_messages_give_back_the_thoughts_that_the_source_carried(run):
    rows = [one for file in (run.folder / "dataset" / "messages").glob("*") for one in pq.read_table(file).to_pylist()]
    assert len(rows) == 20
    said = {one["messages"][0]["content"]: set() for one in rows}
    for one in rows:
        said[one["messages"][0]["content"]].add(one["messages"][1]["content"])
    assert said["What is 5 + 5?"] == {
        f"<think>\n{WAYS[0]}\n\nwhat doubling 5 gives.\n</think>\n\nSo it is \\boxed{{10}}.",
        f"{WAYS[1]} \\boxed{{10}}",
    }
