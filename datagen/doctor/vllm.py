"""Local vLLM: which interpreter has it, which GPUs it sees, whether the model fits, and what a run would start."""

import contextlib
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

from datagen.doctor.finding import Finding, State
from datagen.doctor.servers import room, server_findings
from datagen.engine_args import value_of
from datagen.errors import DatagenError
from datagen.recipe import Recipe
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.interpreter import Interpreter, examine
from datagen.teachers.vllm.model import context_length, weights_bytes
from datagen.teachers.vllm.placing import Place, Places, group_size, ports_for

_USUAL_ENVIRONMENT = ".venv-vllm/bin/python"
_UTILIZATION = 0.92
"""Of a GPU's memory that vLLM takes unless told otherwise (CacheConfig of vLLM 0.32); 0.9 before."""
_CACHE_GIB, _PROGRAM_GIB = 1, 2
"""On a CPU, beside the weights: the cache that datagen asks for by default, and what a server takes at least."""
_GIB = 1 << 30
_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def environment_findings() -> Iterator[Finding]:
    """Look for vLLM where it is found without being told: in this environment and in `.venv-vllm` here."""
    yield _interpreter("vLLM", None, "missing")[0]
    usual = Path.cwd() / _USUAL_ENVIRONMENT
    if usual.exists():
        yield _interpreter(f"vLLM in {_USUAL_ENVIRONMENT}", str(usual), "broken")[0]


def teacher_findings(recipe: Recipe) -> Iterator[Finding]:
    """Look at what each teacher of kind vllm needs; GPUs are given out as a run would do it, in the recipe's order."""
    places = Places()
    for teacher in recipe.paid_teachers:
        if isinstance(teacher, VLLMTeacher) and teacher.base_urls:
            yield from server_findings(teacher, recipe.sampling.max_tokens)
        elif isinstance(teacher, VLLMTeacher):
            yield from _own_servers(teacher, recipe.sampling.max_tokens, places)


def _own_servers(teacher: VLLMTeacher, max_tokens: int, places: Places) -> Iterator[Finding]:
    who = f"teacher {teacher.name}"
    weights = weights_bytes(*_loaded(teacher))
    if weights is None:
        yield Finding(f"{who}: model", "missing", f"{_loaded(teacher)[0]} is not here; vLLM fetches it when it starts")
    else:
        yield Finding(f"{who}: model", "works", f"{_loaded(teacher)[0]}: {_gib(weights)} of weights")
    complaint, detail = room(_context(teacher), max_tokens, "raise engine_args.max-model-len")
    yield Finding(f"{who}: context", "broken" if complaint else "works", complaint or detail)
    finding, interpreter = _interpreter(f"{who}: vLLM", teacher.python, "broken")
    yield finding
    if interpreter is None:
        return
    try:
        placed = places.take(teacher, interpreter).places
    except DatagenError as error:
        yield Finding(f"{who}: workers", "broken", str(error).removeprefix(f"{who}: "))
        return
    yield Finding(f"{who}: workers", "works", _workers(placed))
    if value_of(teacher.engine_args, "port") is not None:
        yield _ports(f"{who}: ", teacher, len(placed))
    on_cpu = interpreter.is_cpu_build
    complaint, detail = _on_cpu(teacher, weights, len(placed)) if on_cpu else _on_gpus(teacher, weights, placed)
    yield Finding(f"{who}: memory", "broken" if complaint else "works", complaint or detail)


def _interpreter(what: str, python: str | None, otherwise: State) -> tuple[Finding, Interpreter | None]:
    try:
        found = examine(python)
    except DatagenError as error:
        return Finding(what, otherwise, str(error)), None
    gpus = "; ".join(
        f"GPU {gpu.index}: {gpu.name}, {gpu.free_mib:,} of {gpu.total_mib:,} MiB free" for gpu in found.gpus
    )
    build = "CPU build" if found.is_cpu_build else gpus or "it sees no GPU"
    return Finding(what, "works", f"{found.version} in {found.python}; {build}"), found


