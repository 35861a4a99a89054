"""What Prefect costs a run: the flow against the same stages called directly, and what an endpoint's slots cost.

A shard is here a source in a file of its own, pulled, recorded and resumed by itself. No teacher is asked, so that
nothing but the order of the work is measured. Each run is a process of its own, the ways by turns; neither imports nor
the server's start count. On a machine that has other work, the seconds of CPU tell more than those of the clock.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.end_to_end.runs import ROOT
from tests.flows.prefect_server import prefect_server

_SHARDS, _ROUNDS = 1_000, 3
_RUN = """
import resource, sys, time
from pathlib import Path
way, recipe, output = sys.argv[1:]
if way == "flow":
    from flows.build import build_dataset
    def run(): build_dataset(recipe=recipe, output=output, until="screen")
else:
    from datagen.pipeline import Options
    from datagen.recipe_file import load_recipe
    from tests.building import build
    def run(): build(load_recipe(recipe), Path(output), Options("screen"))
begin, worked = time.monotonic(), time.process_time()
run()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("MEASURED", [time.monotonic() - begin, time.process_time() - worked, peak])
"""
_SLOTS = """
import time
from prefect.concurrency.sync import concurrency
with concurrency("teacher", 1):
    pass
begin = time.monotonic()
for _ in range(50):
    with concurrency("teacher", 1):
        pass
print("MEASURED", (time.monotonic() - begin) / 50)
"""


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: take one of so many shards only.
    """
    shards = _SHARDS // share
    with tempfile.TemporaryDirectory() as name, prefect_server(Path(name)) as server:
        folder = Path(name)
        recipe = _lay_down(folder, shards)
        found: dict[str, list[list[float]]] = {"directly": [], "flow": []}
        for turn in range(_ROUNDS):
            for way, figures in found.items():
                words = [sys.executable, "-c", _RUN, way, str(recipe), str(folder / f"{way}-{turn}")]
                figures.append(json.loads(measured(words, server.environment)))
        server.ask("v2/concurrency_limits/", {"name": "teacher", "limit": 8, "active": True})
        a_slot = float(measured([sys.executable, "-c", _SLOTS], server.environment))
    medians = {way: [median(figure) for figure in zip(*figures, strict=True)] for way, figures in found.items()}
    yield (
        f"{shards:,} shards, each a source with a stage record of its own; up to and with `screen`. "
        f"Median of {_ROUNDS}."
    )
    yield ""
    yield "| | seconds | seconds of CPU | peak, MiB |"
    yield "|---|---:|---:|---:|"
    for way, (seconds, worked, peak) in medians.items():
        yield f"| {way} | {seconds:.1f} | {worked:.1f} | {peak:,.0f} |"
    own = [flow - directly for directly, flow in zip(medians["directly"], medians["flow"], strict=True)]
    yield f"| **Prefect's own** | **{own[0]:.1f}** | **{own[1]:.1f}** | **{own[2]:,.0f}** |"
    yield ""
    yield f"A slot of a global concurrency limit, taken and given back: {1000 * a_slot:.0f} ms."


def measured(words: list[str], environment: dict[str, str]) -> str:
    """What a program of ours prints behind `MEASURED`.

    Args:
        words: the command.
        environment: leads it to the server.
    """
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=os.environ | environment | {"PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("MEASURED ")]
    assert lines, done.stdout + done.stderr
    return lines[0].partition(" ")[2]


def _lay_down(folder: Path, shards: int) -> Path:
    sources = []
    for number in range(shards):
        rows = folder / f"shard-{number}.jsonl"
        rows.write_text(json.dumps({"problem": f"What is {number} plus {number}?", "answer": str(2 * number)}) + "\n")
        sources.append({"kind": "table", "name": f"shard-{number}", "path": str(rows), "licence": "MIT"})
    recipe = folder / "shards.yaml"
    settings = {"version": 1, "name": "shards", "sources": sources, "screen": {"benchmarks": []}}
    recipe.write_text(json.dumps(settings | {"teachers": [{"name": "recorded", "kind": "recorded"}]}))
    return recipe
