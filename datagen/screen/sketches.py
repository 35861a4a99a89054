r"""Which texts may be near duplicates: candidates by MinHash and locality-sensitive hashing, to be compared one by one.

The search only has to come near, so it reads a *skeleton* that costs a part of the normal form: letters and digits in
small letters, without single letters (variables get renamed), LaTeX's delimiters and the commands that writers choose
freely. Its shingles are pieces of `SHINGLE_BYTES` bytes (half of them) and all pairs of neighbouring words; they are
hashed for a batch of texts at once, and rensa makes the signatures (Rust; docs/screening/duplicates.md says why).

Numbers are compared strictly afterwards, so only texts with the same digits can meet: a key of their digits, "two"
being a 2, goes into every band. That keeps apart the many problems of one template. Two texts with the same digits
whose sets of shingles agree by half have a chance of 0.96 to meet in one of `BANDS` bands, by two thirds of 0.9998.

The index is one sorted column a band, without a Python object a row: 8 bytes a band and problem.
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from datagen.screen.number_words import TENS_VALUES
from datagen.screen.vocabulary import NUMBER_WORDS

BANDS, ROWS_A_BAND = 24, 3
SHINGLE_BYTES = 6
BATCH_TEXTS = 250
MOST_NEIGHBOURS = 24
"""Texts with which each text of one bucket is compared: the next ones by content. Larger buckets are templates."""

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Owners = npt.NDArray[np.uint16]

_SEED = 20_240_817
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_BLANK = 32
_ODD_DIGIT = re.compile("[²³¹⁰-ⁿ₀-ₜ¼-¾⅐-⅞①-⑳]")
_DRAWING = re.compile(rb"\[asy\][^\0]*?\[/asy\]")
_HEADER = re.compile(
    rb"\0\s*(?:#{1,6} [^\n\0]{0,80}\n|\d{1,3}[.)]\s|\**(?:Problem|Example|Exercise|Question|Task) [\w.-]{1,8}[.:])"
)
_FREE_COMMAND = re.compile(
    rb"\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits|q?quad|text[a-z]*|math[a-z]+|operatorname|mbox|rm|bf|[dtc]?frac"
    rb"|[lg]eqslant|[lg]eq?|neq?|[cl]?dots|cdot|times|begin|end|align\*?|overline|bar|overrightarrow|vec)(?![a-zA-Z])"
)
_TO_SKELETON = bytes(
    code if code in (0, *range(128, 256)) or chr(code).isalnum() else _BLANK for code in range(256)
).lower()


def sketch(texts: Sequence[str]) -> Words:
    """The band keys of a batch of at most `BATCH_TEXTS` texts.

    Args:
        texts: raw problems.

    Returns:
        One row a text, one column a band; texts without a skeleton have a row of noughts.
    """
    joined = "\0".join(["", *[text.replace("\0", " ") for text in texts], ""])
    if not joined.isascii():
        joined = _ODD_DIGIT.sub(lambda odd: unicodedata.normalize("NFKC", odd.group()), joined)
    skeleton = joined.encode("utf-8", "replace")
    for free in (_DRAWING, _HEADER, _FREE_COMMAND):  # one by one: each looks for its own first byte
        skeleton = free.sub(b"\0" if free is _HEADER else b" ", skeleton)
    hashes, offsets, digits = _shingles(np.frombuffer(skeleton.translate(_TO_SKELETON), np.uint8)[1:])
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, BANDS * ROWS_A_BAND, _SEED)
    digests = np.array(matrix.to_rows(), np.uint32).reshape(len(texts), BANDS, ROWS_A_BAND)
    keys = np.repeat(digits[:, None], BANDS, axis=1)
    for row in range(ROWS_A_BAND):
        keys = _mixed(keys ^ digests[:, :, row])
    keys[offsets[1:] == offsets[:-1]] = 0
    return keys


def candidates(keys: Words, order: Words) -> Words:
    """Pairs of rows that share a band.

    Args:
        keys: of `sketch`; rows of noughts pair with none.
        order: a key of each text's content, which decides whom it is compared with in a large bucket.

    Returns:
        Two columns of row numbers, the smaller one first; each pair once, ascending.
    """
    pairs = np.zeros(0, np.uint64)
    for band in range(keys.shape[1]):
        pairs = np.union1d(pairs, _pairs_of_band(keys[:, band], order))
    return np.stack((pairs >> np.uint64(32), pairs & np.uint64(0xFFFF_FFFF)), axis=1)


def _pairs_of_band(column: Words, order: Words) -> Words:
    places = np.lexsort((order, column)).astype(np.uint64)
    column = column[places]
    found = [np.zeros(0, np.uint64)]
    for distance in range(1, MOST_NEIGHBOURS + 1):
        meets = (column[distance:] == column[:-distance]) & (column[distance:] != 0)
        if not meets.any():
            break
        one, other = places[:-distance][meets], places[distance:][meets]
        found.append(np.minimum(one, other) << np.uint64(32) | np.maximum(one, other))
    return np.unique(np.concatenate(found))


def _shingles(raw: Bytes) -> tuple[Words, Words, Words]:
    """The hashed shingles of a batch text by text, where each text's begin, and a key of its digits.

    Args:
        raw: skeletons, each with a nought at its end.
    """
    ends = np.flatnonzero(raw == 0)
    text_of = np.repeat(np.arange(len(ends), dtype=np.uint16), np.diff(ends, prepend=-1))
    is_letter = raw > _BLANK
    is_letter &= ~_stands_alone(raw, is_letter)
    letters, text_of, places = raw[is_letter], text_of[is_letter], np.flatnonzero(is_letter)
    digits = _sums(_DIGIT_WEIGHTS[letters], text_of, len(ends))
    if not len(letters):
        return np.zeros(0, np.uint64), np.zeros(len(ends) + 1, np.uint64), digits
    pieces, owners = _pieces(letters, text_of)
    begins = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    words = _hashes_of_words(letters, begins)
    owner = text_of[begins]
    place = np.minimum(np.searchsorted(_NUMBER_WORDS, words), len(_NUMBER_WORDS) - 1)
    digits += _sums(np.where(_NUMBER_WORDS[place] == words, _WEIGHTS_OF_WORDS[place], np.uint64(0)), owner, len(ends))
    follows = np.concatenate(([False], owner[1:] == owner[:-1]))
    before = np.where(follows, np.roll(words, 1), np.uint64(0))
    hashes, owners = np.concatenate((pieces, _mixed(words * _BASE + before))), np.concatenate((owners, owner))
    sizes = np.bincount(owners, minlength=len(ends))
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.uint64)
    return hashes[np.argsort(owners, kind="stable")], offsets, digits


def _stands_alone(raw: Bytes, is_letter: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which bytes are a variable: a small letter with no letter on either side."""
    alone = is_letter & (raw >= ord("a")) & (raw <= ord("z"))
    alone[1:] &= ~is_letter[:-1]
    alone[:-1] &= ~is_letter[1:]
    return alone


