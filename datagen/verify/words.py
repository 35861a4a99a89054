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
_LEADING_ARTICLE = re.compile(r"^\s*(?:the|an?)\s+(?=\S{2,})", re.IGNORECASE)
_PROSE_WORDS = 3
_INITIALS = 3
_SHORT_WORDS = frozenset({"yes", "no", "up", "odd", "one", "two", "six", "ten", "all", "red", "dne"})
_PHRASES = frozenset(
    {"does not exist", "all real numbers", "all real", "no real solutions", "no real solution", "there are none",
     "not enough information", "cannot be determined", "infinitely many solutions"}
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"(?:\\text\{)?\s*(?:see\b|proof\b|proved?\b|answers?\s+(?:may|will)\s+vary|n/a\b|omitted|not\s+given|q\.?e\.?d)",
    re.IGNORECASE,
)
_COUNTS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_NONE = frozenset(
    {"no solution", "no solutions", "no real solution", "no real solutions", "none", "empty set", "the empty set"}
)
_PART = re.compile(
    r"(?:^|[\s;,.])\((?:[a-d]|i{1,3}|iv|[1-4])\)\s*\S|(?:^|[\s;])(?:[a-d]|[1-4])\)\s*\S|\bpart\s+[a-d1-4ivx]+\b",
    re.IGNORECASE,
)
_MEANT = {
    "infinity": "\\infty", "all real numbers": "(-\\infty,\\infty)", "all real": "(-\\infty,\\infty)",
    "\\mathbb{R}": "(-\\infty,\\infty)", "pi": "\\pi",
}  # fmt: skip
_FUNCTIONS = re.compile(
    r"\b(?:sin|cos|tan|cot|sec|csc|log|ln|exp|max|min|gcd|lcm|arcsin|arccos|arctan|sinh|cosh|tanh|mod|det|dim|deg)\b"
)


def as_words(text: str) -> tuple[str, ...] | None:
    """The words that a tidy text consists of, without a leading article; None when it is mathematics."""
    wrapped = bool(_TEXT.search(text))
    shown = _TEXT.sub(r" \1 ", text)
    if _MATHS.search(_COMMAND.sub(" ", shown) if wrapped else shown):
        return None
    shown = _COMMAND.sub(" ", shown)
    if not (_WORD.search(shown) if wrapped else _BARE_WORD.search(_FUNCTIONS.sub(" ", shown))):
        return None
    if not wrapped and re.search(r"[()\[\]{}]", shown) and not _BARE_WORD.search(re.sub(r"\([^()]*\)", " ", shown)):
        return None
    return tuple(re.findall(r"[^\W_]+", _LEADING_ARTICLE.sub("", shown)))


def same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two answers say the same words; a plural counts as its singular, but the triangle ABC is no abc."""
    if len(one) == len(other) == 1 and len(one[0]) <= _INITIALS and one[0].casefold() not in _SHORT_WORDS:
        return one[0] == other[0] or {one[0], other[0]} == {one[0].lower(), one[0].title()}
    return [_singular(word.casefold()) for word in one] == [_singular(word.casefold()) for word in other]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def says_nothing_solves(text: str) -> bool:
    """Whether a tidy text says that there is no solution: the empty set, in signs or in words."""
    if text in {"\\emptyset", "\\{\\}"}:
        return True
    words = as_words(text)
    return words is not None and " ".join(words).casefold() in _NONE


def in_signs(text: str) -> str:
    """A tidy text with words for which there is a sign: six, infinity, all real numbers; others as they are."""
    words = as_words(text)
    if words is None:
        return _MEANT.get(text.replace(" ", ""), text)
    said = " ".join(words).casefold()
    return _COUNTS.get(said) or _MEANT.get(said, text)


def is_prose(text: str) -> bool:
    """Whether a tidy text is rather a sentence than an answer: three words and more beside its formulas."""
    words = as_words(text)
    if words is not None and " ".join(words).casefold() in _PHRASES:
        return False
    shown = _FUNCTIONS.sub(" ", _COMMAND.sub(" ", _TEXT.sub(r" \1 ", text)))
    return len(_PROSE_WORD.findall(shown)) >= _PROSE_WORDS


def is_placeholder(text: str) -> bool:
    """Whether a gold only says that the answer is elsewhere: "See solution", "Proof", "Answers may vary"."""
    return bool(_PLACEHOLDER.match(text))


def has_parts(text: str) -> bool:
    """Whether a gold answers several questions at once: "(a) 5 (b) 6"."""
    return len(_PART.findall(text)) > 1
