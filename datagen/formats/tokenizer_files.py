"""Where a tokenizer's files come from: the package, a folder, or the Hub.

Only `tokenizer.json`, `tokenizer_config.json` and, when there is one, `chat_template.jinja` are read; no code of a
model repository is run.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from datagen.errors import UsageError

BUNDLED = Path(__file__).parent / "bundled"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_ADVICE = "use a folder, or paths.tokenizer: bundled"


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """A tokenizer as it stands on disk.

    Attributes:
        name: what the user called it, for messages.
        spec: the content of tokenizer.json.
        config: the content of tokenizer_config.json.
        chat_template: Jinja source, from chat_template.jinja or else from the config; None when there is none.
    """

    name: str
    spec: str
    config: Mapping[str, Any]
    chat_template: str | None


def read_tokenizer_files(name: str) -> TokenizerFiles:
    """Read the files of `bundled`, of a folder or of a Hub repository.

    Raises:
        UsageError: there is no such folder or repository, it can't be reached, or it lacks a file.
    """
    if name == "bundled":
        return _read(name, lambda file: _in_folder(BUNDLED, file))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _read(name, lambda file: _in_folder(folder, file))
    if not _HUB_ID.fullmatch(name):
        raise UsageError(f"tokenizer {name}: there is no such folder, and it is no Hub id; {_ADVICE}")
    return _read(name, lambda file: _on_hub(name, file))


def _read(name: str, find: Callable[[str], Path | None]) -> TokenizerFiles:
    spec = find("tokenizer.json")
    if spec is None:
        raise UsageError(f"tokenizer {name}: it has no tokenizer.json (a fast tokenizer is needed); {_ADVICE}")
    config_file = find("tokenizer_config.json")
    if config_file is None:
        raise UsageError(f"tokenizer {name}: it has no tokenizer_config.json, which names BOS and EOS; {_ADVICE}")
    try:
        config = json.loads(config_file.read_text("utf-8"))
    except ValueError as error:
        raise UsageError(f"tokenizer {name}: tokenizer_config.json is no JSON ({error}); {_ADVICE}") from error
    if not isinstance(config, dict):
        raise UsageError(f"tokenizer {name}: tokenizer_config.json is no JSON object; {_ADVICE}")
    template_file = find("chat_template.jinja")
    template = template_file.read_text("utf-8") if template_file else _template_in(config)
    return TokenizerFiles(name, spec.read_text("utf-8"), config, template)


def _in_folder(folder: Path, file: str) -> Path | None:
    path = folder / file
    return path if path.is_file() else None


def _on_hub(name: str, file: str) -> Path | None:
    try:
        return Path(hf_hub_download(name, file))
    except LocalEntryNotFoundError as error:
        # With the Hub out of reach, a file that is only sometimes there is known to be absent from the cache alone.
        if file == "chat_template.jinja":
            return None
        raise UsageError(f"tokenizer {name}: no such folder, and the Hub can't be reached; {_ADVICE}") from error
    except EntryNotFoundError:
        return None
    except GatedRepoError as error:
        raise UsageError(
            f"tokenizer {name}: the Hub asks for a login that may read it; log in, or {_ADVICE}"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise UsageError(f"tokenizer {name}: no such folder, and the Hub has no such repository; {_ADVICE}") from error
    except (HfHubHTTPError, OSError) as error:
        raise UsageError(
            f"tokenizer {name}: the Hub failed ({type(error).__name__}); try again, or {_ADVICE}"
        ) from error


def _template_in(config: Mapping[str, Any]) -> str | None:
    template = config.get("chat_template")
    if isinstance(template, list):  # several named ones; `default` is what transformers takes
        template = next((entry["template"] for entry in template if entry.get("name") == "default"), None)
    return template if isinstance(template, str) else None
