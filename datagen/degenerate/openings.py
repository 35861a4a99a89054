"""Whether a text answers before it reasons, or has a thought without anything in it."""

import re

from datagen.degenerate.found import Found, excerpt

_BOX = re.compile(r"\\f?boxed\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_MOST_BEFORE = 200
"""Characters before the first box; in more of them there is always some reasoning."""
_TOKEN = re.compile(r"\\[a-zA-Z]+|[^\W\d_]+|\d+")
_STOCK_WORDS = (
    "the a an so thus hence therefore then answer final solution result value of is are equals to be in this that we "
    "have get it as follows problem question correct"
)
_FEWEST_CHARACTERS = 20
"""Letters and digits of the shortest thought that says something."""


def boxed_first(problem: str, text: str) -> Found | None:
    """Where a text boxes an answer before any reasoning: after stock words alone, and its problem where it has that."""
    begin = len(problem) if problem and text.startswith(problem) else 0
    box = _BOX.search(text, begin, begin + 2 * _MOST_BEFORE)
    if box is None or not box.group(1).strip() or box.start() - begin > _MOST_BEFORE or box.group(1).count("=") > 1:
        return None  # none, an empty one, a late one, or one that holds the reasoning itself
    known = set(_STOCK_WORDS.split()) | {token.lower() for token in _TOKEN.findall(box.group(1))}
    before = (token.lower() for token in _TOKEN.findall(text, begin, box.start()))
    if all(token in known or token.startswith("\\") or (len(token) == 1 and token.isalpha()) for token in before):
        return Found(box.start(), excerpt(text[begin:]))
    return None


def empty_thought(thought: str) -> Found | None:
    """A thought that holds next to nothing; a text without thought is no such text."""
    if thought and len(thought) < 50 * _FEWEST_CHARACTERS:
        said = sum(character.isalnum() for character in thought)
        return Found(0, excerpt(thought)) if said < _FEWEST_CHARACTERS else None
    return None