def _loaded(teacher: VLLMTeacher) -> tuple[str, str | None, str | None]:
    """What is loaded, its revision, and the cache of the Hub that it lies in."""
    model, revision, cache = (value_of(teacher.engine_args, name) for name in ("model", "revision", "download-dir"))
    return str(model or teacher.model), revision, cache


def _context(teacher: VLLMTeacher) -> int | None:
    given = value_of(teacher.engine_args, "max-model-len")
    told = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgKMG]?)", str(given))
    if told is not None:
        return int(float(told[1]) * _SUFFIXES[told[2]])
    return context_length(*_loaded(teacher)) if given is None else None  # `auto` goes by the memory


def _workers(places: tuple[Place, ...]) -> str:
    on = " | ".join(",".join(gpu.index for gpu in place.gpus) for place in places)
    return f"{len(places)}, on GPU {on}" if places[0].gpus else f"{len(places)}, on the CPU"


def _ports(who: str, teacher: VLLMTeacher, workers: int) -> Finding:
    try:
        ports = ports_for(teacher, workers)
    except DatagenError as error:
        return Finding(f"{who}ports", "broken", str(error).removeprefix(who))
    return Finding(f"{who}ports", "works", f"{', '.join(map(str, ports))}: free")


def _on_gpus(teacher: VLLMTeacher, weights: int | None, places: tuple[Place, ...]) -> tuple[str, str]:
    """What is wrong with the memory, or else how it is used. Weights are split over a group, but for data parallel."""
    told = value_of(teacher.engine_args, "gpu-memory-utilization")
    share = told if isinstance(told, float) else _UTILIZATION
    parts = group_size(teacher) // int(value_of(teacher.engine_args, "data-parallel-size") or 1)
    each = (weights or 0) / parts
    gpus = [gpu for place in places for gpu in place.gpus]
    for gpu in gpus:
        if gpu.free_mib < share * gpu.total_mib:
            return (
                f"GPU {gpu.index} has {gpu.free_mib:,} of {gpu.total_mib:,} MiB free, and vLLM takes {share:.0%}: "
                "end what runs there (nvidia-smi), or lower engine_args.gpu-memory-utilization",
                "",
            )
    least = min(share * gpu.total_mib * (1 << 20) for gpu in gpus)
    if each >= least:
        return (
            f"{_gib(each)} of weights do not fit into the {_gib(least)} that vLLM takes of each GPU: "
            "raise engine_args.tensor-parallel-size, or take a smaller or a quantised model",
            "",
        )
    if weights is None:
        return "", f"{_gib(least)} of each GPU; the weights' size is not known yet"
    return "", f"{_gib(each)} of weights on each GPU, {_gib(least - each)} for the cache and the rest"


def _on_cpu(teacher: VLLMTeacher, weights: int | None, workers: int) -> tuple[str, str]:
    told = value_of(teacher.engine_args, "kv-cache-memory-bytes")
    gib = os.environ.get("VLLM_CPU_KVCACHE_SPACE", "")
    cache = told if isinstance(told, int) else (int(gib) if gib.isdecimal() else _CACHE_GIB) * _GIB
    needed = workers * ((weights or 0) + cache + _PROGRAM_GIB * _GIB)
    said = f"{_gib(needed)} for {workers} worker{'s' if workers > 1 else ''} at least"
    free = _free_bytes()
    if free is None:
        return "", f"{said}; how much is free is not known here"
    said = f"{said}, {_gib(free)} free"
    return (f"{said}: lower workers, or take a smaller model", "") if needed > free else ("", said)


def _free_bytes() -> int | None:
    """What programs may still take of this machine's memory; None where the system does not say it as Linux does."""
    with contextlib.suppress(OSError):
        free = re.search(r"^MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(free[1]) * 1024 if free else None
    return None


def _gib(size: float) -> str:
    return f"{size / _GIB:.1f} GiB" if size >= 0.1 * _GIB else f"{math.ceil(size / 2**20)} MiB"
