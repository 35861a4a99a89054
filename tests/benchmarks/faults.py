"""A night of faults: whether all completions arrive, whether one is paid twice, and what it costs in time.

Three nights: faults of every kind at once; a server that is killed, stays dead for 30 s and comes back; replies that
are cut off. Replies take 25 to 75 ms, so the rehearsal gives a request up after 2 s.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.contestants import BARE, IN_FLIGHT, PLAIN_AIOHTTP, SAMPLER, Job, Took, compete, result, start
from tests.benchmarks.recordings import World, record
from tests.serving import DemoServer, demo_server, free_port

_CHARACTERS, _COMPLETIONS, _TIMEOUT_S, _DEAD_S = 2_000, 8_000, 2, 30
_LATENCY = ("--latency-ms", "50")
_SHARES = {"429": 0.1, "500": 0.05, "drop": 0.02, "garbage": 0.01, "hang": 0.002}
_FAULTS = tuple(word for fault, share in _SHARES.items() for word in (f"--fault-{fault}", str(share)))


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: ask for one of so many completions only.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = record(Path(folder), _CHARACTERS, _COMPLETIONS // share)
        yield from _every_kind(world)
        yield ""
        yield from _death(world)
        yield ""
        yield from _truncation(world)


def _every_kind(world: World) -> Iterator[str]:
    what = ", ".join(f"{share:.1%} {fault}" for fault, share in _SHARES.items())
    yield (
        f"| {world.completions:,} completions, {IN_FLIGHT} in flight; {what} | undisturbed s | with faults s | ratio "
        "| arrived | on disk | requests | answered twice | |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for number, who in enumerate((BARE, PLAIN_AIOHTTP, SAMPLER)):
        folder = world.file.parent
        with demo_server("--replay", str(world.file), *_LATENCY) as server:
            calm = compete(who, Job.of(world, server.url, folder / f"calm-{number}", _TIMEOUT_S))
        with demo_server("--replay", str(world.file), *_LATENCY, *_FAULTS) as server:
            took = compete(who, Job.of(world, server.url, folder / f"faults-{number}", _TIMEOUT_S))
            stats = server.stats()
        yield (
            f"| {who} | {calm.seconds:.1f} | {took.seconds:.1f} | {took.seconds / calm.seconds:.2f} | {took.arrived:,} "
            f"| {_kept(took)} | {stats['requests']:,} | {stats['repeated_answers']} | {took.failure} |"
        )


def _death(world: World) -> Iterator[str]:
    yield f"| the server dies for {_DEAD_S} s | seconds | arrived | on disk | asked again | in flight | |"
    yield "|---|---|---|---|---|---|---|"
    for number, who in enumerate((BARE, SAMPLER)):
        options, port = ("--replay", str(world.file), *_LATENCY), free_port()
        server = DemoServer(*options, port=port)
        process = start(who, Job.of(world, server.url, world.file.parent / f"death-{number}", _TIMEOUT_S))
        while server.stats()["answered"] < world.completions // 3:
            time.sleep(0.01)
        before = server.stats()
        server.kill()
        time.sleep(_DEAD_S)
        with demo_server(*options, port=port) as server:
            took = result(process)
            after = server.stats()
        again = before["requests"] + after["requests"] - world.completions
        yield (
            f"| {who} | {took.seconds:.1f} | {took.arrived:,} | {_kept(took)} | {again} | {before['in_flight']} "
            f"| {took.failure} |"
        )


def _truncation(world: World) -> Iterator[str]:
    options = ("--replay", str(world.file), *_LATENCY, "--fault-truncate", "0.05")
    with demo_server(*options) as server:
        took = compete(SAMPLER, Job.of(world, server.url, world.file.parent / "truncation", _TIMEOUT_S))
        stats = server.stats()
    yield "| 5% cut off | cut by the server | recorded as truncated | on disk | requests | asked again | |"
    yield "|---|---|---|---|---|---|---|"
    yield (
        f"| {SAMPLER} | {stats['faults']['truncate']} | {took.truncated} | {_kept(took)} | {stats['requests']:,} "
        f"| {stats['requests'] - stats['distinct_requests']} | {took.failure} |"
    )


def _kept(took: Took) -> str:
    return "" if took.kept is None else f"{took.kept:,}"
