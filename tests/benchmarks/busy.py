"""How busy datagen keeps a vLLM: tokens a second of the sample stage over those of vLLM's own benchmark client.

One server of the tiny teacher answers both, one after the other. vLLM's client asks for the same prompts and for as
many tokens as the stage got, with as many requests in flight; it does nothing with what it gets, while the stage keeps
a journal, verifies, and plans. Each runs in a process of its own, on the cores that the server needs too.
"""

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from datagen.recipe_file import load_recipe
from datagen.teachers.prompting import load_prompt
from datagen.teachers.tiny.worked import problems
from datagen.teachers.vllm.interpreter import examine
from datagen.teachers.vllm.workers import running_workers
from tests.end_to_end.runs import BUNDLED, ROOT, rows

_PAIRS, _PROBLEMS, _CONCURRENCY, _PATHS, _SEED = 5, 300, 32, 2, 11
_BENCH = """
import argparse
from vllm.benchmarks.serve import add_cli_args, main
parser = argparse.ArgumentParser()
add_cli_args(parser)
main(parser.parse_args())
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one client did.

    Attributes:
        completions, tokens: that it got.
        seconds: that it took.
        after_last_s: of these, the time after the last token; None where nobody can know.
    """

    completions: int
    tokens: int
    seconds: float
    after_last_s: float | None = None

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: ask so manieth part of the problems only.
    """
    python = os.environ.get("DATAGEN_TEST_VLLM")
    if not python:
        yield "DATAGEN_TEST_VLLM names no interpreter with vLLM: `make .venv-vllm/cpu` installs one."
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = _recipe(folder, _PROBLEMS // share, python)
        with _server(recipe, folder) as url:
            yield from _pairs(folder, recipe, url, python)


def _pairs(folder: Path, recipe: Path, url: str, python: str) -> Iterator[str]:
    _of_the_stage(recipe, folder / "warm", url)
    lengths = _lengths(folder / "warm", recipe)
    yield "| pair | first | datagen tokens/s | vLLM's client tokens/s | ratio | completions | after the last token, s |"
    yield "|---|---|---|---|---|---|---|"
    ratios = []
    for pair in range(_PAIRS):
        run = folder / f"pair-{pair}"
        if pair % 2:
            theirs = _of_their_client(folder, lengths, url, python)
            ours = _of_the_stage(recipe, run, url)
        else:
            ours = _of_the_stage(recipe, run, url)
            theirs = _of_their_client(folder, _lengths(run, recipe), url, python)
        ratios.append(ours.rate / theirs.rate)
        yield (
            f"| {pair + 1} | {'vLLM' if pair % 2 else 'datagen'} | {ours.rate:,.0f} | {theirs.rate:,.0f} "
            f"| {ratios[-1]:.2f} | {ours.completions:,} and {theirs.completions:,} | {ours.after_last_s:.2f} |"
        )
    yield f"| median | | | | {statistics.median(ratios):.2f} | | |"


def _recipe(folder: Path, count: int, python: str) -> Path:
    """The tiny teacher's recipe with more problems."""
    tree = yaml.safe_load((BUNDLED / "tiny-vllm.yaml").read_text())
    asked = itertools.islice(problems(_SEED, held_out=True), count)
    lines = (json.dumps({"problem": one.text, "answer": str(one.answer)}) for one in asked)
    (folder / "problems.jsonl").write_text("\n".join(lines))
    tree["sources"][0] |= {"path": "problems.jsonl", "columns": {"problem": "problem", "answer": "answer"}}
    tree["screen"]["near_duplicates"] = None
    tree["sampling"]["target_correct"] = _PATHS
    tree["paths"]["count"] = [_PATHS, _PATHS]
    tree["teachers"][0] |= {"python": python, "concurrency": _CONCURRENCY}
    file = folder / "busy.yaml"
    file.write_text(yaml.safe_dump(tree))
    return file


@contextlib.contextmanager
def _server(recipe: Path, logs: Path) -> Iterator[str]:
    """One worker of the recipe's teacher, as a run starts it; gives its base URL."""
    teacher = load_recipe(str(recipe)).paid_teachers[0]
    with running_workers(teacher, logs, examine(teacher.python)) as workers:
        yield workers.urls[0]


def _of_the_stage(recipe: Path, run: Path, url: str) -> Measured:
    tree = yaml.safe_load(recipe.read_text())
    tree["teachers"][0] |= {"base_urls": [url]}
    del tree["teachers"][0]["python"]
    file = recipe.with_name(f"{run.name}.yaml")
    file.write_text(yaml.safe_dump(tree))
    command = [sys.executable, "-m", "tests.benchmarks.sampling_stage", str(file), str(run)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Measured(**json.loads(said.splitlines()[-1]))


def _lengths(run: Path, recipe: Path) -> list[dict[str, object]]:
    """What the stage asked, and how many tokens it got."""
    teacher = load_recipe(str(recipe)).paid_teachers[0]
    prompt = load_prompt("solve", teacher.model)
    texts = {row["id"]: prompt.messages(row["problem"])[0].content for row in rows(run, "screened")}
    return [
        {"prompt": texts[row["problem_id"]], "output_tokens": row["completion_tokens"]}
        for row in rows(run, "solutions")
    ]


def _of_their_client(folder: Path, lengths: list[dict[str, object]], url: str, python: str) -> Measured:
    asked, result = folder / "asked.jsonl", folder / "result.json"
    asked.write_text("\n".join(map(json.dumps, lengths)))
    teacher = load_recipe(str(folder / "busy.yaml")).paid_teachers[0]
    told = {
        "backend": "openai-chat",
        "endpoint": "/v1/chat/completions",
        "base-url": url.removesuffix("/v1"),
        "model": teacher.model,
        "tokenizer": str(teacher.engine_args["model"]),
        "dataset-name": "custom",
        "dataset-path": str(asked),
        "custom-output-len": "-1",
        "num-prompts": str(len(lengths)),
        "max-concurrency": str(_CONCURRENCY),
        "temperature": "0.8",
        "top-p": "1.0",
        "result-filename": str(result),
    }
    options = [part for name, value in told.items() for part in (f"--{name}", value)]
    flags = ("--skip-chat-template", "--disable-shuffle", "--ignore-eos", "--save-result", "--disable-tqdm")
    command = [python, "-c", _BENCH, *options, *flags]
    subprocess.run(command, check=True, capture_output=True)
    said = json.loads(result.read_text())
    return Measured(said["completed"], said["total_output_tokens"], said["duration"])
