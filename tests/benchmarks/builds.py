"""A build from nothing, one with nothing to do, and one from its journal: whole processes, as a user starts them."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

_ROUNDS = 3


def measure() -> Iterator[str]:
    first, again, fresh = [], [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "run"
            first.append(_seconds(output))
            again.append(_seconds(output))
            fresh.append(_seconds(output, "--fresh"))
    yield "| quickstart, median of 3 | seconds | share of the first build |"
    yield "|---|---|---|"
    base = median(first)
    for what, seconds in (("first build", first), ("nothing to do", again), ("--fresh, nothing asked", fresh)):
        yield f"| {what} | {median(seconds):.1f} | {median(seconds) / base:.2f} |"


def _seconds(output: Path, *options: str) -> float:
    command = [sys.executable, "-m", "datagen", "build", "quickstart", "--output", str(output), *options]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started
