"""What a user can get wrong with vLLM: one line that says what, in vLLM's own words where it knows best."""

import json
import shutil
import socket
import sys
from pathlib import Path

import pytest

from datagen.recipe_file import load_recipe
from tests.end_to_end.runs import running, wait_until

pytestmark = pytest.mark.vllm


@pytest.fixture
def model(tmp_path) -> Path:
    """A copy of the tiny teacher, to be spoilt."""
    bundled = load_recipe("tiny-vllm").paid_teachers[0].engine_args["model"]
    return Path(shutil.copytree(str(bundled), tmp_path / "model"))


def complaint(tmp_path, prefect, *settings: str) -> str:
    """What a build says that can't be done, in one or two lines; nothing is left running."""
    told = [part for setting in settings for part in ("--set", f"teachers.tiny.{setting}")]
    with running("build", "tiny-vllm", "--limit", "4", *told, cwd=tmp_path, **prefect) as command:
        done = command.wait()
        wait_until(lambda: not command.left_behind(), "no process is left")
    assert done.status in (1, 2)
    assert 1 <= len(done.complaints) <= 2, done.err
    return done.err


def test_a_setting_that_vllm_does_not_know_is_refused_in_its_words(python, tmp_path, prefect):
    said = complaint(tmp_path, prefect, f"python={python}", "engine_args.no-such-setting=3")
    assert "unrecognized arguments: --no-such-setting" in said


def test_an_architecture_that_vllm_does_not_know_is_named(python, tmp_path, model, prefect):
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"architectures": ["NoSuchForCausalLM"]}))
    assert "NoSuchForCausalLM" in complaint(tmp_path, prefect, f"python={python}", f"model={model}")


def test_a_context_that_does_not_fit_into_the_memory_is_told_in_vllms_words(python, tmp_path, prefect):
    said = complaint(tmp_path, prefect, f"python={python}", "engine_args.kv-cache-memory-bytes=65536")
    assert "No available memory for the cache blocks" in said


def test_a_folder_without_weights_is_refused_before_anything_is_started(python, tmp_path, model, prefect):
    (model / "model.safetensors").unlink()
    said = complaint(tmp_path, prefect, f"python={python}", f"model={model}")
    assert "weights" in said


def test_a_port_in_use_is_named(python, tmp_path, prefect):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = complaint(tmp_path, prefect, f"python={python}", f"engine_args.port={port}")
    assert f"port {port}" in said


def test_an_interpreter_without_vllm_is_named(tmp_path, prefect):
    said = complaint(tmp_path, prefect, f"python={sys.executable}")
    assert sys.executable in said
    assert "pip install" in said
