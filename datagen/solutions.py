"""What a solution is: a thought and what follows it, whether it is whole, and the text that a student would read.

A thought that opens and does not close is truncated, and so is a text that its endpoint cut at the length limit. A text
without thought tags is a solution without reasoning, not a truncated one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from datagen.endings import breaks_off
from datagen.tables import FinishReason, Solution
from datagen.texts import digest
from datagen.thoughts import SplitText, split_thought

TextMode = Literal["both", "reasoning", "solution"]

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
}


def finish_reason(said: str) -> FinishReason:
    """An endpoint's or a source's word for why a text ended, in ours; `unknown` for none and for other words."""
    return _FINISH_REASONS.get(said.strip().lower(), "unknown")


def is_whole(solution: Solution) -> bool:
    """Whether nothing of the text is missing, as far as is known; only a whole text can be a path."""
    return not is_truncated(solution) and solution.finish_reason != "content_filter"


def is_truncated(solution: Solution) -> bool:
    """Whether the text was cut off: by the endpoint, or in the middle of its thought.

    Where nobody says why a text ended, its last words do, if they break off.
    """
    if solution.finish_reason == "length" or (solution.reasoning and not solution.content):
        return True
    return solution.finish_reason == "unknown" and breaks_off(solution.content)


def path_text(solution: Solution, mode: TextMode) -> str:
    """What of a solution is the path: `both` is reasoning, a blank line, content; empty when there is nothing."""
    return "\n\n".join(part for part in path_parts(solution, mode) if part)


def path_parts(solution: Solution, mode: TextMode) -> tuple[str, str]:
    """What of a solution's thought, and of what follows it, is the path; empty where nothing is."""
    thought = "" if mode == "solution" else solution.reasoning
    content = "" if mode == "reasoning" else solution.content
    return thought, content


def recorded_solution(
    problem_id: str,
    problem: str,
    text: str,
    *,
    model: str,
    index: int,
    reasoning: str | None = None,
    finish_reason: FinishReason = "stop",
) -> Solution:
    """A solution that a source row carried.

    Args:
        problem_id: of the problem that it solves.
        problem: the raw problem text.
        text: the raw output; with `reasoning` given, only what follows the thought.
        model: who wrote it, as the source says.
        index: its place among the row's solutions.
        reasoning: the thought, for sources that keep it in a column of its own.
        finish_reason: as the source recorded it; `length` when its thought never closes.

    Returns:
        The solution; its key is the hash of source model, raw problem and solution text, free of sampling settings.
    """
    parts = split_thought(text) if reasoning is None else SplitText(reasoning.strip(), text.strip(), cut=False)
    key = digest("recorded", model, problem, parts.reasoning, parts.content)
    return Solution(
        id=key[:16],
        problem_id=problem_id,
        teacher="recorded",
        model=model,
        attempt=index,
        reasoning=parts.reasoning,
        content=parts.content,
        finish_reason="length" if parts.cut else finish_reason,
        prompt_tokens=None,
        completion_tokens=None,
        cost_usd=0.0,
        request_key=key,
    )


def request_key(model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any], attempt: int) -> str:
    """Name a paid completion by what was asked: 64 hexadecimal digits.

    Args:
        model: the model's name at its endpoint.
        messages: role and content, as sent.
        parameters: those that change the distribution (temperature, top_p, max_tokens, extra body).
        attempt: number of the attempt, from 0.
    """
    return digest("asked", model, [dict(message) for message in messages], dict(parameters), attempt)
