"""A server is started with what the recipe says, in an environment that is its own."""

import argparse
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.engine_args import refused
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.command import server_command, server_environment
from datagen.teachers.vllm.interpreter import GPU, Interpreter
from datagen.teachers.vllm.placing import Place

CPU = Interpreter("/opt/vllm/bin/python", "0.32.0", True, ())
GPUS = Interpreter("/opt/vllm/bin/python", "0.32.0", False, tuple(GPU(str(at), "H200", 1, 1) for at in range(4)))

REFUSED = [
    *(
        "host",
        "served_model_name",
        "served-model",
        "api-key",
        "api_k",
        "hf_token",
        "uds",
        "ssl-keyfile",
        "ssl_ca_certs",
    ),
    *("config", "headless", "por", "--max-model-len", ""),
]


def arguments(**teacher: Any) -> list[str]:
    command = server_command(VLLMTeacher(name="tiny", kind="vllm", **teacher), CPU, 8000)
    return command[command.index("vllm.entrypoints.openai.api_server") + 1 :]


def environment(place: Place, interpreter: Interpreter = CPU, ours: dict[str, str] | None = None, **args: Any) -> Any:
    teacher = VLLMTeacher(name="tiny", kind="vllm", model="m", engine_args=args)
    return server_environment(teacher, interpreter, place, ours or {})


def test_only_a_server_without_a_gpu_stands_back_for_those_who_feed_it() -> None:
    teacher = VLLMTeacher(name="tiny", kind="vllm", model="m")
    assert server_command(teacher, CPU, 8000)[:4] == ["nice", "-n", "10", CPU.python]
    assert server_command(teacher, GPUS, 8000)[0] == GPUS.python


def test_a_model_is_served_under_its_name_on_this_machine_alone() -> None:
    assert arguments(model="org/name") == [
        *("--host", "127.0.0.1", "--port", "8000", "--served-model-name=org/name"),
        *("--model=org/name", "--generation-config=vllm", "--disable-uvicorn-access-log"),
    ]


def test_settings_pass_through_as_vllm_writes_them() -> None:
    given_args = {
        "max_model_len": 1024,
        "enforce-eager": True,
        "enable_prefix_caching": False,
        "quantization": None,
        "generation_config": "auto",
        "middleware": ["a.B", "c.D"],
        "hf_overrides": {"rope_theta": 1e6},
        "compilation_config.cudagraph_mode": "NONE",
        "port": 9000,
    }
    assert arguments(model="m", engine_args=given_args)[5:] == [
        *("--model=m", "--disable-uvicorn-access-log"),
        *("--max-model-len=1024", "--enforce-eager", "--no-enable-prefix-caching", "--generation-config=auto"),
        *("--middleware", "a.B", "c.D", '--hf-overrides={"rope_theta": 1000000.0}'),
        "--compilation-config.cudagraph_mode=NONE",
    ]


def test_a_model_is_loaded_from_where_engine_args_say() -> None:
    given = arguments(model="name@1234", engine_args={"model": "/models/name"})
    assert "--served-model-name=name@1234" in given
    assert "--model=/models/name" in given


@pytest.mark.parametrize("adapter", ["math=/a/math", {"name": "math", "path": "/a"}, '{"name": "math", "path": "/a"}'])
def test_an_adapter_leaves_its_base_the_name_of_what_is_loaded(adapter: Any) -> None:
    given = arguments(model="math", engine_args={"model": "org/base", "lora_modules": [adapter], "enable_lora": True})
    assert "--served-model-name=org/base" in given


@pytest.mark.parametrize("name", REFUSED)
def test_what_datagen_sets_and_secrets_are_refused_with_advice(name: str) -> None:
    complaint = refused({"max-model-len": 5, name: "sk-secret"})
    assert complaint is not None
    assert complaint.startswith(f"engine_args.{name}: ")
    assert "sk-secret" not in complaint


@pytest.mark.parametrize("port", [0, 65536, "x", True, -1, 1.5, None])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    assert (refused({"port": port}) is None) == (port is None)


def test_a_setting_in_two_spellings_is_refused() -> None:
    assert refused({"max_model_len": 1, "max-model-len": 2}) is not None


VALUES = st.text("-= \"'{é1", max_size=6).filter(lambda text: text != "--") | st.integers()
"""But for `--`, which argparse of Python 3.11 takes for its separator wherever it stands."""


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["alpha", "beta_b", "gamma-c"]), VALUES))
def test_a_value_is_one_value_whatever_it_holds(engine_args: dict[str, Any]) -> None:
    parser = argparse.ArgumentParser()
    for name in ("alpha", "beta-b", "gamma-c"):
        parser.add_argument(f"--{name}")
    read, _ours = parser.parse_known_args(arguments(model="m", engine_args=engine_args))
    for key, value in engine_args.items():
        assert getattr(read, key.replace("-", "_")) == str(value)


def test_a_foreign_interpreter_does_not_get_our_packages_nor_a_key() -> None:
    ours = {"PYTHONPATH": "/ours", "PYTHONHOME": "/ours", "VLLM_API_KEY": "secret", "HF_TOKEN": "hf", "PATH": "/bin"}
    got = environment(Place(), ours=ours)
    assert got == {
        "HF_TOKEN": "hf",
        "PATH": "/opt/vllm/bin:/bin",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONSAFEPATH": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
    }
    own = Interpreter(sys.executable, "0.32.0", True, ())
    assert environment(Place(), own, ours)["PYTHONPATH"] == "/ours"


def test_a_worker_sees_its_gpus_only() -> None:
    got = environment(Place(gpus=GPUS.gpus[2:]), GPUS, {"CUDA_VISIBLE_DEVICES": "0,1,2,3"})
    assert got["CUDA_VISIBLE_DEVICES"] == "2,3"
    assert "VLLM_CPU_KVCACHE_SPACE" not in got


def test_what_the_user_set_for_the_cpu_build_stands() -> None:
    assert environment(Place(), ours={"VLLM_CPU_KVCACHE_SPACE": "8"})["VLLM_CPU_KVCACHE_SPACE"] == "8"
    assert "VLLM_CPU_KVCACHE_SPACE" not in environment(Place(), kv_cache_memory_bytes="2GiB")
    assert environment(Place(cores="0,1"))["VLLM_CPU_OMP_THREADS_BIND"] == "0,1"
    named = {"VLLM_CPU_OMP_THREADS_BIND": "nobind"}
    assert environment(Place(cores="0,1"), ours=named)["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"
