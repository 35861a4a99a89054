"""A ladder of three teachers as a user runs it, killed with -9 in the middle: what each rung brought, and what differs.

Three demo servers replay recorded outputs of three groups of models, from weak to strong. The builds are processes, as
a user starts them.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from datagen.journal import Journal
from datagen.workspace import completions_of
from tests.benchmarks.replaying import RECORDED_OUTCOMES
from tests.end_to_end.runs import build, datagen, hashes, rows, running, wait_until
from tests.serving import DemoServer, demo_server

_PROBLEMS, _CONCURRENCY, _LATENCY_MS, _PATIENCE_S = 200, 32, 60, 300
_SHORT = "icml_models__Sky-T1-math-correct-5K-32B-short-ckpts"
_RUNGS = {
    "small": (0.2, ("Qwen__Qwen2.5-Math-7B", "google__gemma-2-27b-it")),
    "middle": (1.0, ("Sky-T1-math-correct-5K-27B", _SHORT)),
    "large": (4.0, ("Qwen__Qwen2.5-14B-Instruct", f"{_SHORT}.f408c36")),
}
"""USD for a million completion tokens, and whose outputs are replayed."""


def measure() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        with ExitStack() as stack:
            servers = {rung: stack.enter_context(_server(folder, rung)) for rung in _RUNGS}
            build(*_arguments(servers, "undisturbed"), cwd=folder)
            asked = _answered(servers)
        yield "```"
        yield from datagen("show", "undisturbed", cwd=folder).out.splitlines()
        yield "```"
        yield ""
        with ExitStack() as stack:
            servers = {rung: stack.enter_context(_server(folder, rung)) for rung in _RUNGS}
            yield from _killed(folder, servers, asked)


def _killed(folder: Path, servers: dict[str, DemoServer], asked: int) -> Iterator[str]:
    arguments = _arguments(servers, "killed")
    moments = [asked // 3, asked * 2 // 3]
    for moment in moments:
        with running("build", *arguments, cwd=folder) as command:
            wait_until(lambda moment=moment: _answered(servers) >= moment, "the moment of the kill", _PATIENCE_S)
            command.process.kill()
            command.process.wait()
            wait_until(lambda command=command: not command.left_behind(), "every process of the run has ended")
    build(*arguments, cwd=folder)
    again = _answered(servers) - asked
    yield f"| killed with -9 after {' and '.join(map(str, moments))} of {asked} completions, then resumed | |"
    yield "|---|---|"
    yield f"| answered again, of at most {_CONCURRENCY * len(_RUNGS)} in flight at each kill | {again} |"
    for what, same in {
        "the journal holds the same completions": _journal(folder / "killed") == _journal(folder / "undisturbed"),
        "`solutions` and `sampled` have the same rows": all(
            rows(folder / "killed", table) == rows(folder / "undisturbed", table) for table in ("solutions", "sampled")
        ),
        "every file under `dataset/` has the same hash": hashes(folder / "killed" / "dataset")
        == hashes(folder / "undisturbed" / "dataset"),
        "the ledger says the same of each rung": _sample(folder / "killed") == _sample(folder / "undisturbed"),
    }.items():
        yield f"| {what} | {'yes' if same else 'NO'} |"


def _answered(servers: dict[str, DemoServer]) -> int:
    return sum(int(server.stats()["answered"]) for server in servers.values())


def _journal(run: Path) -> dict[str, float]:
    """What each completion cost, by its key."""
    with Journal(completions_of(run), read_only=True) as journal:
        return {record["key"]: record["cost_usd"] for record in journal.records(("key", "cost_usd"))}


def _sample(run: Path) -> object:
    counts = json.loads((run / "run.json").read_text())["stages"]["sample"]["counts"]
    return counts["ended"], counts["rungs"]


def _server(folder: Path, rung: str):
    return demo_server("--replay", str(folder / f"{rung}.parquet"), "--latency-ms", str(_LATENCY_MS))


def _write(folder: Path) -> None:
    """The problems, the outputs of each rung, and the recipe."""
    outcomes = pd.read_parquet(RECORDED_OUTCOMES)
    problems = outcomes.drop_duplicates("problem")[["problem", "answer"]].sample(_PROBLEMS, random_state=0)
    problems.to_json(folder / "problems.jsonl", orient="records", lines=True)
    for rung, (_, models) in _RUNGS.items():
        outcomes[outcomes.model.isin(models)][["problem", "output"]].to_parquet(folder / f"{rung}.parquet")
    recipe = {
        "name": "rungs",
        "sources": [{"kind": "table", "name": "recorded", "path": "problems.jsonl", "licence": "cc0-1.0"}],
        "screen": {"benchmarks": []},
        "teachers": [
            {"name": rung, "kind": "openai", "model": f"{rung}-model", "concurrency": _CONCURRENCY,
             "base_url": "http://127.0.0.1:1/v1", "price": {"input": price / 4, "output": price}}
            for rung, (price, _) in _RUNGS.items()
        ],
        "sampling": {"target_correct": 2, "max_attempts": 12},
        "paths": {"tokenizer": "bundled"},
    }  # fmt: skip
    (folder / "rungs.yaml").write_text(json.dumps(recipe))  # JSON is YAML


def _arguments(servers: dict[str, DemoServer], output: str) -> list[str]:
    addresses = [f"teachers.{rung}.base_url={server.url}" for rung, server in servers.items()]
    return ["rungs.yaml", "--output", output, *(word for one in addresses for word in ("--set", one))]
