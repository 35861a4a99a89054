"""What memory a long night takes: many completions of 60 KB, journalled as they arrive."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.contestants import ENGINE, IN_FLIGHT, SAMPLER, Job, compete
from tests.benchmarks.recordings import record
from tests.serving import demo_server

_CHARACTERS, _RECORDED, _TIMEOUT_S = 60_000, 200, 60


def measure(completions: int = 5_000) -> Iterator[str]:
    """Print the figures.

    Args:
        completions: how many; the target is told for 100,000.
    """
    yield f"| {completions:,} completions of 60 KB, {IN_FLIGHT} in flight | kept | a second | peak MiB | on disk, MiB |"
    yield "|---|---|---|---|---|"
    for who in (ENGINE, SAMPLER):
        with tempfile.TemporaryDirectory() as folder:
            world = record(Path(folder), _CHARACTERS, completions, recorded=_RECORDED)
            with demo_server("--replay", str(world.file), "--latency-ms", "50") as server:
                took = compete(who, Job.of(world, server.url, Path(folder) / "job", _TIMEOUT_S))
            on_disk = sum(file.stat().st_size for file in (Path(folder) / "job").rglob("*") if file.is_file())
        kept = f"{took.kept:,} {took.failure}".rstrip()
        yield f"| {who} | {kept} | {took.rate:,.0f} | {took.peak_mib:,} | {on_disk // 2**20:,} |"
