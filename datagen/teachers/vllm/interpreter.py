"""The environment that vLLM lives in: which version, which build, which GPUs it sees."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from typing import Any

from datagen.errors import DatagenError, UsageError

OLDEST_VERSION = (0, 12)
"""Of vLLM: the first whose replies, metrics and options are the ones that datagen goes by."""

_TIMEOUT_S = 180.0
"""Importing torch from a cold network drive takes a minute."""


@dataclass(frozen=True, slots=True)
class GPU:
    """One accelerator that an interpreter sees.

    Attributes:
        index: as CUDA_VISIBLE_DEVICES takes it.
        name: of the model.
        total_mib, free_mib: its memory, in MiB.
    """

    index: str
    name: str
    total_mib: int
    free_mib: int


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that vLLM is installed for.

    Attributes:
        python: its program.
        version: of vLLM.
        is_cpu_build: whether that vLLM runs on the CPU.
        gpus: what it sees; empty on a CPU build.
    """

    python: str
    version: str
    is_cpu_build: bool
    gpus: tuple[GPU, ...]


def examine(python: str | None) -> Interpreter:
    """Ask an interpreter what it has for vLLM, in a process of its own.

    Args:
        python: its program; this process's own when None.

    Raises:
        UsageError: there is no such program, or no vLLM there that datagen can use.
        DatagenError: its torch or its GPUs can't be used.
    """
    program = python or sys.executable
    found = _ask(program)
    if found["version"] is None:
        raise UsageError(
            f"{program} has no vLLM; install it there (pip install vllm), or name another interpreter in python:"
        )
    numbers = tuple(int(number) for number in re.findall(r"\d+", found["version"])[:2])
    if numbers < OLDEST_VERSION and ".dev" not in found["version"]:  # a build of a bare clone calls itself 0.1.dev
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise UsageError(
            f"{program} has vLLM {found['version']}, datagen needs {oldest} or later; "
            "upgrade it there (pip install -U vllm)"
        )
    if found["fault"]:
        said = " ".join(found["fault"].split())[:300]
        raise DatagenError(
            f"{program}: its torch can't be used: {said}; mend it there, or make a new environment for vLLM"
        )
    gpus = tuple(GPU(*gpu) for gpu in found["gpus"])
    return Interpreter(program, found["version"], found["is_cpu_build"], gpus)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead another interpreter to our packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _ask(program: str) -> Any:
    source = resources.files("datagen.teachers.vllm").joinpath("probe.py").read_text(encoding="utf-8")
    command = [program, "-c", source]
    try:
        asked = subprocess.run(  # in a folder whose files shadow no package
            command, cwd="/", env=clean_environment(), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
        return json.loads(asked.stdout)
    except FileNotFoundError:
        raise UsageError(f"{program}: there is no such program; python: names the interpreter with vLLM") from None
    except PermissionError:
        raise UsageError(f"{program}: can't be executed; python: names the interpreter with vLLM") from None
    except subprocess.TimeoutExpired:
        raise DatagenError(
            f"{program}: said nothing about its vLLM for {_TIMEOUT_S:.0f} s; does `{program} -c 'import torch'` end?"
        ) from None
    except (OSError, ValueError) as error:
        said = str(error) if isinstance(error, OSError) else (asked.stderr.strip().splitlines() or ["nothing"])[-1]
        raise UsageError(f"{program}: is no Python that vLLM runs in: {said[:300]}") from None
