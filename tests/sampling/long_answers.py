"""A world whose answers are often longer than the limit, and the sampler in it, from its start to what it writes.

A token is a word. What an answer says follows from problem and seed alone, so that a raised limit shows more of it and
a continuation goes on with it.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.sampling.asking import ReadyTeacher
from datagen.sampling.cut_figures import CutFigures
from datagen.sampling.sampler import Sampler
from datagen.tables import Solution, Verdict
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.prompting import load_prompt
from datagen.verify.verdicts import Verdicts
from datagen.verify.verifier import Verifier
from tests.sampling.openai_like import problem, recipe, serving

LIMIT = 100
PROMPT_TOKENS = 10
_ENDING = 12


@dataclass
class LongAnswers:
    """The endpoint.

    Attributes:
        length: words of an answer, by problem and by a number that is even over 0 to 1.
        room: most words of an answer so far and its limit together; beyond it a request is refused.
        parser: whether it tells thoughts apart, as an endpoint with a reasoning parser does.
        other: when set, is given a body and answers in its place, or gives None.
        asked: how often each request came, by its body.
        bodies: all that came and was answered, in order.
        tokens: that were billed.
    """

    length: Callable[[int, float], int]
    room: int | None = None
    parser: bool = False
    other: Callable[[dict[str, Any]], web.Response | None] = lambda body: None
    asked: Counter[bytes] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0

    def __call__(self, body: dict[str, Any], _: int) -> web.Response | dict[str, Any]:
        other = self.other(body)
        if other is not None:
            return other
        *_, last = body["messages"]
        begun = last["content"].split() if last["role"] == "assistant" else []
        if self.room is not None and len(begun) + body["max_tokens"] > self.room:
            message = f"This model's maximum context length is {self.room} tokens."
            return web.json_response({"error": {"message": message}}, status=400)
        self.asked[orjson.dumps(body)] += 1
        self.bodies.append(body)
        if begun:
            assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
            number, seed = map(int, begun[1].split("-")[1:])
            words = self.words(number, seed)
            assert words[: len(begun)] == begun, "it is sent what it wrote"
        else:
            words = self.words(_number(body), body["seed"])
        written = words[len(begun) :][: body["max_tokens"]]
        is_whole = len(begun) + len(written) == len(words)
        self.tokens += PROMPT_TOKENS + len(begun) + len(written)
        return self._reply(begun, written, "stop" if is_whole else "length")

    def words(self, number: int, seed: int) -> list[str]:
        """The whole answer of an attempt, tags included; its second word names it."""
        name = hashlib.sha256(f"{number} {seed}".encode()).digest()
        thought = self.length(number, int.from_bytes(name[:6]) / 2**48) - _ENDING - 3
        words = [hashlib.sha256(name + bytes([n >> 8, n & 255])).hexdigest()[:7] for n in range(thought + _ENDING)]
        answer = number + 2 if name[6] < 200 else 0
        return [
            "<think>",
            f"way-{number}-{seed}",
            *words[:thought],
            "</think>",
            *words[thought:],
            f"\\boxed{{{answer}}}",
        ]

    def _reply(self, begun: list[str], written: list[str], finish_reason: str) -> dict[str, Any]:
        text = (" " if begun else "") + " ".join(written)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self.parser and "</think>" not in begun:
            thought, closed, content = text.removeprefix("<think>").partition("</think>")
            message = {"role": "assistant", "reasoning": thought, "content": content if closed else None}
        elif self.parser:  # such a parser takes a rest without tags for thought
            message = {"role": "assistant", "reasoning": text, "content": None}
        usage = {"prompt_tokens": PROMPT_TOKENS + len(begun), "completion_tokens": len(written)}
        return {"choices": [{"index": 0, "finish_reason": finish_reason, "message": message}], "usage": usage}


def _number(body: dict[str, Any]) -> int:
    words = body["messages"][-1]["content"].split()
    return int(words[words.index("+") - 1])


@dataclass
class Ran:
    """What one start of a run left.

    Attributes:
        error: how it failed; None when it did not.
        progress: what was counted.
        solutions: the plan's, in plan order; empty after a failure.
        figures: of answers that were cut off.
    """

    error: DatagenError | None
    progress: Progress
    solutions: list[tuple[Solution, Verdict]]
    figures: dict[str, Any]


def run(
    folder: Path, verifier: Verifier, world: LongAnswers, problems: int, concurrency: int = 64, **sampling: Any
) -> Ran:
    """Sample problems from where the journal in the folder stands."""
    wanted = {"max_tokens": LIMIT, "target_correct": 2, "max_attempts": 6, "give_up_after": 6, **sampling}

    async def start() -> Ran:
        async with serving(world) as server:
            settings: Recipe = recipe(server.base_url, **wanted)
            teacher = settings.paid_teachers[0].model_copy(update={"concurrency": concurrency})
            client = OpenAIClient(teacher, teacher.base_urls, settings.sampling.timeout_s)
            teachers = {"t": ReadyTeacher(teacher, load_prompt("solve", "m"), client)}
            progress, cuts = Progress(), CutFigures(settings.sampling.on_truncated)
            solutions: list[tuple[Solution, Verdict]] = []
            error = None
            with Journal(folder / "c.jsonl") as journal, Journal(folder / "v.jsonl") as verdicts:
                judged, paths = Verdicts(verifier, verdicts), PathRule(settings.paths.text)
                sampler = Sampler(settings, paths, lambda problem: [], teachers, journal, None, judged, progress)
                try:
                    await sampler.run(problem(n) for n in range(problems))
                    for place in range(problems):
                        course, found, _ = await sampler.course(place, problem(place))
                        solutions += found
                        cuts.add(course.cut)
                except DatagenError as failure:
                    error = failure
                finally:
                    await client.close()
            return Ran(error, progress, solutions, cuts.figures())

    return asyncio.run(start())


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """The journal's records by key."""
    with Journal(folder / "c.jsonl", read_only=True) as journal:
        keys = [record["key"] for record in journal.records(("key",))]
        return {key: record for key in keys if (record := journal.get(key)) is not None}
