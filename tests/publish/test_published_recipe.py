"""The recipe that a dataset carries makes the dataset again, and says nothing of the machine that it was made on."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from datagen.errors import UsageError
from datagen.pipeline import Options
from datagen.publish.card.published_recipe import published_recipe
from datagen.reading import Located
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.stage import Run
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.billing import PRICE, Endpoint

COMMIT = "5cf055d1fe3d7a2eb19719ac020211469736ae44"
OPENAI = {"name": "r1", "kind": "openai", "model": "m", "base_url": "https://one.example/v1"}


def published(folder: Path, **settings: Any) -> str:
    """What is published of a recipe whose sources lie on the Hub."""
    tree = {"name": "small", "sources": [{"kind": "deepmath", "revision": "latest"}], "teachers": [OPENAI], **settings}
    (folder / "small.yaml").write_text(json.dumps(tree))
    return published_of(load_recipe(str(folder / "small.yaml")), folder)


def published_of(recipe: Recipe, folder: Path) -> str:
    every = (*recipe.sources, *recipe.screen.benchmarks)
    inputs = {one.input_key: Located("zwhe99/DeepMath-103K", "", COMMIT, ()) for one in every}
    return published_recipe(Run(recipe, Workspace(folder / "run"), inputs, None, lambda line: None))


def test_what_is_of_the_machine_is_not_in_it(tmp_path: Path) -> None:
    elsewhere = {
        **OPENAI,
        "base_url": "http://10.0.0.7:8000/v1",
        "api_key_env": "SOME_KEY",
        "concurrency": 3,
        "requests_per_minute": 7,
        "tokens_per_minute": 9,
        "price": PRICE,
    }
    text = published(
        tmp_path,
        teachers=[elsewhere],
        sampling={"budget_usd": 5, "budget_tokens": 10, "timeout_s": 7},
        verify={"workers": 1},
        publish={"repo_id": "me/mine"},
    )
    assert text == published(tmp_path)
    assert not [word for word in ("10.0.0.7", "one.example", "SOME_KEY", str(tmp_path), "me/mine") if word in text]


def test_a_batch_asks_what_single_requests_ask(tmp_path: Path) -> None:
    assert published(tmp_path, teachers=[{**OPENAI, "kind": "openai_batch"}]) == published(tmp_path)


def test_prices_stand_in_it_only_where_they_decide_who_is_asked(tmp_path: Path) -> None:
    priced = [{**OPENAI, "price": PRICE}, {**OPENAI, "name": "r2", "model": "n", "price": PRICE}]
    assert "price" not in yaml.safe_load(published(tmp_path, teachers=priced[:1]))["teachers"][0]
    assert yaml.safe_load(published(tmp_path, teachers=priced))["teachers"][1]["price"] == PRICE


def test_a_source_of_the_hub_is_pinned_to_its_commit_and_benchmarks_are_too(tmp_path: Path) -> None:
    tree = yaml.safe_load(published(tmp_path))
    assert tree["sources"] == [{"kind": "deepmath", "revision": COMMIT}]
    assert {one["revision"] for one in tree["screen"]["benchmarks"]} == {COMMIT}


def test_a_recipe_made_of_it_is_it_again(tmp_path: Path) -> None:
    args = {"dtype": "float32", "reasoning_parser": "deepseek_r1", "max-model-len": 1024}
    vllm = {"name": "oss", "kind": "vllm", "model": "bundled", "engine_args": args}
    for teachers in ([OPENAI], [{"name": "recorded", "kind": "recorded"}, vllm]):
        text = published(tmp_path, teachers=teachers, screen={"near_duplicates": None})
        (tmp_path / "again").mkdir(exist_ok=True)
        (tmp_path / "again" / "recipe.yaml").write_text(text)
        again = load_recipe(str(tmp_path / "again" / "recipe.yaml"))
        assert published_of(again, tmp_path / "again") == text
        assert again.screen.near_duplicates is None


def test_of_vllm_it_says_what_changes_the_text_and_names_files_without_their_folders(tmp_path: Path) -> None:
    (tmp_path / "chat.jinja").write_text("{{ messages }}")
    served = {"name": "oss", "kind": "vllm", "model": "openai/gpt-oss-20b", "base_urls": ["http://10.0.0.7:8000/v1"]}
    args = {"chat-template": "chat.jinja", "tensor-parallel-size": 4, "reasoning-parser": "openai_gptoss"}
    text = published(tmp_path, teachers=[{**served, "engine_args": args}])
    [teacher] = yaml.safe_load(text)["teachers"]
    assert teacher["engine_args"] == {"chat-template": "chat.jinja", "reasoning-parser": "openai_gptoss"}
    assert str(tmp_path) not in text
    assert "the chat-template whose fingerprint is " in text


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    endpoint.rate = lambda problem: 1.0
    with endpoint.serving():
        yield endpoint


def test_with_its_files_beside_it_it_makes_the_same_dataset_of_the_same_completions(tmp_path: Path, endpoint) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "asking").mkdir(parents=True)
    (here / "asking" / "default.txt").write_text("Solve this: {{ problem }}")
    (here / "rows.jsonl").write_text(
        "".join(f'{{"problem": "What is {n} + 2 ?", "answer": "{n + 2}"}}\n' for n in (3, 4))
    )
    tree = {
        "name": "sums",
        "sources": [{"kind": "table", "name": "sums", "path": "rows.jsonl", "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{**OPENAI, "base_url": endpoint.base_url}],
        "sampling": {"target_correct": 2, "max_attempts": 4, "prompt": "asking"},
        "verify": {"workers": 1},
        "paths": {"tokenizer": "bundled", "count": [1, 2]},
        "output": {"formats": ["text"], "test_fraction": 0.0},
    }
    (here / "sums.yaml").write_text(json.dumps(tree))
    first = build(load_recipe(str(here / "sums.yaml")), here / "run").folder
    asked = endpoint.asked.total()

    shutil.copytree(first / "dataset", there, symlinks=False)
    shutil.copy(here / "rows.jsonl", there)
    again = load_recipe(str(there / "recipe.yaml"), ["verify.workers=2"])
    second = build(again, tmp_path / "second", Options(reuse=first)).folder
    assert (second / "dataset").readlink() == (first / "dataset").readlink()
    assert endpoint.asked.total() == asked > 0

    with pytest.raises(UsageError, match=r"nobody says where m is; set teachers\.r1\.base_url"):
        build(again, tmp_path / "third")
    hotter = load_recipe(str(there / "recipe.yaml"), ["sampling.temperature=0.9"])
    with pytest.raises(UsageError, match=r"nobody says where m is; set teachers\.r1\.base_url"):
        build(hotter, tmp_path / "fourth", Options(reuse=first))
    located = load_recipe(str(there / "recipe.yaml"), [f"teachers.r1.base_url={endpoint.base_url}"])
    third = build(located, tmp_path / "third").folder
    assert (third / "dataset").readlink() == (first / "dataset").readlink()  # this endpoint answers alike each time
    assert endpoint.asked.total() == 2 * asked


def test_a_dataset_does_not_send_whoever_builds_it_again_to_a_host_that_nobody_named(tmp_path: Path) -> None:
    [teacher] = yaml.safe_load(published(tmp_path, teachers=[OPENAI]))["teachers"]
    assert teacher["base_url"] is None
    with pytest.raises(UsageError, match="base_url: is null; say where batches go"):
        published(tmp_path, teachers=[{**OPENAI, "kind": "openai_batch", "base_url": None}])
