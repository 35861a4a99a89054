"""The bundled recipes that read the Hub, over real HTTP against a stand-in that holds the quickstart's rows."""

import io
import json
from importlib import resources

import pandas as pd
import pytest

from datagen.formats.tokenizer import load_tokenizer
from datagen.recipe import DATASETS, PINNED_REVISIONS
from datagen.screen.benchmarks import HUB_SPLITS
from tests.end_to_end.runs import build, counts, datagen, hashes, rows
from tests.sources.hub_stand_in import HubDataset, running_hub

TOKENIZER = "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"
FIRST, SECOND = "1" * 40, "2" * 40


def parquet(rows_):
    file = io.BytesIO()
    pd.DataFrame(rows_).to_parquet(file)
    return file.getvalue()


def own_rows(kind):
    path = resources.files("datagen.recipes").joinpath("quickstart", f"{kind}.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def dataset_files(kind, config="default", split="train"):
    card = f"---\nconfigs:\n- config_name: {config}\n  data_files:\n  - split: {split}\n    path: data/*.parquet\n---\n"
    return {"README.md": card.encode(), "data/train-00000-of-00001.parquet": parquet(own_rows(kind))}


@pytest.fixture
def hub(tmp_path):
    datasets = {
        name: HubDataset({PINNED_REVISIONS.get(kind, FIRST): dataset_files(kind)}) for kind, name in DATASETS.items()
    }
    for name, (dataset, split) in HUB_SPLITS.items():
        row = [{"problem": f"What is {name}?", "question": f"What is {name}?", "answer": "1", "id": 0}]
        datasets[dataset] = HubDataset({FIRST: {f"data/{split}-00000-of-00001.parquet": parquet(row)}})
    load_tokenizer("bundled").save(tmp_path / "tokenizer")
    files = {path.name: path.read_bytes() for path in (tmp_path / "tokenizer").iterdir()}
    datasets[TOKENIZER] = HubDataset({FIRST: files})
    with running_hub(datasets) as hub:
        yield hub


@pytest.mark.full
def test_recorded_only_is_built_from_the_hub_and_keeps_its_commits(hub, tmp_path, prefect):
    environment = {**prefect, "HF_HOME": str(tmp_path / "hf")}
    online = {**environment, "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0"}
    build("recorded-only", cwd=tmp_path, **online)
    run = tmp_path / "outputs" / "recorded-only"
    examples = rows(run, "examples")
    assert {row["source"] for row in examples} >= {"open_r1", "deepmath"}
    assert {row["revision"] for row in examples if row["source"] == "open_r1"} == {PINNED_REVISIONS["open_r1"]}
    assert {path["model"] for row in examples for path in row["paths"]} <= {"deepseek-r1", "gemini-flash-thinking"}
    assert counts(run, "sample").get("spent") == {}

    before = hashes(run / "dataset")
    commits = hub.datasets[DATASETS["deepmath"]].commits
    commits[SECOND] = {**commits[FIRST], "data/train-00000-of-00001.parquet": parquet(own_rows("deepmath")[:-1])}
    again = datagen("build", "recorded-only", cwd=tmp_path, **environment, HF_HUB_OFFLINE="1")
    assert "nothing to do" in again.out
    assert hashes(run / "dataset") == before

    build("recorded-only", "--fresh", cwd=tmp_path, **online)
    assert {row["revision"] for row in rows(run, "problems") if row["source"] == "deepmath"} == {SECOND}


@pytest.mark.full
def test_parathinker_math_6k_samples_what_the_recorded_solutions_lack(hub, tmp_path, prefect, counting_teacher):
    environment = {**prefect, "HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0"}
    teacher = ["--set", f"teachers.oss.base_urls=[{counting_teacher.url}]"]
    teacher += ["--set", "teachers.oss.model=datagen-demo-teacher"]
    build("parathinker-math-6k", *teacher, cwd=tmp_path, **environment)
    run = tmp_path / "outputs" / "parathinker-math-6k"
    teachers = {path["teacher"] for row in rows(run, "examples") for path in row["paths"]}
    assert teachers == {"recorded", "oss"}
    assert all(2 <= len(row["paths"]) <= 6 for row in rows(run, "examples"))
