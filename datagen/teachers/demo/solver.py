"""What the demo teacher answers: a pure function of the messages, the seed, the temperature and the token limit.

At temperature 0 it gives one reply, the right one. With rising temperature it varies method and wording, slips and
carries the wrong value on, loses itself and is cut off, or falls back on the reply of temperature 0 once more.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from datagen.teachers.demo.kinds import recognise
from datagen.teachers.demo.kinds.kind import Method, Recognised
from datagen.teachers.demo.pen import Pen, Worked
from datagen.texts import digest
from datagen.thoughts import split_thought

# Chances at temperature 0.8; they grow in proportion to it.
SLIP, CUT, REPEAT = 0.15, 0.05, 0.10
_REFERENCE_TEMPERATURE = 0.8

_PIECE = re.compile(r"\s*(?:\w{1,5}|[^\w\s])|\s+")
_UNKNOWN_THOUGHTS = (
    "I read the problem twice. I know equations, sums, divisors, remainders, counting, chances, areas and rates in a "
    "few plain shapes, and this is none of them. I could guess, but a guess would look like an answer.",
    "This does not look like any kind of problem that I know how to work out. I would rather say so "
    "than make up steps.",
    "Which of my methods would fit here? I go through them and none does, so I stop.",
)
_ONCE_MORE = " … Once more, from the beginning. "
_UNKNOWN = "I do not know how to solve this kind of problem, so I give no answer."


@dataclass(frozen=True, slots=True)
class DemoReply:
    """One reply.

    Attributes:
        reasoning: the thought; may be all there is when the reply was cut off.
        content: what follows the thought.
        finish_reason: `length` when the reply was cut off, by chance or by `max_tokens`.
        prompt_tokens, completion_tokens: counted in pieces of at most five letters.
        is_known: whether the problem was one that can be answered.
    """

    reasoning: str
    content: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    is_known: bool = True


def solve(
    messages: Sequence[Mapping[str, Any]], *, seed: int, temperature: float, max_tokens: int, goes_on: bool = False
) -> DemoReply:
    """Answer a conversation whose last user message states a problem.

    Args:
        messages: in OpenAI's form; contents are strings or lists of text parts.
        seed: other seeds give other replies, unless the temperature is 0.
        temperature: 0 for the one right reply; from there on slips, cut-offs and repeats get likelier.
        max_tokens: most tokens of thought and content together.
        goes_on: whether to go on with the last message, the beginning of an answer. It works the problem out once more:
            within the thought when that is open, else without one.

    Returns:
        The reply, or the rest of it; without a boxed answer when the problem is of an unknown kind.
    """
    prompt = next((text_of(message) for message in reversed(messages) if message.get("role") == "user"), "")
    draw = random.Random(int(digest("demo", list(messages), seed, temperature, max_tokens)[:16], 16))
    heat = temperature / _REFERENCE_TEMPERATURE
    repeats, slips, cut = draw.random() < REPEAT * heat, draw.random() < SLIP * heat, draw.random() < CUT * heat
    cut_at = 0.3 + 0.6 * draw.random()
    problem = recognise(prompt)
    if problem is None:
        reasoning, content = _UNKNOWN_THOUGHTS[int(draw.random() * len(_UNKNOWN_THOUGHTS)) if heat else 0], _UNKNOWN
    elif repeats or not heat:
        worked = _first_thought(problem)
        reasoning, content = worked.reasoning, worked.content
    else:
        worked = work_out(problem, int(draw.random() * 2**32), slips=slips)
        reasoning, content = worked.reasoning, worked.content
    if goes_on:
        is_open = split_thought(text_of(messages[-1])).cut
        reasoning, content = (_ONCE_MORE + reasoning, content) if is_open else ("", _ONCE_MORE + content)
    prompt_tokens = sum(count_tokens(text_of(message)) for message in messages)
    limit = max_tokens
    if cut and heat:
        limit = min(limit, int(cut_at * (count_tokens(reasoning) + count_tokens(content))))
    return replace(_limited(reasoning, content, limit, prompt_tokens), is_known=problem is not None)


def work_out(problem: Recognised, variant: int, *, slips: bool = False) -> Worked:
    """One worked solution of a known problem.

    Args:
        problem: as recognised.
        variant: chooses method, wording and the place of a slip.
        slips: whether to take one value wrong, such that the answer is wrong too. A method that happens to reach the
            right answer whatever slips stays right.
    """
    draw = random.Random(variant)
    methods = list(problem.kind.methods)
    wording, place = int(draw.random() * 2**32), draw.random()
    right: Worked | None = None
    while right is None:
        method = methods.pop(int(draw.random() * len(methods)))
        right = _write(problem, method, wording)
    if not slips:
        return right
    for offset in range(right.slip_points):
        wrong = _write(problem, method, wording, slip_at=(int(place * right.slip_points) + offset) % right.slip_points)
        if wrong is not None and wrong.answer != right.answer:
            return wrong
    return right


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message: its content, or its text parts one under the other."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content)


def count_tokens(text: str) -> int:
    """How many pieces of at most five letters, or one sign, a text has."""
    return len(_PIECE.findall(text))


def _write(problem: Recognised, method: Method, wording: int, slip_at: int | None = None) -> Worked | None:
    pen = Pen(random.Random(wording), problem.problem, slip_at)
    answer = problem.attempt(method, pen)
    return None if answer is None else pen.finish(answer)


@lru_cache(maxsize=4096)
def _most_likely(kind: str, sentence: str) -> int:
    return int(digest("most likely", kind, sentence)[:8], 16)


def _first_thought(problem: Recognised) -> Worked:
    return work_out(problem, _most_likely(problem.kind.name, problem.problem))


def _limited(reasoning: str, content: str, limit: int, prompt_tokens: int) -> DemoReply:
    thought, rest = _PIECE.findall(reasoning), _PIECE.findall(content)
    if len(thought) + len(rest) <= limit:
        return DemoReply(reasoning, content, "stop", prompt_tokens, len(thought) + len(rest))
    kept, kept_rest = thought[:limit], rest[: max(0, limit - len(thought))]
    return DemoReply("".join(kept), "".join(kept_rest), "length", prompt_tokens, len(kept) + len(kept_rest))
