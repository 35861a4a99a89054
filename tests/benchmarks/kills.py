"""Kills with -9 at random moments of sampling, builds as a user starts them: what is asked again, and what differs.

The server counts: a request whose body came before is asked again, and may be so only if it was in flight at a kill.
"""

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.contestants import MODEL
from tests.benchmarks.recordings import World, record
from tests.end_to_end.runs import build, hashes, running, wait_until
from tests.serving import DemoServer, demo_server

_CHARACTERS, _COMPLETIONS, _CONCURRENCY, _LATENCY_MS, _SEED = 2_000, 8_000, 64, 50, 20
_PATIENCE_S = 300


def measure(kills: int = 20, share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        kills: how many.
        share: build from one of so many completions only.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = record(folder, _CHARACTERS, _COMPLETIONS // share)
        recipe = _write_recipe(world)
        options = ("--replay", str(world.file), "--latency-ms", str(_LATENCY_MS))
        with demo_server(*options) as server:
            build(*_arguments(recipe, server, "undisturbed"), cwd=folder)
        with demo_server(*options) as server:
            yield from _killed(_arguments(recipe, server, "killed"), folder, server, world, kills)
        same = hashes(folder / "killed" / "dataset") == hashes(folder / "undisturbed" / "dataset")
        yield ""
        yield f"Every file under `dataset/` has the hash of the undisturbed run's: {'yes' if same else 'NO'}."


def _killed(arguments: list[str], folder: Path, server: DemoServer, world: World, kills: int) -> Iterator[str]:
    yield f"| kill -9 after about … of {world.completions:,} completions | in flight then | asked again so far |"
    yield "|---|---|---|"
    moments = sorted(random.Random(_SEED).sample(range(world.completions // 50, world.completions * 49 // 50), kills))
    for moment in moments:
        with running("build", *arguments, cwd=folder) as command:
            wait_until(lambda moment=moment: _done(server) >= moment, "the moment of the kill", _PATIENCE_S)
            in_flight = server.stats()["in_flight"]
            command.process.kill()
            command.process.wait()
            wait_until(lambda command=command: not command.left_behind(), "every process of the run has ended")
        yield f"| {moment:,} | {in_flight} | {_again(server)} |"
    build(*arguments, cwd=folder)
    stats = server.stats()
    yield (
        f"| then to the end: {stats['distinct_requests']:,} different requests | at most {_CONCURRENCY} at each of "
        f"{kills} kills | {_again(server)}, of which {stats['repeated_answers']} had been answered |"
    )


def _done(server: DemoServer) -> int:
    stats = server.stats()
    return int(stats["answered"] - stats["repeated_answers"])


def _again(server: DemoServer) -> int:
    stats = server.stats()
    return int(stats["requests"] - stats["distinct_requests"])


def _write_recipe(world: World) -> Path:
    folder = world.file.parent
    problems = [world.problem(number) for number in range(world.problems)]
    lines = [json.dumps({"problem": one.problem, "answer": one.answer}) + "\n" for one in problems]
    (folder / "problems.jsonl").write_text("".join(lines))
    recipe = {
        "name": "kills",
        "sources": [{"kind": "table", "name": "bench", "path": "problems.jsonl", "licence": "cc0-1.0"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "bench", "kind": "openai", "model": MODEL, "concurrency": _CONCURRENCY}],
        "sampling": dict.fromkeys(("target_correct", "max_attempts", "give_up_after"), world.attempts),
        "paths": {"tokenizer": "bundled"},
    }
    path = folder / "kills.yaml"
    path.write_text(json.dumps(recipe))  # JSON is YAML
    return path


def _arguments(recipe: Path, server: DemoServer, output: str) -> list[str]:
    return [str(recipe), "--output", output, "--set", f"teachers.bench.base_url={server.url}"]
