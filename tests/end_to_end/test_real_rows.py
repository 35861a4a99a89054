"""Real rows of the four sources, with the solutions that they carry: nothing disappears, no benchmark gets in."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
import yaml

from datagen.normalising import normalise
from datagen.thoughts import split_thought
from tests.end_to_end.runs import DATA, build, rows

SOURCES = ("open_r1", "deepmath", "s1k", "limo")
BENCHMARKS = ("aime24", "aime25", "amc23", "math500")
STAGES = ("pull", "screen", "sample", "verify", "select", "assemble")
PLANTED = ("cn_contest", "amc_aime")
"""Under these names the 570 benchmark problems were put among the rows of open_r1."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the real rows of ../shared/data")


def source_rows(name):
    return [
        row for file in sorted((DATA / "sources" / name).glob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


def write_recipe(folder):
    recipe = {
        "name": "real",
        "sources": [{"kind": name, "path": str(DATA / "sources" / name)} for name in SOURCES],
        "screen": {
            "benchmarks": [{"name": name, "path": str(DATA / "benchmarks" / f"{name}.jsonl")} for name in BENCHMARKS]
        },
        "teachers": [{"name": "recorded", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled"},
        "output": {"formats": ["text", "parathinker"]},
    }
    (folder / "real.yaml").write_text(yaml.safe_dump(recipe))


def check_no_row_is_lost(run, stage, pulled):
    """After each stage: pulled = rows that it kept + dropped, by row_id."""
    kept = {"pull": "problems", "screen": "screened", "sample": "screened", "verify": "screened"}.get(stage, "examples")
    dropped = rows(run, "dropped")
    ended = Counter([row["row_id"] for row in dropped] + [row["row_id"] for row in rows(run, kept)])
    assert ended.total() == len(ended) == pulled, stage
    assert all(row["reason"] and row["detail"] for row in dropped)


def build_by_stages(folder, prefect, *arguments, pulled, stages=STAGES):
    write_recipe(folder)
    for stage in stages:
        build("real.yaml", "--until", stage, *arguments, cwd=folder, **prefect)
        check_no_row_is_lost(folder / "outputs" / "real", stage, pulled)
    return folder / "outputs" / "real"


def check_examples(run):
    """No benchmark, no cut thought."""
    examples = rows(run, "examples")
    texts = {normalise(example["problem"]) for example in examples}
    for name in BENCHMARKS:
        lines = (DATA / "benchmarks" / f"{name}.jsonl").read_text().splitlines()
        assert not texts & {normalise(json.loads(line)["problem"]) for line in lines}, name
    mixed = source_rows("open_r1")
    planted = [row for row in mixed if row["source"] in PLANTED]
    assert len(planted) == 570
    assert not texts & {normalise(row["problem"]) for row in planted}

    split = [split_thought(text) for row in mixed for text in row["generations"]]
    cut = {part.reasoning for part in split if part.cut}
    assert cut
    for example in examples:
        assert 2 <= len(example["paths"]) <= 6
        for path in example["paths"]:
            assert path["finish_reason"] != "length"
            assert path["text"] not in cut
    thoughts = {f"{part.reasoning}\n\n{part.content}" for part in split if part.reasoning and not part.cut}
    return examples, [example for example in examples if any(path["text"] in thoughts for path in example["paths"])]


def test_no_row_is_lost_at_any_stage_and_no_benchmark_gets_in(tmp_path, prefect):
    limit = 120
    pulled = sum(min(limit, len(source_rows(name))) for name in SOURCES)
    run = build_by_stages(tmp_path, prefect, "--limit", str(limit), pulled=pulled, stages=("pull", "assemble"))
    examples, _ = check_examples(run)
    assert len(examples) >= 20


@pytest.mark.full
def test_all_real_rows_give_what_they_can(tmp_path, prefect):
    run = build_by_stages(tmp_path, prefect, pulled=sum(len(source_rows(name)) for name in SOURCES))
    examples, with_thought = check_examples(run)
    assert len(examples) >= 400
    assert len(with_thought) >= 150
    planted = {row["uuid"] for row in source_rows("open_r1") if row["source"] in PLANTED}
    reasons = Counter(row["reason"] for row in rows(run, "dropped") if row["source"] == "open_r1")
    assert reasons["benchmark"] + reasons["duplicate"] >= len(planted) > 0
