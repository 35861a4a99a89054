"""How a vLLM server is started: its command line and its environment."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datagen.engine_args import options, value_of
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.adapters import adapter_of
from datagen.teachers.vllm.interpreter import Interpreter
from datagen.teachers.vllm.placing import Place

_HOST = "127.0.0.1"
_SET = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONSAFEPATH": "1",  # what lies in the folder that the run was started in shadows no package
}
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""Says where this Python finds its packages, which another one must not take for its own."""
_BEHIND_US = ("nice", "-n", "10")
"""Without a GPU its processes poll for work on every core; those that feed them and verify what comes go first."""
_KV_GIB = "VLLM_CPU_KVCACHE_SPACE"
_OMP_CORES = "VLLM_CPU_OMP_THREADS_BIND"


def server_command(teacher: VLLMTeacher, interpreter: Interpreter, port: int) -> list[str]:
    """Program and arguments of one server of a teacher.

    A model's generation_config.json would set sampling parameters that nobody asked for, so it is left aside unless the
    recipe says otherwise. A line for each request would be most of the log, so there is none.
    """
    ours: dict[str, Any] = {
        "model": teacher.model,
        "generation-config": "vllm",
        "disable-uvicorn-access-log": True,
    }
    set_here = {name: value for name, value in ours.items() if value_of(teacher.engine_args, name) is None}
    theirs = {key: value for key, value in teacher.engine_args.items() if key != "port"}
    return [
        *(_BEHIND_US if interpreter.is_cpu_build else ()),
        interpreter.python,
        *("-m", "vllm.entrypoints.openai.api_server"),
        *("--host", _HOST, "--port", str(port), f"--served-model-name={served_name(teacher)}"),
        *options({**set_here, **theirs}),
    ]


def server_url(port: int) -> str:
    """The base URL of the server on a port."""
    return f"http://{_HOST}:{port}/v1"


def served_name(teacher: VLLMTeacher) -> str:
    """The name of what is loaded: `model`, but for an adapter, whose base has a name of its own."""
    loaded = value_of(teacher.engine_args, "model")
    is_adapter = loaded is not None and adapter_of(teacher.model, teacher.engine_args) is not None
    return str(loaded) if is_adapter else teacher.model


def server_environment(
    teacher: VLLMTeacher, interpreter: Interpreter, place: Place, ours: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of one server.

    Args:
        teacher: its settings.
        interpreter: the Python that it runs in.
        place: the GPUs or cores that it gets.
        ours: this process's environment. Its VLLM_API_KEY is left out: it would close a server that only we reach.
    """
    environment = {name: value for name, value in ours.items() if name != "VLLM_API_KEY"}
    if interpreter.python != sys.executable:
        environment = {name: value for name, value in environment.items() if name not in _OURS}
    programs = str(Path(interpreter.python).parent)  # kernels are compiled with the ninja that lies there
    environment["PATH"] = os.pathsep.join(filter(None, [programs, environment.get("PATH")]))
    environment.update(_SET)
    if place.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpu.index for gpu in place.gpus)
    if interpreter.is_cpu_build:
        if value_of(teacher.engine_args, "kv-cache-memory-bytes") is None:  # which the variable would override
            environment.setdefault(_KV_GIB, "1")
        if place.cores:
            environment.setdefault(_OMP_CORES, place.cores)
    return environment