def _pieces(letters: Bytes, text_of: Owners) -> tuple[Words, Owners]:
    """The hashes of half of the pieces of `SHINGLE_BYTES` bytes that lie within a text, and whose they are."""
    number = max(len(letters) - SHINGLE_BYTES + 1, 0)
    rolled = np.zeros(number, np.uint64)
    for step in range(SHINGLE_BYTES):  # 6 bytes of 8 bits fit a word
        rolled = rolled << np.uint64(8) | letters[step : step + number]
    mixed = _mixed(rolled)
    # half of them tell as much: which half hangs on the piece itself, so that equal texts keep equal halves
    chosen = (text_of[:number] == text_of[SHINGLE_BYTES - 1 :]) & (mixed & np.uint64(1) == 0)
    return mixed[chosen], text_of[:number][chosen]


def _hashes_of_words(letters: Bytes, begins: npt.NDArray[np.int64]) -> Words:
    place = np.arange(len(letters)) - np.repeat(begins, np.diff(begins, append=len(letters)))
    powers = _mixed(np.arange(1, int(place.max()) + 2, dtype=np.uint64))
    return _mixed(np.add.reduceat(letters * powers[place], begins))


def _sums(values: Words, owner: Owners, texts: int) -> Words:
    """The sum of each text's values, which stand text by text; sums go round at 2^64."""
    running = np.concatenate((np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)))
    ends = np.searchsorted(owner, np.arange(texts), side="right")
    return np.diff(running[ends], prepend=np.uint64(0))


def _mixed(values: Words) -> Words:
    """Spread over all bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _number_words() -> tuple[Words, Words]:
    """The hashes of number words, ascending, and what their digits weigh."""
    named = {word: str(number) for word, number in (NUMBER_WORDS | TENS_VALUES).items()}
    hashes = {
        int(_hashes_of_words(np.frombuffer(word.encode(), np.uint8), np.zeros(1, np.int64))[0]): sum(
            int(_DIGIT_WEIGHTS[ord(digit)]) for digit in digits
        )
        % 2**64
        for word, digits in named.items()
    }
    ascending = sorted(hashes.items())
    return np.array([one for one, _ in ascending], np.uint64), np.array([weight for _, weight in ascending], np.uint64)


_DIGIT_WEIGHTS = np.zeros(256, np.uint64)
_DIGIT_WEIGHTS[ord("1") : ord("9") + 1] = _mixed(np.arange(1, 10, dtype=np.uint64))  # no nought: .5 is 0.5
_NUMBER_WORDS, _WEIGHTS_OF_WORDS = _number_words()
