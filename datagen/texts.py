"""When two texts are the same text, and the hashes that name things.

Problems are the same when their normal forms are (`datagen.normalising`), whose version goes into each id.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from rapidfuzz.distance import Indel

from datagen.normalising import NORMALISER_VERSION, normalise

SAME_SHARE = 0.7
"""Share of words from which two paths say the same."""

_IMAGE_LINK = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)")


def problem_id(problem: str) -> str:
    """Name a problem by its normal form, drawings included: 16 hexadecimal digits."""
    return digest("problem", NORMALISER_VERSION, normalise(problem))[:16]


def says_something(problem: str) -> bool:
    """Whether a raw text holds a letter or a digit beside links to images; one that does not equals no other."""
    return any(character.isalnum() for character in _IMAGE_LINK.sub(" ", problem))


def words_of(text: str) -> list[str]:
    """A path's words in the form in which paths are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold().split()


def say_the_same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two paths, as `words_of` gives them, say the same: `SAME_SHARE` of their words agree in order.

    The normalised Indel similarity of the word sequences; docs/benchmarks.md shows where real pairs lie.
    """
    return Indel.normalized_similarity(one, other, score_cutoff=SAME_SHARE) > 0


def digest(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts, in hexadecimal (64 digits)."""
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
