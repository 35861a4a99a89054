"""A local endpoint that writes summaries as it is told, and a recipe whose paths are recorded and cost nothing."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from tests.answering import AnsweringEndpoint, teacher

PROBLEMS = 12

Reply = Callable[[int, str], Any]
"""From a problem's number and the whole question to a text, to (text, finish reason), or to a response."""


class Endpoint(AnsweringEndpoint):
    """It writes summaries, and judges all answers equal.

    Attributes:
        asked: the questions, by their whole text.
        judged: the questions to a judge.
        bodies: all requests for summaries, in order.
        reply: what is answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.reply: Reply = lambda number, question: good(number)

    async def answer(self, body: dict[str, Any], question: str) -> Any:
        mark = re.search(r"^VERDICT (\w+): equal$", question, re.MULTILINE)
        if mark is not None:
            self.judged[question] += 1
            return mark[0]
        self.asked[question] += 1
        self.bodies.append(body)
        await self.turn()
        return self.reply(problem_of(question), question)


def good(number: int) -> str:
    return f"Path 1 counts up, Path 2 takes pairs; both agree on every step. So it is $\\boxed{{{number + 2}}}$."


def problem_of(question: str) -> int:
    found = re.search(r"What is (\d+) \+ 2", question)
    assert found is not None
    return int(found[1])


def recipe_of(folder: Path, base_url: str, **settings: Any) -> Recipe:
    """A recipe of recorded solutions and a teacher that writes summaries."""
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(_row(number)) + "\n" for number in range(PROBLEMS)))
    tree = {
        "name": "summed",
        "sources": [{"kind": "open_r1", "path": str(rows), "licence": "MIT"}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "recorded", "kind": "recorded"}, teacher(base_url)],
        "sampling": {"target_correct": 2, "max_attempts": 1, "give_up_after": 1, "timeout_s": 20, "max_tokens": 500},
        "verify": {"workers": 1},
        "output": {"test_fraction": 0.0},
    }
    tree |= {name: value for name, value in settings.items() if name != "paths"}
    tree["paths"] = {"tokenizer": "bundled", "summary": {"teacher": "wise"}, **settings.get("paths", {})}
    file = folder / "summed.yaml"
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))


def _row(number: int) -> dict[str, Any]:
    ways = [
        f"Count on from {number}: first one more, then another, and there it stands",
        f"Pair the units off and look which of them have no partner, given that {number} of them lie on the left",
    ]
    return {
        "problem": f"What is {number} + 2 when every unit is counted once?",
        "answer": str(number + 2),
        "question_type": "math-word-problem",
        "generations": [f"{way}. So \\boxed{{{number + 2}}}" for way in ways],
        "finish_reasons": ["stop", "stop"],
    }
