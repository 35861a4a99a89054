"""What a text says, past the words that come and go: what shows that two wordings are one problem, or copies of one.

All works on the tokens of `datagen.screen.similarity`. The rule that is kept: nothing that does mathematics is looked
past, and what is looked past in one text must be nothing but that.
"""

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from datagen.screen.vocabulary import FUNCTIONS, GREEK_LETTERS, JOINTS, OPERATORS, TURNS

FEWEST_WITH_A_SLIP = 20
"""Tokens from which a copy that lost a sign is told from a problem that never had it."""
FEWEST_WRAPPED = 15
"""Tokens from which a text is known again among words that are added before and behind."""

_SHORTEST_STEM = 4
_SHORTEST_MISSPELT = 6
_PLURAL = re.compile(r"(?<!s)s$")
_ENDING = re.compile(r"(?:ing|e?d|e)$")
_SPELLINGS = (("our", "or"), ("ll", "l"), ("ys", "yz"), ("is", "iz"), ("tre", "ter"))
_ASKING = frozenset(["what", "how", "find", "determine", "compute", "calculate", "evaluate", "solve", "which"])
_SIGNS = OPERATORS | FUNCTIONS


def gist(tokens: Sequence[str]) -> list[str]:
    """What is said, in order: the tokens without joints, each word in one form of several ("labeled", "labelled")."""
    return [_stem(token) for token in tokens if token not in JOINTS]


def says_the_same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of tokens have one gist, but for slips of the pen in longer words."""
    here, there = ([token for token in tokens if token not in JOINTS] for tokens in (one, other))
    if len(here) != len(there):
        return False
    return all(
        token == its or _stem(token) == _stem(its) or _is_slip(token, its)
        for token, its in zip(here, there, strict=True)
    )


def lost_signs(one: Counter[str], other: Counter[str]) -> bool:
    r"""Whether signs differ as in a copy that lost some (`^`, `\sqrt`): one side has more of them, and no others.

    Both arguments say how often each token stands in a text.
    """
    here = Counter({token: count for token, count in one.items() if token in _SIGNS})
    there = Counter({token: count for token, count in other.items() if token in _SIGNS})
    return min(one.total(), other.total()) >= FEWEST_WITH_A_SLIP and not (here - there and there - here)


def is_wrapped(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the shorter text stands whole in the longer one, beside words that neither ask nor do mathematics."""
    core, whole = sorted((one, other), key=len)
    size = len(core)
    if not FEWEST_WRAPPED <= size < len(whole) <= 2 * size:
        return False
    for start in range(len(whole) - size + 1):
        if whole[start] == core[0] and whole[start : start + size] == core:
            return not any(map(_matters, (*whole[:start], *whole[start + size :])))
    return False


def is_variable(token: str) -> bool:
    """Whether a token is a small letter or a Greek one; "a" hardly ever is."""
    return (len(token) == 1 and "b" <= token <= "z") or token in GREEK_LETTERS


def _is_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST_MISSPELT or one in TURNS or other in TURNS:
        return False
    return one.isalpha() and other.isalpha() and OSA.distance(one, other, score_cutoff=1) <= 1


def _matters(token: str) -> bool:
    return token[0].isdigit() or token in _SIGNS or token in TURNS or token in _ASKING or is_variable(token)


def _stem(token: str) -> str:
    if len(token) <= _SHORTEST_STEM or not token.isascii() or not token.isalpha():
        return token
    for other, one in _SPELLINGS:
        token = token.replace(other, one)
    stem = _ENDING.sub("", _PLURAL.sub("", token))
    return stem if len(stem) >= _SHORTEST_STEM else token
