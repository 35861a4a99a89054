"""LoRA adapters as `engine_args.lora-modules` names them, in any of the forms that vLLM takes."""

import json
from collections.abc import Mapping
from typing import Any

from datagen.engine_args import value_of


def adapter_of(model: str, engine_args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The adapter that requests for a model ask for, with at least `name` and `path`; None when they ask for none."""
    given = value_of(engine_args, "lora-modules")
    found = map(read_adapter, given if isinstance(given, list) else [given])
    return next((adapter for adapter in found if adapter is not None and adapter["name"] == model), None)


def read_adapter(given: Any) -> dict[str, Any] | None:
    """One entry, `NAME=PATH` or a mapping or its JSON; None when it is neither, which vLLM then refuses itself."""
    if isinstance(given, str) and "=" in given and "," not in given:  # as vLLM tells the two apart
        name, _, path = given.partition("=")
        return {"name": name, "path": path}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return None
    is_whole = isinstance(given, dict) and all(isinstance(given.get(part), str) for part in ("name", "path"))
    return given if is_whole else None
