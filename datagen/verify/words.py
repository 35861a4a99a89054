r"""Answers in words: names, yes and no, "east", "no solution"; and golds that are sentences, which nobody can verify.

Computer algebra would read words as products of letters, equal to their anagrams. Words are equal when they are the
same words; anything less is left undecided.
"""

import re

_TEXT = re.compile(r"\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_MATHS = re.compile(r"[0-9=<>^_+*/|\\]")
_BARE_WORD = re.compile(r"[A-Za-z]{3,}|(?<![A-Za-z])(?:no|No|NO|up|Up)(?![A-Za-z])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE_WORD = re.compile(
    r"[^\W\d_]{3,}|(?<![A-Za-z])(?:is|of|in|an|or|if|to|by|at|on|no|we|as|be)(?![A-Za-z])", re.IGNORECASE
)
_ARTICLES = frozenset({"the", "a", "an"})
_PROSE_WORDS = 3
_NONE = frozenset(
    {"no solution", "no solutions", "no real solution", "no real solutions", "none", "empty set", "the empty set"}
)
_PART = re.compile(
    r"(?:^|[\s;,.])\((?:[a-d]|i{1,3}|iv|[1-4])\)\s*\S|(?:^|[\s;])(?:[a-d]|[1-4])\)\s*\S|\bpart\s+[a-d1-4ivx]+\b",
    re.IGNORECASE,
)
_FUNCTIONS = re.compile(
    r"\b(?:sin|cos|tan|cot|sec|csc|log|ln|exp|max|min|gcd|lcm|arcsin|arccos|arctan|sinh|cosh|tanh|mod|det|dim|deg)\b"
)


def as_words(text: str) -> tuple[str, ...] | None:
    """The words that a tidy text consists of, case folded and without articles; None when it is mathematics."""
    wrapped = bool(_TEXT.search(text))
    shown = _TEXT.sub(r" \1 ", text)
    if _MATHS.search(_COMMAND.sub(" ", shown) if wrapped else shown):
        return None
    shown = _COMMAND.sub(" ", shown)
    if not (_WORD.search(shown) if wrapped else _BARE_WORD.search(_FUNCTIONS.sub(" ", shown))):
        return None
    if not wrapped and re.search(r"[()\[\]{}]", shown) and not _BARE_WORD.search(re.sub(r"\([^()]*\)", " ", shown)):
        return None
    return tuple(word for word in re.findall(r"[^\W_]+", shown.casefold()) if word not in _ARTICLES)


def same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two answers say the same words; a plural counts as its singular."""
    return [_singular(word) for word in one] == [_singular(word) for word in other]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def says_nothing_solves(text: str) -> bool:
    """Whether a tidy text says that there is no solution: the empty set, in signs or in words."""
    if text in {"\\emptyset", "\\{\\}"}:
        return True
    words = as_words(text)
    return words is not None and " ".join(words) in _NONE


def is_prose(text: str) -> bool:
    """Whether a tidy text is rather a sentence than an answer: three words and more beside its formulas."""
    shown = _FUNCTIONS.sub(" ", _COMMAND.sub(" ", _TEXT.sub(r" \1 ", text)))
    return len(_PROSE_WORD.findall(shown)) >= _PROSE_WORDS


def has_parts(text: str) -> bool:
    """Whether a gold answers several questions at once: "(a) 5 (b) 6"."""
    return len(_PART.findall(text)) > 1
