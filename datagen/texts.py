"""When two texts are the same text, and the hashes that name things.

`normalise` decides it, for problem ids and for every comparison of problems. Changing it changes ids, so its version
goes into each id; paid completions are keyed by what was asked and survive such a change.
"""

import hashlib
import json
import re
import unicodedata
from typing import Any

NORMALISER_VERSION = "1"

_HEADER = re.compile(r"^\s*#{1,6}\s+[^\n]{0,80}\n")
_MATH_DELIMITERS = re.compile(r"\$+|\\[()\[\]]")
_SPACING = re.compile(r"\\(?:left|right|displaystyle|,|;|:|!|quad|qquad)(?![A-Za-z])|~")
_SYNONYMS = re.compile(r"\\[dt]frac(?![A-Za-z])")
_DECIMAL_POINT = re.compile(r"\.(?=\d)")
_TOKEN = re.compile(r"\\[a-z]+|[^\W_]+|[^\w\s]", re.UNICODE)
_DROPPED_PUNCTUATION = frozenset('.,;:?"`{}')


def normalise(text: str) -> str:
    """Bring a text to the form in which texts are compared.

    Unicode NFKC and case folding; a heading before the problem ("## Task B-1.3."), LaTeX delimiters, spacing commands,
    braces and sentence punctuation go; dfrac and tfrac become frac. Digits, operators, primes, factorials and decimal
    points stay: two problems that differ in one number are two problems.

    Returns:
        Tokens joined by single blanks; empty when the text holds nothing to compare.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _HEADER.sub("", text) or text
    text = _SYNONYMS.sub(r"\\frac", text)
    text = _SPACING.sub(" ", text)
    text = _MATH_DELIMITERS.sub(" ", text)
    text = _DECIMAL_POINT.sub("\N{MIDDLE DOT}", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return " ".join(token for token in _TOKEN.findall(text) if token not in _DROPPED_PUNCTUATION)


def problem_id(problem: str) -> str:
    """Name a problem by its normalised text: 16 hexadecimal digits."""
    return digest("problem", NORMALISER_VERSION, normalise(problem))[:16]


def same_text(text: str) -> str:
    """A path's words in the form in which paths are compared: NFKC, case folded, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def same_text_key(text: str) -> str:
    """Name a path by its words: two paths with the same key are one."""
    return digest("path", same_text(text))[:16]


def digest(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts, in hexadecimal (64 digits)."""
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
