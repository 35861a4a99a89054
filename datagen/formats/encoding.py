r"""Text to token ids, without doing a word twice.

Pre-tokenizers of byte-level tokenizers part a text before every single blank between two words, and a model sees one
part at a time. So a text may be cut there and its pieces encoded one by one, and a piece that was met before is looked
up: mathematics repeats itself. Where it can't be shown that cutting changes nothing, texts are encoded whole.

It changes nothing where a pattern keeps to these rules, as GPT-2's and all of `_PATTERNS` do: no match holds a blank
behind another character, so that one ends at the cut; there is no lookbehind, so that what follows doesn't see what
stood before; the only lookahead, `\s+(?!\S)`, looks on from a blank, and what stands before the cut is none; and a
printable ASCII character is always part of a match. `_JOINT` cuts between such characters only.
"""

import json
import re
from typing import Any

import numpy as np
from tokenizers import Tokenizer

_JOINT = re.compile(r"(?<=[!-~])(?= [!-~])")

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_PATTERNS = frozenset(
    {
        _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _REST,  # Qwen2, and DeepSeek-R1-Distill-Qwen
        _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _REST,  # Llama 3
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}?"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # gpt-oss
    }
)
_NORMALIZERS = (None, {"type": "NFC"}, {"type": "Sequence", "normalizers": []})
"""None changes ASCII or joins it with what follows."""
_MOST_KNOWN, _LONGEST_KNOWN = 200_000, 40
"""Pieces that are kept, and characters of the longest: some 60 MB at most."""


class TextEncoder:
    """Encodes texts as `tokenizer.encode(text, add_special_tokens=False)` does, and several times as fast."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._joint = _JOINT if _may_be_cut(json.loads(tokenizer.to_str())) else None
        self._known = _Known(tokenizer)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        if self._joint is None:
            return _whole(self._tokenizer, text)
        if len(self._known) > _MOST_KNOWN:
            self._known = _Known(self._tokenizer)  # a new one: another thread may be reading the old
        ids: list[int] = np.frombuffer(
            b"".join(map(self._known.__getitem__, self._joint.split(text))), np.int32
        ).tolist()
        return ids


class _Known(dict[str, bytes]):
    """The ids of pieces as 32-bit integers, which are put together without a step of the interpreter for each piece."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __missing__(self, piece: str) -> bytes:
        ids = np.array(_whole(self._tokenizer, piece), np.int32).tobytes()
        if len(piece) <= _LONGEST_KNOWN:
            self[piece] = ids
        return ids


def _whole(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _may_be_cut(spec: dict[str, Any]) -> bool:
    """Whether a tokenizer without added tokens and post-processor gives the same ids for a text that is cut."""
    normalizer, pre_tokenizer = spec["normalizer"], spec["pre_tokenizer"]
    if pre_tokenizer is None or normalizer not in _NORMALIZERS:
        return False
    parts = pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]
    return all(_leaves_joints(part) for part in parts) and any(_parts_at_joints(part) for part in parts)


def _leaves_joints(part: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer does the same to both sides of a cut, cut or not."""
    byte_level = part["type"] == "ByteLevel" and not part["add_prefix_space"]
    return byte_level or part["type"] == "Digits" or _parts_at_joints(part)


def _parts_at_joints(part: dict[str, Any]) -> bool:
    if part["type"] == "ByteLevel":  # its own pattern is that of GPT-2
        return bool(part["use_regex"]) and not part["add_prefix_space"]
    pattern = part.get("pattern", {}).get("Regex")
    return part["type"] == "Split" and part["behavior"] == "Isolated" and not part["invert"] and pattern in _PATTERNS
