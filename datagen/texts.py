"""When two texts are the same text, and the hashes that name things.

`normalise` decides it, for problem ids and for every comparison of problems. Changing it changes ids, so its version
goes into each id; paid completions are keyed by what was asked and survive such a change.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

NORMALISER_VERSION = "1"

_HEADER = re.compile(r"^\s*#{1,6}\s+[^\n]{0,80}\n")
_MATH_DELIMITERS = re.compile(r"\$+|\\[()\[\]]")
_SPACING = re.compile(r"\\(?:left|right|displaystyle|,|;|:|!|quad|qquad)(?![A-Za-z])|~")
_SYNONYMS = re.compile(r"\\[dt]frac(?![A-Za-z])")
_TOKEN = re.compile(r"\\[a-z]+|\d*\.\d+|[^\W_]+|[^\w\s]", re.UNICODE)
_IMAGE_LINK = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)")
_DROPPED_PUNCTUATION = frozenset('.,;:?"`')


def normalise(text: str) -> str:
    """Bring a text to the form in which texts are compared.

    Unicode NFKC and case folding; a heading before the problem ("## Task B-1.3."), LaTeX delimiters, spacing commands,
    sentence punctuation and braces around a single token go; dfrac and tfrac become frac. Digits, operators, primes,
    factorials, decimal points and braces that group stay: two problems that differ in one number are two problems.

    Returns:
        Tokens joined by single blanks; empty when the text holds nothing to compare.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _HEADER.sub("", text) or text
    text = _SYNONYMS.sub(r"\\frac", text)
    text = _SPACING.sub(" ", text)
    text = _MATH_DELIMITERS.sub(" ", text)
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(
        _without_idle_braces([token for token in _TOKEN.findall(text) if token not in _DROPPED_PUNCTUATION])
    )


def _without_idle_braces(tokens: Sequence[str]) -> list[str]:
    """The tokens without braces that group nothing: around one token or none, or without their other half."""
    kept: list[str] = []
    opened: list[int] = []
    for token in tokens:
        if token == "}" and opened:
            start = opened.pop()
            if len(kept) - start > 2:  # the brace itself and one token
                kept.append(token)
            else:
                del kept[start]
        elif token != "}":
            if token == "{":
                opened.append(len(kept))
            kept.append(token)
    for start in reversed(opened):
        del kept[start]
    return kept


def problem_id(problem: str) -> str:
    """Name a problem by its normalised text: 16 hexadecimal digits."""
    return digest("problem", NORMALISER_VERSION, normalise(problem))[:16]


def says_something(problem: str) -> bool:
    """Whether a raw text holds a letter or a digit beside links to images; one that does not equals no other."""
    return any(character.isalnum() for character in _IMAGE_LINK.sub(" ", problem))


def digest(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts, in hexadecimal (64 digits)."""
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
