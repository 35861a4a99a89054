r"""Which texts may be near duplicates: candidates by MinHash and locality-sensitive hashing, to be compared one by one.

The search only has to come near, so it reads a *skeleton* that costs a part of the normal form: letters and digits in
small letters, without single letters (variables get renamed), LaTeX's delimiters and the commands that writers choose
freely. Its shingles are pieces of `SHINGLE_BYTES` bytes (half of them) and pairs of neighbouring words; they are hashed
for a batch of texts at once, and rensa makes the signatures (Rust; docs/screening/duplicates.md says why).

Numbers are compared strictly afterwards, so only texts with the same digits can meet: a key of their digits, "two"
being a 2, goes into every band. That keeps apart the many problems of one template. Two texts with the same digits are
compared when they share `FEWEST_SHARED` of `BANDS` bands: of those whose sets of shingles agree by half a share of
0.9988 is, of those that agree by a tenth 0.04.

The index is one sorted column a band, without a Python object a row: 8 bytes a band and problem.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from datagen.screen.number_words import TENS_VALUES
from datagen.screen.vocabulary import NUMBER_WORDS
from datagen.stopping import refuse_when_stopped

BANDS, ROWS_A_BAND, FEWEST_SHARED = 32, 2, 2
SHINGLE_BYTES = 6
BATCH_TEXTS = 250
MOST_NEIGHBOURS = 24
"""Texts with which each text of one bucket is compared: the next ones by content. Larger buckets are templates."""

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Owners = npt.NDArray[np.uint16]
Flags = npt.NDArray[np.bool_]

_SEED = 20_240_817
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_CHOSEN = np.uint64(2**64 // 2)
_PAIRS_AT_ONCE = 65_536
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
        keys = (keys ^ digests[:, :, row]) * _BASE
        keys ^= keys >> np.uint64(29)
    keys[offsets[1:] == offsets[:-1]] = 0
    return keys


def candidates(keys: Words) -> Words:
    """Pairs of rows that share at least `FEWEST_SHARED` bands.

    Args:
        keys: of `sketch`, in an order that hangs on the texts alone: it decides whom a row of a large bucket is
            compared with. Rows of noughts pair with none.

    Returns:
        Two columns of row numbers, the smaller one first; each pair once, ascending.

    Raises:
        StoppedError: the run was told to stop.
    """
    pairs = np.zeros(0, np.uint64)
    for band in range(keys.shape[1]):
        pairs = np.union1d(pairs, np.concatenate([pairs[:0], *_pairs_of_band(keys, band)]))
    return np.stack((pairs >> np.uint64(32), pairs & np.uint64(0xFFFF_FFFF)), axis=1)


def _pairs_of_band(keys: Words, band: int) -> Iterator[Words]:
    places = np.argsort(keys[:, band], kind="stable")
    column = keys[places, band]
    for distance in range(1, MOST_NEIGHBOURS + 1):
        meets = np.flatnonzero((column[distance:] == column[:-distance]) & (column[distance:] != 0))
        if not len(meets):
            break
        for start in range(0, len(meets), _PAIRS_AT_ONCE):
            refuse_when_stopped()
            some = meets[start : start + _PAIRS_AT_ONCE]
            one, other = places[some], places[some + distance]
            shares = np.count_nonzero(keys[one] == keys[other], axis=1) >= FEWEST_SHARED
            yield one[shares].astype(np.uint64) << np.uint64(32) | other[shares].astype(np.uint64)


def _shingles(raw: Bytes) -> tuple[Words, Words, Words]:
    """The hashed shingles of a batch text by text, where each text's begin, and a key of its digits.

    Args:
        raw: skeletons, each with a nought at its end.
    """
    letters, is_begin = _letters(raw)
    is_end = letters == 0
    ends = np.flatnonzero(is_end)
    text_of = np.repeat(np.arange(len(ends), dtype=np.uint16), np.diff(ends, prepend=-1))
    windows = _windows(letters)
    pieces = (windows & _PIECE) * _BASE
    is_chosen = pieces < _CHOSEN
    # a piece lies within a text; its last letter may be the nought at the end
    is_chosen[: 1 - SHINGLE_BYTES] &= text_of[: 1 - SHINGLE_BYTES] == text_of[SHINGLE_BYTES - 1 :]
    is_chosen[1 - SHINGLE_BYTES :] = False
    is_chosen |= is_begin  # where a word begins, it and the one before take the piece's place
    chosen = np.flatnonzero(is_chosen)
    begins = np.flatnonzero(is_begin)
    borders = np.flatnonzero(is_begin | is_end)
    words = _hashes_of_words(windows[begins], np.diff(borders, append=0)[is_begin[borders]])
    owner = text_of[begins]
    hashes = pieces[chosen]
    before = np.zeros_like(words)
    before[1:] = np.where(owner[1:] == owner[:-1], words[:-1], np.uint64(0))
    hashes[is_begin[chosen]] = words * _BASE + before
    offsets = np.concatenate(([0], np.searchsorted(chosen, ends))).astype(np.uint64)
    return _mixed(hashes), offsets, _digits(letters, text_of, len(ends)) + _digits_in_words(words, owner, len(ends))


def _letters(raw: Bytes) -> tuple[Bytes, Flags]:
    """What is no blank, noughts included, without single small letters (variables), and where words begin."""
    is_letter = raw > _BLANK
    is_begin, is_last = is_letter.copy(), is_letter.copy()
    is_begin[1:] &= ~is_letter[:-1]
    is_last[:-1] &= ~is_letter[1:]
    is_alone = is_begin & is_last & (raw >= ord("a")) & (raw <= ord("z"))
    is_kept = (raw != _BLANK) & ~is_alone
    return raw[is_kept], is_begin[is_kept]


def _windows(letters: Bytes) -> Words:
    """The 8 bytes from each one on as one word, noughts behind the last."""
    padded = np.concatenate((letters, np.zeros(7, np.uint8)))
    return np.ndarray(len(letters), np.dtype("<u8"), padded, strides=(1,))


def _hashes_of_words(windows: Words, lengths: npt.NDArray[np.int64]) -> Words:
    """Words of equal length and with the same first 8 bytes are taken for one."""
    return _mixed((windows & _FIRST_BYTES[np.minimum(lengths, 8)]) + lengths.astype(np.uint64) * _BASE)


def _digits(letters: Bytes, text_of: Owners, texts: int) -> Words:
    places = np.flatnonzero((letters >= ord("1")) & (letters <= ord("9")))  # no nought: .5 is 0.5
    return _sums(_DIGIT_WEIGHTS[letters[places]], text_of[places], texts)


def _digits_in_words(words: Words, owner: Owners, texts: int) -> Words:
    places = np.flatnonzero(_MAY_BE_NUMBER[words & _SLOTS])
    words = words[places]
    near = np.minimum(np.searchsorted(_NUMBER_WORDS, words), len(_NUMBER_WORDS) - 1)
    is_number = _NUMBER_WORDS[near] == words
    return _sums(_WEIGHTS_OF_WORDS[near[is_number]], owner[places[is_number]], texts)


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
    weights: dict[int, int] = {}
    for word, number in (NUMBER_WORDS | TENS_VALUES).items():
        spelled = np.frombuffer(word.encode(), np.uint8)
        (hashed,) = _hashes_of_words(_windows(spelled)[:1], np.array([len(word)])).tolist()
        weights[hashed] = sum(int(_DIGIT_WEIGHTS[ord(digit)]) for digit in str(number)) % 2**64
    ascending = sorted(weights.items())
    return np.array([one for one, _ in ascending], np.uint64), np.array([weight for _, weight in ascending], np.uint64)


_FIRST_BYTES = np.array([256**length - 1 for length in range(9)], np.uint64)
_PIECE = _FIRST_BYTES[SHINGLE_BYTES]
_DIGIT_WEIGHTS = np.zeros(256, np.uint64)
_DIGIT_WEIGHTS[ord("1") : ord("9") + 1] = _mixed(np.arange(1, 10, dtype=np.uint64))
_NUMBER_WORDS, _WEIGHTS_OF_WORDS = _number_words()
_SLOTS = np.uint64(0xFFFF)
_MAY_BE_NUMBER = np.isin(np.arange(int(_SLOTS) + 1, dtype=np.uint64), _NUMBER_WORDS & _SLOTS)
