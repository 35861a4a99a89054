"""What is loaded: whether a folder holds a model at all, which one it is, and how large its weights are.

A model is named by its content, not by where it lies: the same weights in another folder are the same teacher, and
other weights in the same folder are another one.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

from datagen.errors import UsageError

_DIGITS = 12
_TEXTS = ("*.json", "*.jinja", "*.py", "*.model", "*.tiktoken", "merges.txt", "vocab.txt")
"""What decides beside the weights: configuration, tokenizer, chat template, the model's own code."""
_SAFETENSORS = "*.safetensors"
_OTHER_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.gguf")
"""Read by vLLM only where there are no safetensors."""
_LARGEST_HEADER = 100_000_000
"""As safetensors itself limits it."""
_HEAD = 4096
_EXPECTED = "a model's folder holds config.json, tokenizer.json and *.safetensors"


def fingerprint(path: Path) -> str:
    """Name what lies there by its content: 12 hexadecimal digits.

    Of a folder count configuration, tokenizer, chat template and code as they are, and of each tensor its name, type,
    shape and first 4 KiB, which training changes; weights in other forms than safetensors count whole.

    Args:
        path: a folder, or a single file, which counts whole.

    Raises:
        UsageError: a file can't be read, or its tensors are not whole.
    """
    try:
        if path.is_file():
            return _whole(path)[:_DIGITS]
        parts = [(file.name, _content(file)) for file in (*_matching(path, _TEXTS), *_weight_files(path))]
    except OSError as error:
        raise UsageError(f"{error.filename or path}: can't be read: {error.strerror}") from error
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGITS]


def refuse_incomplete(path: Path) -> None:
    """Refuse what no server could load; a single GGUF file is let be.

    Raises:
        UsageError: it is no folder of a model, or lacks its weights or its architecture.
    """
    if path.is_file():
        if path.suffix != ".gguf":
            raise UsageError(f"{path}: is a file; name the model's folder ({_EXPECTED})")
        return
    files = _weight_files(path)
    if not files:
        raise UsageError(f"{path}: holds no weights; {_EXPECTED}")
    missing = sorted(_indexed(path) - {file.name for file in files})
    if missing:
        raise UsageError(f"{path}: {missing[0]} is missing ({len(missing)} files of its index are); fetch it again")
    for file in files:
        if file.suffix == ".safetensors":
            _header(file)
    if (path / "params.json").is_file() and not (path / "config.json").is_file():
        return  # as Mistral writes its models
    if not (path / "config.json").is_file():
        raise UsageError(f"{path}: holds no config.json; {_EXPECTED}")
    if not _json(path / "config.json").get("architectures"):
        raise UsageError(
            f"{path / 'config.json'}: names no architecture; vLLM goes by `architectures`, as in [Qwen2ForCausalLM]"
        )


def weights_bytes(model: str, revision: str | None = None, cache_dir: str | None = None) -> int | None:
    """The size of a model's weights on disk, which is about what they take in memory; None when it is not known.

    Args:
        model: a folder, a GGUF file, or a Hub id, which is looked up in the local cache only.
        revision: of the Hub id; `main` when None.
        cache_dir: the Hub's cache, where it is not the usual one.
    """
    folder = model_folder(model, revision, cache_dir)
    if folder is None:
        return None
    files = [folder] if folder.is_file() else _weight_files(folder)
    return sum(file.stat().st_size for file in files) or None


def context_length(model: str, revision: str | None = None, cache_dir: str | None = None) -> int | None:
    """The most tokens of prompt and answer that a model was made for; None when it is not known."""
    folder = model_folder(model, revision, cache_dir)
    if folder is None or not (folder / "config.json").is_file():
        return None
    config = _json(folder / "config.json")
    text = config.get("text_config")  # of a model that reads more than text
    length = (text if isinstance(text, dict) else config).get("max_position_embeddings")
    return length if isinstance(length, int) else None


def model_folder(model: str, revision: str | None = None, cache_dir: str | None = None) -> Path | None:
    """Where a model's files lie on this machine; None when they don't."""
    if Path(model).exists():
        return Path(model)
    try:
        found = try_to_load_from_cache(model, "config.json", cache_dir=cache_dir, revision=revision)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _weight_files(folder: Path) -> list[Path]:
    return _matching(folder, [_SAFETENSORS]) or _matching(folder, _OTHER_WEIGHTS)


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})


def _indexed(folder: Path) -> set[str]:
    index = folder / "model.safetensors.index.json"
    weights = _json(index).get("weight_map") if index.is_file() else None
    return set(map(str, weights.values())) if isinstance(weights, dict) else set()


def _content(file: Path) -> str:
    return _tensors(file) if file.suffix == ".safetensors" else _whole(file)


def _whole(file: Path) -> str:
    stat = file.stat()
    return _hashed(file, stat.st_size, stat.st_mtime_ns)


@cache
def _hashed(file: Path, size: int, changed_ns: int) -> str:
    """SHA-256 of a file; a run reads its recipe several times, and weights may be large."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _tensors(file: Path) -> str:
    hashed = hashlib.sha256()
    first, header = _header(file)
    with file.open("rb") as opened:
        for name, dtype, shape, start, end in _described(header):
            opened.seek(first + start)
            hashed.update(json.dumps([name, dtype, shape]).encode())
            hashed.update(opened.read(min(end - start, _HEAD)))
    return hashed.hexdigest()


def _described(header: dict[str, Any]) -> Iterator[tuple[str, str, list[int], int, int]]:
    for name in sorted(header.keys() - {"__metadata__"}):
        tensor = header[name]
        start, end = tensor["data_offsets"]
        if not (type(start) is type(end) is int and 0 <= start <= end):
            raise ValueError("data_offsets")
        yield name, tensor["dtype"], tensor["shape"], start, end


def _header(file: Path) -> tuple[int, dict[str, Any]]:
    """Where a safetensors file's data begins, and what it holds.

    Raises:
        UsageError: the file is not whole.
    """
    with file.open("rb") as opened:
        begun = opened.read(8)
        if begun == b"version ":
            raise UsageError(f"{file}: is only a pointer of Git LFS; fetch the weights with `git lfs pull`")
        (length,) = struct.unpack("<Q", begun) if len(begun) == 8 else (0,)
        text = opened.read(length) if 0 < length <= _LARGEST_HEADER else b""
    try:
        header = json.loads(text)
        last = max((end for *_, end in _described(header)), default=0)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"{file}: is no safetensors file, or not whole; fetch it again") from None
    first = 8 + length
    size = file.stat().st_size
    if size < first + last:
        raise UsageError(f"{file}: is cut off: it has {size:,} of {first + last:,} bytes; fetch it again")
    return first, header


def _json(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: can't be read as JSON: {error}") from error
    return read if isinstance(read, dict) else {}
