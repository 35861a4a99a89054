"""Whether a text goes round in circles: to its end, or in whole sentences all along.

A long thought says "wait, let me check again" many times, a table has many rows alike, and case 2 goes like case 1:
none of these is a circle. So a sentence counts when it is long, has a word, and stood there before to the letter.
"""

import re
import zlib
from collections.abc import Sequence

from datagen.degenerate.found import Found, excerpt

_TAIL, _SHORTEST_TAIL = 4096, 1024
"""Characters at the end of a text that tell whether it repeats itself; fewer tell nothing."""
_CIRCLE, _WORDY_CIRCLE, _WORDY = 0.07, 0.1, 0.02
"""Compressed size of a tail that is a circle, of its own size; and of one where so few characters are digits. A sound
text may end in a list of cases, which comes down to 0.083 in recorded outputs, but counts. One that was cut off in a
list is given up all the same (`datagen.sampling.truncation`)."""
_SENTENCE = 30
"""Characters from which on a sentence tells; shorter ones are said again in any calculation."""
_SAID_BEFORE, _FEWEST_CHARACTERS = 0.45, 1000
"""The share of a text in such sentences that stood there before, and their characters, from which on it is a circle."""

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+|\n\s*")
_WORD = re.compile(r"[^\W\d_]{3}")


def tail_share(text: str) -> float:
    """To what share of its size the end of a text, 4,096 characters, can be compressed; 1 where it is too short."""
    if len(text) < _SHORTEST_TAIL:
        return 1.0
    tail = text[-_TAIL:].encode("utf-8", "surrogatepass")
    return len(zlib.compress(tail, 9)) / len(tail)


def repetition(parts: Sequence[str]) -> Found | None:
    """Where a text that goes round in circles does so.

    Args:
        parts: of the text, a blank line between them; each may circle to its end, and what one says another may repeat.
    """
    start = 0
    for part in parts:
        if _ends_in_a_circle(part):
            place = max(0, len(part) - _TAIL)
            return Found(start + place, f"to its end: {excerpt(part[place:])}")
        start += len(part) + 2
    return _said_before("\n\n".join(parts))


def _ends_in_a_circle(text: str) -> bool:
    share = tail_share(text)
    if share >= _WORDY_CIRCLE:
        return False
    tail = text[-_TAIL:]
    return share < _CIRCLE or sum(map(str.isdigit, tail)) <= _WORDY * len(tail)


def _said_before(text: str) -> Found | None:
    seen: set[str] = set()
    again, first = 0, ""
    for sentence in _BETWEEN_SENTENCES.split(text):
        if len(sentence) < _SENTENCE:
            continue
        if sentence in seen and _WORD.search(sentence):
            first = first or sentence
            again += len(sentence)
        seen.add(sentence)
    if again < max(_FEWEST_CHARACTERS, _SAID_BEFORE * len(text)):
        return None
    place = text.index(first, text.index(first) + 1)
    return Found(place, f"{again / len(text):.0%} of it stood before, first: {excerpt(first)}")
