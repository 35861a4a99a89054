"""The gold answer as a source has it, brought to a text that can be compared, or the reason why it can't be.

A gold that can't be read is `bad_gold`, never `wrong`: the fault is not the solution's. Nothing that comes in raises.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Number

from datagen.thoughts import split_thought
from datagen.verify.extract import final_answer
from datagen.verify.plain import UnreadableError, text_of
from datagen.verify.tidy import tidy

_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SAYS_THAT_IT_ANSWERS = re.compile(
    r"\\(?:boxed|fbox)(?![A-Za-z])|^####|\banswer\b|</?think>", re.IGNORECASE | re.MULTILINE
)
_OPEN_BOX = re.compile(r"^\s*\$?\\{1,2}(?:boxed|fbox)\{")
_WORDS_OF_A_SOLUTION = 12


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold answer.

    Attributes:
        text: the answer; None when there is none.
        method: why there is none; empty otherwise.
    """

    text: str | None
    method: str = ""


def read_gold(gold: object) -> Gold:
    """Read a gold answer.

    Args:
        gold: text, a number, a whole solution, or a list, tuple or array of such that all say the same.

    Returns:
        The answer's text. Without one, the reason: `empty-gold` (also null and NaN), `several-golds` that differ,
        `not-text` (a dict, bytes, …).
    """
    try:
        texts = [text for text in (_answer(text_of(one)) for one in _members(gold)) if text]
    except UnreadableError as error:
        return Gold(None, error.reason)
    if not texts:
        return Gold(None, "empty-gold")
    if any(tidy(text) != tidy(texts[0]) for text in texts[1:]):
        return Gold(None, "several-golds")
    return Gold(texts[0])


def _members(gold: object) -> Iterable[object]:
    is_array = hasattr(gold, "tolist") and not isinstance(gold, (str, Number))  # numpy's numbers have it, too
    listed = gold.tolist() if is_array else gold  # type: ignore[attr-defined]
    return listed if isinstance(listed, (list, tuple)) else (listed,)


def _answer(gold: str) -> str:
    """The answer that a gold text is, or that it ends with when it is a whole solution."""
    if not _is_solution(gold):
        return gold
    parts = split_thought(gold)
    return final_answer(parts.reasoning, parts.content) or _OPEN_BOX.sub("", gold)


def _is_solution(gold: str) -> bool:
    return bool(_SAYS_THAT_IT_ANSWERS.search(gold)) or len(_WORD.findall(gold)) >= _WORDS_OF_A_SOLUTION
