r"""The phrases of a problem: three words on end, and how much each of them proves.

Read from raw text, since every row is read so and it has to be cheap. Words are runs of letters; numbers, single
letters and LaTeX markup are left out, so that a renamed variable, a rewritten formula or a number in words breaks no
phrase. Numbers are read apart (`numbers.py`).

A phrase that many unrelated problems share ("relatively prime positive") proves next to nothing. How many do is in
`frequent_phrases.json`, counted over public problems by `derive_frequent_phrases.py`: it hangs neither on the run nor
on the order of its rows, and serves a run of ten problems as well as one of a million.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from itertools import filterfalse

from datagen.nfkc import nfkc
from datagen.screen.benchmark_words import DRESS, NO_PHRASE
from datagen.screen.wording import spaced_out

PHRASE_WORDS = 3
FREQUENT = 10
"""From so many unrelated problems on, a phrase proves less: its weight is this number by theirs."""

# bytes, not characters: `bytes.translate` reads a text in a tenth of the time of a regular expression
_LETTERS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or byte >= 128 else 32 for byte in range(256)
)
_FEWEST_BYTES = 3
_DRESS = frozenset(word.encode() for word in DRESS)
_NO_PHRASE = frozenset(word.encode() for word in NO_PHRASE)
_DRAWING = re.compile(
    r"\[asy\].*?\[/asy\]|\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}|!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)",
    re.DOTALL | re.IGNORECASE,
)
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def without_drawings(text: str) -> str:
    """A raw text without the source of its drawings and links to images."""
    return _DRAWING.sub(" ", text) if "[asy]" in text or "tikz" in text or "![" in text else text


def letter_words(text: str) -> list[bytes]:
    """The runs of letters of a raw text, lower case, in UTF-8; short ones and markup included."""
    if not text.isascii():
        text = _NOT_LETTERS.sub(" ", spaced_out(nfkc(text).casefold()))
    return text.encode("utf-8", "replace").translate(_LETTERS).split()


def tells(word: bytes) -> bool:
    """Whether a word is part of phrases: three letters or more, and no markup."""
    return len(word) >= _FEWEST_BYTES and word not in _NO_PHRASE


def skeleton(words: Iterable[bytes]) -> tuple[bytes, ...]:
    """The words of a text without drawings that are no markup; two texts with one normal form hardly ever differ."""
    return tuple(filterfalse(_DRESS.__contains__, words))


@cache
def frequent_phrases() -> dict[tuple[bytes, ...], int]:
    """The phrases that many unrelated problems share, and how many do."""
    text = resources.files("datagen.screen").joinpath("frequent_phrases.json").read_text(encoding="utf-8")
    return {tuple(phrase.encode().split()): number for phrase, number in json.loads(text)["phrases"].items()}


def weight_of(phrase: tuple[bytes, ...]) -> float:
    """How much a shared phrase proves: 1, and less the more unrelated problems share it."""
    return FREQUENT / max(FREQUENT, frequent_phrases().get(phrase, 0))


def phrases_of(words: Iterable[bytes]) -> frozenset[tuple[bytes, ...]]:
    """The distinct phrases of a text's telling words."""
    told = [word for word in words if tells(word)]
    return frozenset(zip(*(told[start:] for start in range(PHRASE_WORDS)), strict=False))
