"""The recipe's `engine_args` as vLLM's command line takes them, and the few that it may not hold.

All but those pass through: what vLLM does not know it refuses itself, and its message is shown. Keys are written with
`_` or `-`. A setting is refused where datagen sets it, where it would be a secret in a recipe, or where the server
could then not be reached.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

_MOST_PORT = 65_535
_LOCAL = "datagen reaches its servers on 127.0.0.1; leave it out"
_REFUSED = {
    "api-key": "a key does not belong into a recipe, and servers on 127.0.0.1 need none; leave it out",
    "config": "write the file's settings into engine_args themselves",
    "headless": "a server without its API can't be asked; leave it out",
    "hf-token": "a token does not belong into a recipe; set the environment variable HF_TOKEN",
    "host": _LOCAL,
    "served-model-name": "the model's name is what `model` says; give what is loaded for it as engine_args.model",
    "ssl-ca-certs": _LOCAL,
    "ssl-cert-reqs": _LOCAL,
    "ssl-certfile": _LOCAL,
    "ssl-ciphers": _LOCAL,
    "ssl-keyfile": _LOCAL,
    "enable-ssl-refresh": _LOCAL,
    "uds": _LOCAL,
}


def refused(engine_args: Mapping[str, Any]) -> str | None:
    """What is wrong with a recipe's engine_args, and what to do instead; None when vLLM may judge them.

    vLLM takes an option's beginning for the option, so the beginning of a refused one is refused too.
    """
    seen: dict[str, str] = {}
    for key, value in engine_args.items():
        name = option(key)
        if not name or name.startswith("-"):
            return f"engine_args.{key}: give vLLM's setting without its dashes, as max-model-len"
        if name in seen:
            return f"engine_args.{key}: given twice, as {seen[name]} too; keep one"
        seen[name] = key
        because = next((why for full, why in _REFUSED.items() if full.startswith(name) or name == f"no-{full}"), None)
        if name != "port" and "port".startswith(name):
            because = "datagen gives each worker its port; write it out, as port"
        elif name == "port" and value is not None and not _is_port(value):
            because = f"{value!r} is no port; give a number from 1 to {_MOST_PORT}"
        if because:
            return f"engine_args.{key}: {because}"
    return None


def value_of(engine_args: Mapping[str, Any], name: str) -> Any:
    """The value of a setting, however its key is written; None where it is not given."""
    return next((value for key, value in engine_args.items() if option(key) == name), None)


def options(engine_args: Mapping[str, Any]) -> list[str]:
    """Arguments of the command line.

    True becomes `--name` and False `--no-name`, None nothing, a list several values, a mapping one JSON value.
    """
    return [argument for key, value in engine_args.items() for argument in _option(option(key), value)]


def option(key: str) -> str:
    """A setting's name as vLLM's documents write it: with dashes, but for what follows a dot."""
    name, dot, inner = key.partition(".")
    return name.replace("_", "-") + dot + inner


def _option(name: str, value: Any) -> Iterable[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, list | tuple):
        return [f"--{name}", *(_text(one) for one in value)] if value else []
    return [f"--{name}={_text(value)}"]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_port(value: Any) -> bool:
    is_number = isinstance(value, int | str) and not isinstance(value, bool) and str(value).isdecimal()
    return is_number and 0 < int(value) <= _MOST_PORT
