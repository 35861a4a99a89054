"""When two texts are the same text, the hashes that name things, and how a text is shown.

Problems are the same when their normal forms are (`datagen.normalising`), whose version goes into each id.
"""

import hashlib
import json
import re
from typing import Any

from datagen.normalising import NORMALISER_VERSION, normalise

_IMAGE_LINK = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)")


def problem_id(problem: str) -> str:
    """Name a problem by its normal form, drawings included: 16 hexadecimal digits."""
    return digest("problem", NORMALISER_VERSION, normalise(problem))[:16]


def says_something(problem: str) -> bool:
    """Whether a raw text holds a letter or a digit beside links to images; one that does not equals no other."""
    return any(character.isalnum() for character in _IMAGE_LINK.sub(" ", problem))


def printable(text: str) -> str:
    """A text with a blank for each character that would move a terminal's cursor or break a line."""
    return "".join(character if character.isprintable() else " " for character in text)


def digest(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts, in hexadecimal (64 digits)."""
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
