"""What every paid completion has, whoever wanted it: its seed, and its record in the journal."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from datagen.recipe_teachers import PaidTeacher
from datagen.spending.cost import Tariff, with_usage
from datagen.teachers.base import Completion, Message, Request
from datagen.teachers.families import parameters_of
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
    """A completion as the journal keeps it: what was asked, setting by setting (None: not sent), and what came back.

    Args:
        teacher: who was asked.
        request: what was asked.
        attempt: the number of the attempt, from 0.
        prompt: the prompt file that the request was rendered from.
        problem: the problem's text; only its hash is kept.
        completion: what came back.
    """
    sent = parameters_of(teacher, request)
    return {
        "model": teacher.model,
        "attempt": attempt,
        "prompt": prompt.sha256,
        "problem": digest(problem)[:16],
        **{name: sent.get(name) for name in ("temperature", "top_p", "max_tokens")},
        **asdict(with_usage(request, completion)),
        "cost_usd": Tariff.of(teacher).cost(request, completion).usd,
    }
