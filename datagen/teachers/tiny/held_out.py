"""The problems of the recipe tiny-vllm: `python -m datagen.teachers.tiny.held_out [--to FILE]`.

Ten of each kind where there are so many, none of whose numbers the model met in such a problem when it was trained.
"""

import argparse
import itertools
from pathlib import Path

import orjson

from datagen.teachers.tiny.problem import Problem
from datagen.teachers.tiny.worked import problems

_PROBLEMS = 128
_LOOKED_AT = 1300
_SEED = 7


def recipe_problems() -> list[Problem]:
    """The problems of the recipe, kind after kind in turn; no two of a kind have the same numbers."""
    seen, kept = set(), []
    for problem in itertools.islice(problems(_SEED, held_out=True), _LOOKED_AT):
        if (problem.kind, problem.numbers) not in seen:
            seen.add((problem.kind, problem.numbers))
            kept.append(problem)
    return kept[:_PROBLEMS]


def problem_lines() -> bytes:
    """The problems as JSONL: problem, answer, kind."""
    rows = ({"problem": each.text, "answer": str(each.answer), "kind": each.kind} for each in recipe_problems())
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def main() -> None:
    """Write the problems."""
    bundled = Path(__file__).parents[2] / "recipes" / "tiny-vllm" / "problems.jsonl"
    parser = argparse.ArgumentParser(prog="python -m datagen.teachers.tiny.held_out", description=__doc__)
    parser.add_argument("--to", type=Path, default=bundled, metavar="FILE")
    to: Path = parser.parse_args().to
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(problem_lines())


if __name__ == "__main__":
    main()
