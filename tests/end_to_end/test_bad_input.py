"""What a user gets wrong: each is refused in a line or two that say what, where and what to do, and with its status."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from datagen.cli import main
from tests.end_to_end.runs import datagen

ROWS = {"problem": ["What is $2+3$?", "What is $3+4$?"], "answer": ["5", "7"]}
DEMO = {"name": "demo", "kind": "demo"}
OPENAI = {"name": "far", "kind": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
VLLM = {"name": "gpu", "kind": "vllm", "model": "m"}


def recipe(**changes):
    """A recipe over `rows.parquet`; changes replace or add sections."""
    source = {"kind": "table", "name": "mine", "path": "rows.parquet", "licence": "MIT"}
    base = {
        "name": "small",
        "sources": [source | changes.pop("source", {})],
        "screen": {"benchmarks": []},
        "teachers": [DEMO],
        "paths": {"tokenizer": "bundled"},
    }
    return base | changes


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("FAR_KEY", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    pq.write_table(pa.table(ROWS), "rows.parquet")
    return tmp_path


def write(tree, name="recipe.yaml"):
    Path(name).write_text(yaml.safe_dump(tree))


def check(status, complaints, out, expected, words):
    assert status == expected, (out, complaints)
    assert 1 <= len(complaints) <= 2, complaints
    assert all(line.startswith("datagen: ") for line in complaints)
    assert "Traceback" not in out
    said = "\n".join(complaints)
    assert "this is a fault of datagen" not in said
    for word in words:
        assert word in said


def in_process(arguments, monkeypatch, capsys):
    """A command that is refused before anything starts."""
    monkeypatch.setattr(sys, "argv", ["datagen", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return ended.value.code, said.err.splitlines(), said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "nowhere.yaml"], ["nowhere.yaml", "no such file"]),
        (["build", "quickstrat"], ["quickstrat", "did you mean quickstart?"]),
        (["build", "rows.parquet"], ["rows.parquet"]),
        (["build", "quickstart", "--until", "nonsense"], ["--until nonsense", "screen"]),
        (["build", "quickstart", "--limit", "0"], ["--limit 0"]),
        (["build", "quickstart", "--limit", "many"], ["--limit"]),
        (["build", "quickstart", "--reuse", "nothing"], ["--reuse nothing"]),
        (["build", "quickstart", "--reuse", "rows.parquet"], ["--reuse rows.parquet"]),
        (
            ["build", "quickstart", "--set", "sampling.temprature=1"],
            ["sampling.temprature", "did you mean temperature?"],
        ),
        (["build", "quickstart", "--set", "sampling"], ["--set sampling", "KEY=VALUE"]),
        (["build", "quickstart", "--set", "teachers.r1.concurrency=1"], ["r1", "demo"]),
        (["build", "quickstart", "--set", "paths.count=[2,9]"], ["paths.count"]),
        (["build", "quickstart", "--output", "rows.parquet"], ["rows.parquet", "--output"]),
        (["build", "quickstart", "--output", "rows.parquet/run"], ["rows.parquet/run", "--output"]),
        (["build", "quickstart", "--output", "/proc/run"], ["/proc/run", "--output"]),
        (["build", "--nonsense"], ["--nonsense"]),
        (["build"], ["recipe"]),
        (["buidl", "quickstart"], ["buidl"]),
        (["show", "nothing"], ["nothing", "no run"]),
        (["estimate", "quickstrat"], ["did you mean quickstart?"]),
        (["estimate", "quickstart", "--pilot", "0"], ["--pilot 0", "above 0"]),
        (["estimate", "recorded-only", "--pilot", "3"], ["--pilot", "asks no teacher"]),
        (["estimate", "quickstart", "--from", "nothing"], ["--from nothing", "no run"]),
        (["estimate", "quickstart", "--from", "rows.parquet"], ["--from rows.parquet"]),
        (["estimate", "quickstart", "--output", "out"], ["--output", "--pilot"]),
        (["estimate", "quickstart", "--solve-rate", "60"], ["--solve-rate 60", "at most 1"]),
        (["estimate", "quickstart", "--tokens", "-5"], ["--tokens -5", "above 0"]),
        (["export", "nothing", "--format", "text", "--to", "out"], ["nothing", "no run"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0] in ("build", "buidl", "show", "export", "estimate") else "",
)
def test_wrong_arguments_are_refused(arguments, words, place, monkeypatch, capsys):
    check(*in_process(arguments, monkeypatch, capsys), 2, words)
    assert sorted(path.name for path in place.iterdir() if path.name != "outputs") == ["rows.parquet"]


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (recipe(version=2), ["version"]),
        (recipe(source={"path": "gone.parquet"}), ["gone.parquet", "no such file"]),
        (recipe(source={"kind": "tabel"}), ["sources.0", "tabel", "did you mean table?"]),
        (recipe(teachers=[DEMO | {"kind": "dmeo"}]), ["teachers.0", "dmeo", "did you mean demo?"]),
        (recipe(teachers=[DEMO | {"concurency": 3}]), ["concurency", "did you mean concurrency?"]),
        (recipe(sampel={}), ["sampel", "did you mean sampling?"]),
        (recipe(teachers=[DEMO, DEMO]), ["demo", "twice"]),
        (recipe(teachers=[]), ["teachers"]),
        (recipe(sampling={"temperature": "warm"}), ["sampling.temperature", "warm"]),
        (recipe(sampling={"prompt": "nowhere"}), ["sampling.prompt", "nowhere"]),
        (recipe(sampling={"budget_usd": 5}, teachers=[OPENAI]), ["budget_usd needs teachers.far.price"]),
        (recipe(sampling={"budget_usd": 0}), ["sampling.budget_usd", "greater than 0"]),
        (recipe(teachers=[VLLM | {"model": "./nowhere"}]), ["teachers.gpu", "model: ./nowhere", "no such file"]),
        (recipe(teachers=[VLLM | {"python": "env/bin/python"}]), ["teachers.gpu", "env/bin/python", "no such program"]),
        (recipe(teachers=[VLLM | {"engine_args": {"api-key": "sk-1"}}]), ["teachers.0", "engine_args.api-key"]),
        (recipe(teachers=[OPENAI | {"api_key_env": "FAR_KEY"}]), ["far", "FAR_KEY"]),
        (recipe(teachers=[OPENAI | {"base_url": "far.example"}]), ["base_url", "far.example"]),
        (recipe(paths={"tokenizer": "no/such-folder/here"}), ["no/such-folder/here"]),
        (recipe(screen={"benchmarks": ["aime99"]}), ["aime99", "aime24"]),
        (recipe(name="../up"), ["name"]),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[0],
)
def test_a_wrong_recipe_is_refused(tree, words, place, monkeypatch, capsys):
    write(tree)
    check(*in_process(["build", "recipe.yaml"], monkeypatch, capsys), 2, words)


def test_a_key_written_into_the_recipe_is_refused_and_not_shown(place, monkeypatch, capsys):
    write(recipe(teachers=[OPENAI | {"api_key_env": "sk-abc-123"}]))
    status, complaints, out = in_process(["build", "recipe.yaml"], monkeypatch, capsys)
    check(status, complaints, out, 2, ["api_key_env"])
    assert "sk-abc-123" not in "".join(complaints) + out


def test_yaml_that_is_none_is_refused_with_its_line(place, monkeypatch, capsys):
    Path("recipe.yaml").write_text("name: small\nsources: [\n")
    check(*in_process(["build", "recipe.yaml"], monkeypatch, capsys), 2, ["recipe.yaml", "line"])


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "changes", "words"),
    [
        (lambda table: half(table), {}, ["rows.parquet"]),
        (lambda table: pq.write_table(pa.table(ROWS).slice(0, 0), table), {}, ["rows.parquet", "empty"]),
        (lambda table: None, {"source": {"columns": {"answer": "anwser"}}}, ["rows.parquet", "anwser", "answer"]),
    ],
    ids=["cut in half", "empty", "wrong column"],
)
def test_a_table_that_can_not_be_read_as_told_is_refused(spoil, changes, words, place, prefect):
    spoil(place / "rows.parquet")
    write(recipe(**changes))
    done = datagen("build", "recipe.yaml", cwd=place, **prefect)
    check(done.status, done.complaints, done.out, 2, words)


@pytest.mark.full  # a run waits a minute for a server that never answered
def test_a_teacher_that_can_not_be_reached_is_named(place, prefect):
    write(recipe(teachers=[OPENAI]))
    done = datagen("build", "recipe.yaml", cwd=place, **prefect)
    check(done.status, done.complaints, done.out, 1, ["teacher far", "no connection", "http://127.0.0.1:9/v1"])


def test_an_unfinished_run_can_be_shown_and_not_exported(place, prefect, monkeypatch, capsys):
    write(recipe())
    assert datagen("build", "recipe.yaml", "--until", "screen", cwd=place, **prefect).status == 0
    shown = datagen("show", "small", cwd=place)
    assert shown.status == 0
    assert "not decided yet" in shown.out
    check(
        *in_process(["export", "small", "--format", "text", "--to", "out"], monkeypatch, capsys), 2, ["no dataset yet"]
    )


@pytest.mark.parametrize(
    ("format_name", "to", "words"),
    [("parquet", "out", ["parquet", "parathinker"]), ("text", "full", ["full", "not empty"])],
    ids=["unknown format", "folder not empty"],
)
def test_a_wrong_export_is_refused(format_name, to, words, quickstart, place, monkeypatch, capsys):
    (place / "full").mkdir()
    (place / "full" / "precious").write_text("kept")
    arguments = ["export", str(quickstart), "--format", format_name, "--to", to]
    check(*in_process(arguments, monkeypatch, capsys), 2, words)
    assert (place / "full" / "precious").read_text() == "kept"
    assert not (place / "out").exists()


def test_a_damaged_record_is_named_with_the_way_out(copy, monkeypatch, capsys):
    half(copy / "run.json")
    check(*in_process(["show", str(copy)], monkeypatch, capsys), 1, ["run.json", "damaged"])


def test_a_run_without_a_single_example_says_why(place, prefect):
    write(recipe(teachers=[{"name": "recorded", "kind": "recorded"}]))
    done = datagen("build", "recipe.yaml", cwd=place, **prefect)
    check(done.status, done.complaints, done.out, 1, ["no problem became an example", "no_correct_solution 2"])
