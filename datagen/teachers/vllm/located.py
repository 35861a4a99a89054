"""What a recipe says about vLLM, found on this machine: interpreter, model, adapters and the files that settings name.

Everything is looked up beside the recipe, then in the working directory, and becomes an absolute path with a
fingerprint of its content. Of a teacher whose servers already run only what is found here counts by its content: its
paths may be those of another machine.
"""

import os
import re
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from pydantic import JsonValue

from datagen.engine_args import option, value_of
from datagen.errors import UsageError
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.adapters import adapter_of, read_adapter
from datagen.teachers.vllm.distribution import CHANGES_TEXT
from datagen.teachers.vllm.model import fingerprint, refuse_incomplete

BUNDLED = "bundled"

_BUNDLED_NAME = "datagen-tiny-teacher"
_FINGERPRINTED = re.compile(r".+@[0-9a-f]{12}")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LOOKS_LOCAL = re.compile(r"[.~/].*|.+/.+/.*")
"""A Hub id has one slash at most, and begins with neither of these."""
_FILES = ("model", "tokenizer", "hf-config-path", "chat-template", "reasoning-parser-plugin", "tool-parser-plugin")
_ADAPTERS, _DEFAULTS = "lora-modules", "generation-config"
_NO_FOLDERS = ("auto", "vllm")
"""What generation-config may be beside a folder."""


def located(teacher: VLLMTeacher, folder: Path) -> VLLMTeacher:
    """A teacher with everything that it names on this machine made absolute and fingerprinted.

    Doing it again changes nothing.

    Args:
        teacher: as the recipe has it.
        folder: where the recipe lies.

    Raises:
        UsageError: a file, a folder or the interpreter is not there, or a folder holds no whole model.
    """
    try:
        return _located(teacher, folder)
    except UsageError as error:
        raise UsageError(f"teachers.{teacher.name}: {error}") from None


def is_bundled(model: str) -> bool:
    """Whether a model is the tiny teacher that comes with datagen."""
    return model.startswith(f"{_BUNDLED_NAME}@")


def _located(teacher: VLLMTeacher, folder: Path) -> VLLMTeacher:
    is_started = not teacher.base_urls
    engine_args = {
        key: _with_paths(option(key), value, folder, is_started) for key, value in teacher.engine_args.items()
    }
    python, model, named = teacher.python, teacher.model, None
    if is_started and python is not None:
        python = _interpreter(python, folder)
    if value_of(engine_args, "model") is None and adapter_of(model, engine_args) is None:
        if model == BUNDLED:
            named = _bundled()
        elif is_started:  # what another's server calls its model may look like a path
            named = _found("model", model, folder, is_started)
    if named is not None:
        engine_args["model"] = str(named)
    fingerprints = _fingerprints(model, engine_args)
    if "model" in fingerprints and (is_started or named is not None):
        path, now = Path(value_of(engine_args, "model")), fingerprints["model"]
        refuse_incomplete(path)
        if named is not None:
            model = f"{_BUNDLED_NAME if path == _folder_of_bundled() else path.name}@{now}"
        elif _FINGERPRINTED.fullmatch(model) and not model.endswith(f"@{now}"):
            raise UsageError(f"model: {model}: {path} now holds another model, {now}; write model: {path} to ask that")
    found = {"python": python, "model": model, "engine_args": engine_args, "fingerprints": fingerprints}
    return teacher.model_copy(update=found)


def _with_paths(name: str, value: JsonValue, folder: Path, is_started: bool) -> JsonValue:
    """A setting's value with the paths in it absolute."""
    if name == _ADAPTERS and isinstance(value, list):
        return [_with_paths(name, one, folder, is_started) for one in value]
    if name == _ADAPTERS:
        adapter = read_adapter(value)
        path = _found(f"engine_args.{name}", adapter["path"], folder, is_started) if adapter is not None else None
        return value if adapter is None or path is None else adapter | {"path": str(path)}
    if not isinstance(value, str) or not (name in _FILES or (name == _DEFAULTS and value not in _NO_FOLDERS)):
        return value
    path = _found(f"engine_args.{name}", value, folder, is_started)
    return value if path is None else str(path)


def _fingerprints(model: str, engine_args: Mapping[str, JsonValue]) -> dict[str, str]:
    """What lies at the paths that count; they are absolute by now."""
    paths = {name: value_of(engine_args, name) for name in (*_FILES, _DEFAULTS) if name in CHANGES_TEXT}
    adapter = adapter_of(model, engine_args)
    paths[_ADAPTERS] = None if adapter is None else adapter["path"]
    return {
        name: fingerprint(Path(path))
        for name, path in paths.items()
        if isinstance(path, str) and os.path.isabs(path) and os.path.exists(path)
    }


def _found(setting: str, value: str, folder: Path, is_started: bool) -> Path | None:
    """Where a file or folder is; None for what is none, such as a Hub id.

    Raises:
        UsageError: it can only be a path, is needed here, and is not there.
    """
    if not value or _REMOTE.match(value) or "{" in value or "\n" in value:  # an address, or a template written out
        return None
    path = Path(value).expanduser() if value.startswith("~/") else Path(value)
    for base in (folder, Path.cwd()):
        if (base / path).exists():
            return Path(os.path.abspath(base / path))
    if is_started and _LOOKS_LOCAL.fullmatch(value):
        raise UsageError(f"{setting}: {value}: there is no such file or folder; looked in {folder} and {Path.cwd()}")
    return None


def _folder_of_bundled() -> Path:
    return Path(str(resources.files("datagen.teachers"))) / "tiny" / "model"


def _bundled() -> Path:
    path = _folder_of_bundled()
    if not path.is_dir():
        raise UsageError("model: bundled: this installation holds no tiny teacher; name a folder or a Hub id")
    return path


def _interpreter(python: str, folder: Path) -> str:
    """The interpreter's path, its links left alone: those of a virtual environment say which one it is."""
    path = Path(python).expanduser() if python.startswith("~/") else Path(python)
    for candidate in (folder / path, Path.cwd() / path):
        if candidate.is_file():
            return str(candidate)
        if candidate.is_dir():
            raise UsageError(f"python: {candidate}: is a folder; name the interpreter in it, as {python}/bin/python")
    on_path = shutil.which(python) if os.sep not in python else None
    if on_path is None:
        raise UsageError(f"python: {python}: there is no such program; looked in {folder} and {Path.cwd()}")
    return on_path
