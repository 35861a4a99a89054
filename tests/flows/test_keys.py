"""Keys on a schedule: a Secret block goes by way of the pool to the endpoint that it is for, and stands nowhere."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.end_to_end.runs import ROOT
from tests.flows.prefect_server import worker_of
from tests.flows.school import CONCURRENCY

KEY = "sk-this-key-of-a-block-is-never-written-down-0123456789"
REFERENCE = "{{ prefect.blocks.secret.deepseek-api-key }}"
DOCS = (ROOT / "docs" / "scheduling.md").read_text()


@pytest.fixture
def keyed(server, teacher, tmp_path):
    """A recipe whose teacher needs the key, and a deployment in a pool of its own that gives it, as the docs say."""
    recipe = tmp_path / "keyed.yaml"
    recipe.write_text(
        f"""
name: keyed
sources: [{{kind: table, name: mine, path: rows.jsonl, licence: MIT}}]
screen: {{benchmarks: []}}
teachers:
  - name: far
    kind: openai
    model: datagen-demo-teacher
    base_url: "{teacher.url}"
    concurrency: {CONCURRENCY}
    api_key_env: DEEPSEEK_API_KEY
sampling: {{max_tokens: 4096}}
paths: {{tokenizer: bundled}}
output: {{formats: [text]}}
"""
    )
    row = {"problem": "Find the greatest common divisor of $1848$ and $1260$.", "answer": "84"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))

    make_block(server)
    server.must("work-pool", "create", "keyed", "--type", "process")
    template = tmp_path / "pool.json"
    server.must("work-pool", "get-default-base-job-template", "--type", "process", "--file", str(template))
    settings = json.loads(template.read_text())
    settings["variables"]["properties"]["env"]["default"] = the_environment_of_the_docs()
    template.write_text(json.dumps(settings))
    server.must("work-pool", "update", "keyed", "--base-job-template", str(template))

    deployments = (ROOT / "prefect.yaml").read_text().replace("    name: datagen", "    name: keyed", 1)
    (tmp_path / "prefect.yaml").write_text(deployments.replace("- name: build", "- name: keyed"))
    server.must("--no-prompt", "deploy", "-n", "keyed", "--prefect-file", str(tmp_path / "prefect.yaml"))
    with worker_of(server, "keyed", tmp_path / "worker.log"):
        yield {"recipe": str(recipe), "output": str(tmp_path / "run"), "retries": 0}


def make_block(server):
    """By the command of the docs, which asks for the key; without a terminal it reads standard input."""
    command = shlex.split(re.search(r"    (python -c .*getpass.*)", DOCS)[1])
    words = [sys.executable, *command[1:]]
    answer = f"{KEY}\n"
    environment = server.environment
    subprocess.run(
        words, cwd=ROOT, env=environment, input=answer, text=True, check=True, timeout=60, start_new_session=True
    )


def the_environment_of_the_docs():
    environment = json.loads(re.search(r"    (\{.*prefect\.blocks\.secret.*\})", DOCS)[1])
    assert environment == {"DEEPSEEK_API_KEY": REFERENCE}
    return environment


def holders(*folders):
    """The files that hold the key."""
    return [path for one in folders for path in one.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@pytest.mark.full
def test_the_key_of_a_secret_block_reaches_the_teacher_and_stands_nowhere(server, keyed, teacher, tmp_path):
    teacher.refusal = (401, f"Incorrect API key provided: {KEY}")
    refused = server.wait(server.start("keyed", **keyed))
    assert refused["state"]["type"] == "FAILED"
    assert "is DEEPSEEK_API_KEY the right key?" in refused["state"]["message"]
    teacher.refusal = None
    built = server.finish(server.start("keyed", **keyed))
    assert teacher.keys == {f"Bearer {KEY}"}

    assert (server.folder / "prefect.db").is_file()
    assert "HTTP 401" in (tmp_path / "worker.log").read_text()
    assert holders(server.folder, tmp_path) == []
    shown = [server.run(run["id"]) for run in (refused, built)]
    shown += [server.log(run["id"]) + json.dumps(server.artifacts(run["id"])) for run in (refused, built)]
    shown += [server.deployment("keyed"), server.must("block", "inspect", "secret/deepseek-api-key")]
    assert KEY not in json.dumps(shown)
    assert REFERENCE in json.dumps(server.ask("work_pools/keyed"))
