"""Xet storage as the Hub's client meets it: chunks come in xorbs, and a shard says which of them make which file.

The formats are those of https://huggingface.co/docs/xet. A file counts once a shard named it, and all its chunks came.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

_HEADER, _BLOCK = 48, 48
_HAS_VERIFICATION, _HAS_METADATA = 1 << 31, 1 << 30
_END = b"\xff" * 32


@dataclass
class XetStore:
    """What a storage holds.

    Attributes:
        xorbs: chunks by the hash of their xorb, as addresses have it.
        puts: the hash of each xorb that came, in order.
    """

    xorbs: dict[str, list[bytes]] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)

    def take_xorb(self, name: str, body: bytes) -> None:
        self.xorbs[name] = list(_chunks(body))
        self.puts.append(name)

    def take_shard(self, body: bytes) -> dict[str, bytes]:
        """The files that a shard makes of what is here, by their SHA-256."""
        contents = (b"".join(self._part(*part) for part in parts) for _, parts in _files(body))
        stated = [sha256 for sha256, _ in _files(body)]
        made = {hashlib.sha256(content).hexdigest(): content for content in contents}
        assert list(made) == stated
        return made

    def _part(self, xorb: str, first: int, end: int) -> bytes:
        return b"".join(self.xorbs[xorb][first:end])


def _chunks(body: bytes) -> Iterator[bytes]:
    """The chunks of a xorb: each with its version (0), packed size, scheme and size before it; a foot has another."""
    at = 0
    while at < len(body) and body[at] == 0:
        packed, scheme, size = (int.from_bytes(body[at + a : at + b], "little") for a, b in ((1, 4), (4, 5), (5, 8)))
        data = body[at + 8 : at + 8 + packed]
        yield data if scheme == 0 else _unpacked(data, size, is_grouped=scheme == 2)
        at += 8 + packed


def _unpacked(data: bytes, size: int, is_grouped: bool) -> bytes:
    content = pa.Codec("lz4").decompress(data, decompressed_size=size).to_pybytes()
    if not is_grouped:
        return content
    out, at = bytearray(size), 0
    for group in range(4):
        count = len(range(group, size, 4))
        out[group::4] = content[at : at + count]
        at += count
    return bytes(out)


def _files(body: bytes) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Each file's SHA-256, and its parts: a xorb, its first chunk, and the one after the last."""
    at = _HEADER
    while body[at : at + 32] != _END:
        flags, count = struct.unpack_from("<II", body, at + 32)
        at += _BLOCK
        parts = [
            (_hex(body[at + _BLOCK * i :][:32]), *struct.unpack_from("<II", body, at + _BLOCK * i + 40))
            for i in range(count)
        ]
        at += _BLOCK * count * (2 if flags & _HAS_VERIFICATION else 1)
        assert flags & _HAS_METADATA
        yield _hex(body[at : at + 32]), parts
        at += _BLOCK


def _hex(hash_: bytes) -> str:
    """A hash as addresses have it: four numbers of eight bytes, the smallest byte first."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", hash_))
