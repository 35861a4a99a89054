"""What memory and time the select stage takes: six solutions of 15 KB a problem, of which four make its example.

Tables are written by one process and selected from by another, whose peak memory is the kernel's word.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from datagen.recipe import Recipe
from datagen.solutions import recorded_solution
from datagen.stage import Run
from datagen.tables import SAMPLED, SCREENED, SOLUTIONS, SUSPECTS, VERDICTS, Problem, Sampled, Verdict
from datagen.workspace import Workspace
from tests.benchmarks.contestants import peak_mib

_SIZES, _TARGET = (250, 1_000), 100_000
_SOLUTIONS, _CHOSEN, _CHARACTERS = 6, 4, 15_000
_PART = "all"


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: an Nth of the examples only.
    """
    size = f"{_CHOSEN} × {_CHARACTERS // 1000} KB, out of {_SOLUTIONS}"
    yield f"| examples of {size} | peak MiB | milliseconds of CPU an example |"
    yield "|---|---|---|"
    peaks = []
    for number in (size // share for size in _SIZES):
        with tempfile.TemporaryDirectory() as folder:
            _child("write", folder, number)
            took = _child("select", folder, number)
        peaks.append((number, took["peak_mib"]))
        yield f"| {took['examples']:,.0f} | {took['peak_mib']:,.0f} | {took['cpu_s'] / number * 1000:.0f} |"
    (few, low), (many, high) = peaks
    slope = max(high - low, 0.0) / (many - few)
    yield ""
    yield f"By that slope, {_TARGET:,} examples: at most {high + slope * (_TARGET - many):,.0f} MiB."


def _child(what: str, folder: str, number: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.selecting", what, folder, str(number)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return {name: float(value) for name, value in json.loads(said.splitlines()[-1]).items()}


def _write(workspace: Workspace, number: int) -> dict[str, float]:
    draw = random.Random(7)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(4_000)]
    with (
        workspace.writing(SCREENED, _PART) as write_problem,
        workspace.writing(SOLUTIONS, _PART) as write_solution,
        workspace.writing(VERDICTS, _PART) as write_verdict,
        workspace.writing(SAMPLED, _PART) as write_sampled,
        workspace.writing(SUSPECTS, _PART),
    ):
        for row in range(number):
            problem = Problem(
                f"r{row}", f"p{row}", f"What is ${row} + 1$?", str(row + 1), "made up", f"{row}", "0", "MIT"
            )
            write_problem(problem)
            write_sampled(Sampled(problem.id, _SOLUTIONS, 0, _SOLUTIONS, _SOLUTIONS, 1.0, "not_asked", None))
            for index in range(_SOLUTIONS):
                text = _text(draw, words, problem.answer)
                solution = recorded_solution(problem.id, problem.problem, text, model=f"m{index % 3}", index=index)
                write_solution(solution)
                write_verdict(Verdict(solution.id, problem.answer, problem.answer, "correct", "string", "0"))
    return {}


def _text(draw: random.Random, words: list[str], answer: str) -> str:
    parts, size = [], 0
    while size < _CHARACTERS:
        formula = f"${draw.randint(2, 99)}{draw.choice('abxyz')}^{draw.randint(2, 9)} + {draw.randint(2, 999)}$"
        parts.append(f"{' '.join(draw.choices(words, k=8))} {formula}.")
        size += len(parts[-1]) + 1
    return f"<think>{' '.join(parts)}</think>So it is $\\boxed{{{answer}}}$."


def _select(workspace: Workspace) -> dict[str, float]:
    from datagen.select.stage import Select

    recipe = Recipe.model_validate(
        {
            "name": "select",
            "sources": [{"kind": "limo"}],
            "screen": {"benchmarks": []},
            "teachers": [{"name": "recorded", "kind": "recorded"}],
            "paths": {"count": [2, _CHOSEN], "tokenizer": "bundled", "max_example_tokens": _CHOSEN * _CHARACTERS},
        }
    )
    begun = time.process_time()
    counts, _ = Select(_PART).work(Run(recipe, workspace, {}, None, lambda line: None))
    cpu_s = time.process_time() - begun
    return {"examples": counts["paths"].get(str(_CHOSEN), 0), "cpu_s": cpu_s, "peak_mib": peak_mib()}


if __name__ == "__main__":
    _, asked, folder_, number_ = sys.argv
    place = Workspace(Path(folder_))
    print(json.dumps(_write(place, int(number_)) if asked == "write" else _select(place)))
