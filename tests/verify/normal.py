"""Normal pairs from real problems: their gold answers, dressed as models dress them, and answers that are wrong."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

PROBLEMS = Path(__file__).parents[2] / ".." / "shared" / "data" / "problems"

_FILES = ("math_train.parquet", "dapo17k.parquet", "aime_1983_2023.parquet")
_SAME: tuple[Callable[[str], str], ...] = (
    lambda answer: f"So the answer is $\\boxed{{{answer}}}$.",
    lambda answer: f"Hence $x = \\boxed{{ {answer} }}.$ Done.",
    lambda answer: f"It is \\(\\boxed{{x = {answer}}}\\)",
    lambda answer: f"**Final Answer**\n\n$$\\boxed{{{answer.replace('frac', 'dfrac')}}}$$",
    lambda answer: f"\\boxed{{{answer}\\text{{ units}}}}",
    lambda answer: f"The final answer is ${answer}$.",
)
_SAME_BY_ALGEBRA: tuple[Callable[[str], str], ...] = (
    lambda answer: f"\\boxed{{{answer} + 0}}",
    lambda answer: f"This gives $\\boxed{{1 + {answer} - 1}}$",
    lambda answer: f"\\boxed{{\\frac{{2({answer})}}{{2}}}}",
)


@dataclass(frozen=True, slots=True)
class Normal:
    """A problem, its gold answer, and a solution that is right or wrong."""

    problem: str
    gold: str
    solution: str


def normal_pairs(number: int, seed: int = 0) -> list[Normal]:
    """Draw pairs, every second gold an expression; the calling test is skipped where the data is missing."""
    if not PROBLEMS.is_dir():
        pytest.skip("no ../shared/data/problems beside the project")
    draw = random.Random(seed)
    rows: list[tuple[str, str]] = []
    for name in _FILES:
        table = parquet.read_table(PROBLEMS / name, columns=["problem", "answer"])
        rows.extend((row["problem"], str(row["answer"])) for row in table.to_pylist())
    expressions = [row for row in rows if row[1].strip("-0123456789.,") and len(row[1]) < 60]
    chosen = draw.sample(rows, number - number // 2) + draw.sample(expressions * 3, number // 2)
    draw.shuffle(chosen)
    pairs = []
    for problem, gold in chosen:
        answer = gold
        if draw.random() < 0.4:
            answer = _changed(gold, draw) if draw.random() < 0.5 else draw.choice(chosen)[1]
        dress = draw.choice(_SAME if draw.random() < 0.6 else _SAME_BY_ALGEBRA)
        pairs.append(Normal(problem, gold, dress(answer)))
    return pairs


def _changed(answer: str, draw: random.Random) -> str:
    """An answer with one digit changed; with a sign before it when it has none."""
    digits = [match.start() for match in re.finditer(r"[0-9]", answer)]
    if not digits:
        return f"-{answer}"
    at = draw.choice(digits)
    return answer[:at] + str((int(answer[at]) + draw.randrange(1, 9)) % 10) + answer[at + 1 :]
