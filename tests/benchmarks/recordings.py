"""Made-up recorded outputs of a given size, for servers that replay them: a thought of many words, then an answer.

No two outputs say the same, so that the plan never asks for another path in place of a repeated one. Three of four are
right.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.tables import Problem
from datagen.texts import problem_id

_WORDS = 4000
_VARIANT = " This is variant {number}."


@dataclass(frozen=True)
class World:
    """Problems and what was recorded for them.

    Attributes:
        file: the recorded outputs, for `--replay`.
        recorded: problems that have outputs of their own.
        problems: those that are asked; from the `recorded`th on they are variants, which get the outputs of the first.
        attempts: completions wanted of each.
    """

    file: Path
    recorded: int
    problems: int
    attempts: int

    @property
    def completions(self) -> int:
        return self.problems * self.attempts

    def problem(self, number: int) -> Problem:
        text = _problem(number % self.recorded)
        if number >= self.recorded:
            text += _VARIANT.format(number=number // self.recorded)
        pid = problem_id(text)
        answer = str(_answer(number % self.recorded))
        return Problem(pid, pid, text, answer, "bench", pid, "0", "Apache-2.0")


def record(folder: Path, characters: int, completions: int, *, attempts: int = 4, recorded: int | None = None) -> World:
    """Write the outputs of a world.

    Args:
        folder: where.
        characters: length of an output.
        completions: wanted in all.
        attempts: completions wanted of each problem, and outputs that it has.
        recorded: problems with outputs of their own; all when None.
    """
    wanted = completions // attempts
    world = World(folder / "recorded.parquet", min(recorded or wanted, wanted), wanted, attempts)
    draw = random.Random(characters)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(_WORDS)]
    problems = [_problem(number) for number in range(world.recorded) for _ in range(attempts)]
    outputs = [
        _output(draw, words, _answer(number) + (one % 4 == 3), characters)
        for number in range(world.recorded)
        for one in range(attempts)
    ]
    pq.write_table(pa.table({"problem": problems, "output": outputs}), world.file, compression="zstd")
    return world


def _problem(number: int) -> str:
    return f"A jar holds ${number + 7000}$ beads. On each of $12$ days $97$ of them are taken out. How many are left?"


def _answer(number: int) -> int:
    return number + 7000 - 12 * 97


def _output(draw: random.Random, words: list[str], answer: int, characters: int) -> str:
    thought = " ".join(draw.choices(words, k=characters // 6))[: characters - 100]
    return f"<think>\n{thought}\n</think>\n\nTwelve days take $1164$ beads, so $\\boxed{{{answer}}}$ are left."
