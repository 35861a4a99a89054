"""Completions a second, CPU and memory of who asks, every completion journalled, beside what people write without us.

The server replays outputs of 2 KB and of 60 KB with 50 ms mean latency; 256 requests are in flight. Each contestant
runs in a process of its own against a fresh server, one after the other.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.contestants import CONTESTANTS, IN_FLIGHT, PLAIN, Job, compete
from tests.benchmarks.recordings import World, record
from tests.serving import demo_server

LATENCY_MS, TIMEOUT_S = 50, 60
_SIZES = {2_000: 8_000, 60_000: 800}


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: ask for one of so many completions only.
    """
    for characters, completions in _SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            yield from _table(record(Path(folder), characters, completions // share), characters)
        yield ""


def _table(world: World, characters: int) -> Iterator[str]:
    took = {}
    for who in CONTESTANTS:
        with demo_server("--replay", str(world.file), "--latency-ms", str(LATENCY_MS)) as server:
            took[who] = compete(who, Job.of(world, server.url, world.file.parent / who.replace(" ", "-"), TIMEOUT_S))
    base = took[PLAIN]
    yield (
        f"| {world.completions:,} completions of {characters // 1000} KB, {LATENCY_MS} ms, {IN_FLIGHT} in flight | "
        "a second | ratio | client CPU s per 1,000 | ratio | verifier CPU s per 1,000 | peak MiB | |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for who, one in took.items():
        cpu, workers = one.cpu_per_1000, one.children_cpu_per_1000
        short = "" if one.arrived == world.completions else f"{one.arrived:,} arrived {one.failure}"
        yield (
            f"| {who} | {one.rate:,.0f} | {one.rate / base.rate:.2f} | {cpu:.2f} "
            f"| {cpu / base.cpu_per_1000:.2f} | {workers:.2f} | {one.peak_mib:,} | {short} |"
        )
