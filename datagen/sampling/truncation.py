"""What becomes of an answer that was cut off: it stays so, is asked for with a raised limit, or is continued; once.

An attempt is one attempt whatever it takes. Its solution is the last text that came of it; the first stays in the
journal, and what both cost is what the attempt cost. A text that repeats itself to its end gets nothing more: it would
go on so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from datagen.degenerate.repeats import tail_share
from datagen.recipe import Sampling
from datagen.spending.cost import from_usd
from datagen.tables import Solution
from datagen.teachers.base import Message, Request
from datagen.texts import digest
from datagen.thoughts import CLOSE, OPEN, SplitText, split_thought

TRUNCATION_VERSION = 1
"""Another one may ask for more of other answers."""

WorthRaising = Callable[[str], bool]
"""Whether a raised limit is worth its price for a teacher's answer that reached the limit."""

_RAISED = 2
"""A limit is raised to so many times what it was."""
_AT_LIMIT = 0.9
"""An answer of that share of its limit was cut off there; a shorter one by the endpoint, for reasons of its own."""
_REPEATS = 0.1
"""Compressed size of the end of a text that repeats itself, of its own size. Of 2,860 recorded answers that are right
or closed their thought, one lies below; of 459 thoughts that were cut off, 74 do."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An attempt whose first answer was cut off.

    Attributes:
        tokens: of that answer; None when nobody counted.
        is_at_limit: whether it reached the limit that was asked for.
        repeats: whether it repeats itself to its end.
        then: what came of it: it was left so; more was asked for, and the endpoint did not take that; it was asked for
            with a raised limit; it was continued; or the endpoint did not go on with it, but began anew.
        paid_tokens, paid_usd: for the first answer, its prompt included.
        again_tokens, again_usd: for the second.
    """

    tokens: int | None
    is_at_limit: bool
    repeats: bool
    then: Literal["left", "refused", "raised", "continued", "begun_anew"]
    paid_tokens: int
    paid_usd: float
    again_tokens: int = 0
    again_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt came to.

    Attributes:
        solution: its last text, with the tokens and the money of all that it took.
        keys: of what the journal keeps of it.
        cut: how its first answer was cut off; None when it was not.
    """

    solution: Solution
    keys: tuple[str, ...] = ()
    cut: Cut | None = None


def most_tokens(sampling: Sampling) -> int:
    """The most tokens that an attempt can have written, both its answers together."""
    answers = {"accept": 1, "raise_limit": 1 + _RAISED, "continue": 2}[sampling.on_truncated]
    return answers * sampling.max_tokens


def is_cut_off(solution: Solution) -> bool:
    """Whether an answer ended because it had no room."""
    return solution.finish_reason == "length"


def cut_of(first: Solution, limit: int) -> Cut:
    """How a first answer was cut off, as long as nothing came of it.

    Args:
        first: the answer.
        limit: the most tokens that it was asked to have.
    """
    tokens = first.completion_tokens
    return Cut(
        tokens=tokens,
        is_at_limit=tokens is None or first.usage_estimated or tokens >= _AT_LIMIT * limit,
        repeats=repeats_itself(first.reasoning) or repeats_itself(first.content),
        then="left",
        paid_tokens=(first.prompt_tokens or 0) + (tokens or 0),
        paid_usd=first.cost_usd,
    )


def repeats_itself(text: str) -> bool:
    """Whether a text repeats itself to its end: its last 4,096 characters compress to less than a tenth."""
    return tail_share(text) < _REPEATS


def raised(request: Request) -> Request:
    """The same request with a raised limit."""
    return replace(request, max_tokens=_RAISED * request.max_tokens, asks_for_more=True)


def continued(request: Request, first: Solution) -> Request:
    """The request to go on where an answer was cut off, under the limit that the answer had."""
    messages = (*request.messages, Message("assistant", beginning(first)))
    return replace(request, messages=messages, asks_for_more=True)


def beginning(first: Solution) -> str:
    """An answer as it was written so far; a thought in which it was cut off is left open."""
    if not first.reasoning:
        return first.content
    thought = f"{OPEN}\n{first.reasoning}"
    return f"{thought}\n{CLOSE}\n\n{first.content}" if first.content else thought


def refusal_key(key: str) -> str:
    """Under which key the journal keeps that an endpoint did not take a request for more."""
    return digest("refused", key)


def with_raised(first: Attempt, key: str, again: Solution) -> Attempt:
    """The attempt when its first answer was asked for with a raised limit.

    Args:
        first: as it was cut off.
        key: of the answer to the raised limit.
        again: that answer.
    """
    return _paid(first, key, again, "raised", replace(again, request_key=key, id=key[:16]))


def with_rest(first: Attempt, key: str, again: Solution) -> Attempt:
    """The attempt when its first answer was continued.

    Args:
        first: as it was cut off.
        key: of the continuation.
        again: what was written after the beginning, as it came.
    """
    whole = joined(first.solution, again)
    if whole is None:
        return _paid(first, key, again, "begun_anew", first.solution)
    text = replace(
        again,
        id=key[:16],
        request_key=key,
        reasoning=whole.reasoning,
        content=whole.content,
        finish_reason="length" if whole.cut else again.finish_reason,
    )
    return _paid(first, key, again, "continued", text)


def refused(first: Attempt, key: str) -> Attempt:
    """The attempt when the endpoint did not take the request for more."""
    assert first.cut is not None
    return replace(first, keys=(*first.keys, refusal_key(key)), cut=replace(first.cut, then="refused"))


def joined(first: Solution, rest: Solution) -> SplitText | None:
    """A beginning and its continuation as one text, wherever an endpoint puts the pieces of the latter.

    Args:
        first: as it was cut off.
        rest: `reasoning` and `content` as they came; an endpoint that tells thoughts apart knows of the rest alone.

    Returns:
        The text, taken apart; None when the rest begins a thought of its own, and so is no continuation.
    """
    if OPEN in rest.reasoning or OPEN in rest.content:
        return None
    thought, text = rest.reasoning, rest.content
    is_open = bool(first.reasoning) and not first.content
    if thought.strip() and text.strip():
        if first.reasoning and not is_open:
            return None
        after = f"{thought}\n{CLOSE}\n\n{text}"
    elif is_open and text.strip() and CLOSE not in text and rest.finish_reason == "stop":
        after = f"\n{CLOSE}\n\n{text}"  # the thought ended where it had been cut off
    else:
        after = thought + text
    return split_thought(beginning(first) + after)


def _paid(
    first: Attempt, key: str, again: Solution, then: Literal["raised", "continued", "begun_anew"], text: Solution
) -> Attempt:
    """The attempt with a text, and with what both answers cost."""
    assert first.cut is not None
    before = first.solution
    solution = replace(
        text,
        prompt_tokens=(before.prompt_tokens or 0) + (again.prompt_tokens or 0),
        completion_tokens=(before.completion_tokens or 0) + (again.completion_tokens or 0),
        cost_usd=(from_usd(before.cost_usd) + from_usd(again.cost_usd)).usd,
        usage_estimated=before.usage_estimated or again.usage_estimated,
    )
    tokens = (again.prompt_tokens or 0) + (again.completion_tokens or 0)
    cut = replace(first.cut, then=then, again_tokens=tokens, again_usd=again.cost_usd)
    return Attempt(solution, (*first.keys, key), cut)
