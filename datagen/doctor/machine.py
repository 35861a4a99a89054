"""What datagen itself needs, whatever the recipe."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from datagen.doctor.finding import Finding
from datagen.errors import DatagenError
from datagen.formats.tokenizer import load_tokenizer
from datagen.verify.pair import Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

_PACKAGES = ("aiohttp", "datasets", "math-verify", "pandas", "prefect", "pyarrow", "tokenizers")
_MIB = 1 << 20


def machine_findings() -> list[Finding]:
    """Look at everything that datagen needs or can use, local vLLM aside."""
    return [*_python(), _verifier(), _tokenizer(), _space(), _gpu(), _hub(), _prefect()]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "python", "works" if supported else "broken", version if supported else f"{version}; use 3.11 to 3.13"
    )
    for package in _PACKAGES:
        try:
            yield Finding(package, "works", importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(package, "broken", "not installed; install datagen again with the constraints file")


def _verifier() -> Finding:
    try:
        with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
            judged = verifier.compare(Pair.of("\\frac{1}{2}", "0.5")).result(timeout=60)
    except (DatagenError, OSError, TimeoutError) as error:
        return Finding("verification workers", "broken", f"they don't start: {error}")
    works = judged.verdict == "correct"
    return Finding("verification workers", "works" if works else "broken", f"1/2 = 0.5 is {judged.verdict}")


def _tokenizer() -> Finding:
    try:
        return Finding("bundled tokenizer", "works", f"fingerprint {load_tokenizer('bundled').fingerprint[:12]}")
    except DatagenError as error:
        return Finding("bundled tokenizer", "broken", str(error))


def _space() -> Finding:
    with tempfile.TemporaryFile():
        free = shutil.disk_usage(os.getcwd()).free // _MIB
    return Finding(
        "disk here", "works" if free > 1024 else "broken", f"{free:,} MiB free; a large run wants tens of GiB"
    )


def _gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("GPU", "missing", "no nvidia-smi; local vLLM workers want one, API teachers don't")
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    listed = subprocess.run(query, capture_output=True, text=True, check=False)
    names = "; ".join(listed.stdout.split("\n")).strip("; ")
    return Finding("GPU", "works" if names else "broken", names or listed.stderr.strip()[:200])


def _hub() -> Finding:
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        return Finding("Hugging Face Hub", "missing", "HF_HUB_OFFLINE is set; sources need a path")
    try:
        HfApi().dataset_info("open-r1/OpenR1-Math-220k", timeout=5)
    except Exception as error:
        return Finding("Hugging Face Hub", "missing", f"can't be reached ({type(error).__name__}); give sources a path")
    token = "with a token" if os.environ.get("HF_TOKEN") else "without a token; public datasets only"
    return Finding("Hugging Face Hub", "works", token)


def _prefect() -> Finding:
    url = os.environ.get("PREFECT_API_URL")
    return Finding("Prefect API", "works", "the one of PREFECT_API_URL" if url else "each run starts its own")
