"""Ids back to text, fast.

Under a byte-level decoder each id is a run of bytes of its own, and a text is their concatenation: a table says the
same as the library, several times as fast. Any other decoder is the library's own business.
"""

import json
from collections.abc import Sequence

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel


class TextDecoder:
    """What a tokenizer makes of ids, control tokens included.

    Args:
        tokenizer: the whole one, added tokens and all; not changed afterwards.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._bytes: list[bytes] | None = None
        self._is_byte_level = (json.loads(tokenizer.to_str())["decoder"] or {}).get("type") == "ByteLevel"

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, none negative; those that the vocabulary lacks are passed over."""
        if not self._is_byte_level:
            return self._tokenizer.decode(list(ids), skip_special_tokens=False)
        if self._bytes is None:
            self._bytes = _table(self._tokenizer)
        table, end = self._bytes, len(self._bytes)
        return b"".join([table[id_] for id_ in ids if id_ < end]).decode("utf-8", "replace")


def _table(tokenizer: Tokenizer) -> list[bytes]:
    """The bytes of each id; none for an id that stands for nothing."""
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    byte_of = _byte_of_character()
    table = [b""] * (max(vocabulary.values()) + 1)
    for token, id_ in vocabulary.items():
        try:
            table[id_] = bytes([byte_of[character] for character in token])
        except KeyError:  # a token that was added as it is, not written in the alphabet of bytes
            table[id_] = token.encode()
    return table


def _byte_of_character() -> dict[str, int]:
    """What the library's alphabet, which writes each byte as a visible character, means."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in visible]
    byte_of = {chr(byte): byte for byte in visible} | {chr(256 + at): byte for at, byte in enumerate(others)}
    assert set(byte_of) == set(ByteLevel.alphabet())
    return byte_of
