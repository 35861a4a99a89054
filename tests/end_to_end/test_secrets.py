"""No secret at rest: a key goes to the endpoint that it is for, and nowhere else."""

import pytest

from tests.end_to_end.runs import build, datagen

KEY = "sk-this-key-must-never-be-written-down-0123456789"


@pytest.fixture
def arguments(teacher, tmp_path):
    """A build that asks the counting teacher with a key."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"""
name: keyed
sources: [{{kind: table, name: mine, path: rows.jsonl, licence: MIT}}]
screen: {{benchmarks: []}}
teachers: [{{name: far, kind: openai, model: datagen-demo-teacher, base_url: "{teacher.url}", api_key_env: FAR_KEY}}]
sampling: {{max_tokens: 4096}}
paths: {{tokenizer: bundled}}
output: {{formats: [text]}}
"""
    )
    row = '{"problem": "Find the greatest common divisor of $1848$ and $1260$.", "answer": "84"}\n'
    (tmp_path / "rows.jsonl").write_text(row)
    return ["recipe.yaml", "--output", "run"]


def holders(folder):
    """The files that hold the key."""
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_key_is_sent_and_never_written(arguments, teacher, tmp_path):
    done = build(*arguments, cwd=tmp_path, FAR_KEY=KEY)
    assert teacher.keys == {f"Bearer {KEY}"}
    assert (tmp_path / "run" / ".prefect").exists()
    assert (tmp_path / "run" / "dataset" / "README.md").is_file()
    assert KEY not in done.out + done.err
    assert holders(tmp_path) == []


@pytest.mark.parametrize("status", [401, 400])
def test_an_endpoint_that_shows_the_key_in_its_refusal_does_not_get_it_written(
    status, arguments, teacher, tmp_path, prefect
):
    teacher.refusal = (status, f"Incorrect API key provided: {KEY}")
    done = datagen("--debug", "build", *arguments, cwd=tmp_path, FAR_KEY=KEY, **prefect)
    assert done.status == 1
    assert "Traceback" in done.err
    assert done.complaints[-1].startswith(f"datagen: teacher far: HTTP {status} ")
    assert KEY not in done.out + done.err
    assert holders(tmp_path) == []
