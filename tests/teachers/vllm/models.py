"""Model folders, small but whole: real safetensors with a header, a configuration, a tokenizer."""

import json
import struct
from pathlib import Path

CONFIG = {"architectures": ["Qwen2ForCausalLM"], "max_position_embeddings": 2048}


def safetensors(tensors: dict[str, bytes]) -> bytes:
    """A file that holds each tensor as a row of bytes."""
    header, at = {}, 0
    for name, content in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(content)], "data_offsets": [at, at + len(content)]}
        at += len(content)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


def model(folder: Path, tensors: dict[str, bytes] | None = None, **others: str) -> Path:
    """Write a model's folder; `others` are further files by name, `_` for the dot before the suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(safetensors(tensors or {"a": bytes(10_000), "b": b"weights"}))
    for name, text in others.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(text)
    return folder
