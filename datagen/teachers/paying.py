"""What every paid completion has, whoever wanted it: its seed, its record in the journal, and what it cost."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from datagen.journal import Journal
from datagen.recipe_teachers import PaidTeacher
from datagen.teachers.base import Completion, Message, Request
from datagen.teachers.prompting import Prompt
from datagen.texts import digest


def seed_of(teacher: PaidTeacher, recipe_seed: int, messages: Sequence[Message], attempt: int) -> int | None:
    """The seed that goes with a request; it follows from what is asked and is no part of it. None sends none."""
    if teacher.seed == "none":
        return None
    return int(digest("seed", recipe_seed, [asdict(message) for message in messages], attempt)[:8], 16) >> 1


def record_of(
    teacher: PaidTeacher, request: Request, attempt: int, prompt: Prompt, problem: str, completion: Completion
) -> dict[str, Any]:
    """A completion as the journal keeps it: what was asked, setting by setting, and what came back.

    Args:
        teacher: who was asked.
        request: what was asked.
        attempt: the number of the attempt, from 0.
        prompt: the prompt file that the request was rendered from.
        problem: the problem's text; only its hash is kept.
        completion: what came back.
    """
    price = teacher.price
    tokens = (completion.prompt_tokens or 0) * price.input + (completion.completion_tokens or 0) * price.output
    return {
        "model": teacher.model,
        "attempt": attempt,
        "prompt": prompt.sha256,
        "problem": digest(problem)[:16],
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        **asdict(completion),
        "cost_usd": tokens / 1_000_000,
    }


def spent(teachers: tuple[PaidTeacher, ...], journal: Journal) -> dict[str, dict[str, float]]:
    """What the completions in the journal cost, by teacher: completions, tokens and USD, over all starts of the run."""
    names = {teacher.model: teacher.name for teacher in teachers}
    ledger: defaultdict[str, Counter[str]] = defaultdict(Counter)
    usd: defaultdict[str, float] = defaultdict(float)
    for record in journal.records():
        teacher = names.get(record["model"], record["model"])
        ledger[teacher]["completions"] += 1
        ledger[teacher]["prompt_tokens"] += record["prompt_tokens"] or 0
        ledger[teacher]["completion_tokens"] += record["completion_tokens"] or 0
        usd[teacher] += record["cost_usd"]
    return {teacher: {**counts, "usd": round(usd[teacher], 6)} for teacher, counts in sorted(ledger.items())}
