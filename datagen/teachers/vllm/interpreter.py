"""The environment that vLLM lives in: which version, which build, which GPUs it sees."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from datagen.errors import DatagenError, UsageError
from datagen.stopping import refuse_when_stopped

OLDEST_VERSION = (0, 12)
"""Of vLLM: the first whose replies, metrics and options are the ones that datagen goes by."""

_TIMEOUT_S = 180.0
"""Importing torch from a cold network drive takes a minute."""
_LOOK_EVERY_S = 0.1


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
        StoppedError: the run was told to stop.
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


def _ask(program: str) -> Any:
    source = resources.files("datagen.teachers.vllm").joinpath("probe.py").read_text(encoding="utf-8")
    try:
        answer, said = _output([program, "-c", source])
        return json.loads(answer)
    except FileNotFoundError:
        raise UsageError(f"{program}: there is no such program; python: names the interpreter with vLLM") from None
    except PermissionError:
        raise UsageError(f"{program}: can't be executed; python: names the interpreter with vLLM") from None
    except TimeoutError:
        raise DatagenError(
            f"{program}: said nothing about its vLLM for {_TIMEOUT_S:.0f} s; does `{program} -c 'import torch'` end?"
        ) from None
    except OSError as error:
        raise UsageError(f"{program}: can't be executed: {error.strerror}") from None
    except ValueError:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
        raise UsageError(f"{program}: is no Python that vLLM runs in: {last.strip()[:300]}") from None


def _output(command: Sequence[str]) -> tuple[str, str]:
    """What a command writes to standard output and standard error.

    It runs without what would lead it to our packages, and in a folder whose files shadow none of its own.

    Raises:
        TimeoutError: it does not end in time.
        StoppedError: the run was told to stop.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with subprocess.Popen(
        command,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as asked:
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return asked.communicate(timeout=_LOOK_EVERY_S)
                refuse_when_stopped()
                if time.monotonic() > deadline:
                    raise TimeoutError
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(asked.pid, signal.SIGKILL)
            raise
