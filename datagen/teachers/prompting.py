"""What a teacher is asked: the prompt file of its model family, with the problem filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from datagen.errors import UsageError
from datagen.teachers.base import Message
from datagen.texts import digest

_USER_MARK = "=== user ==="
_CONTROL_START = re.compile(r"<(?=[^\s\d<=])|\[(?=/?[A-Z_]{2,}\])")
"""Where a control token of some chat template could begin."""
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file.

    Attributes:
        name: folder and file, as the card shows it.
        text: its text; what stands before a line `=== user ===` is the system message.
        sha256: of the text.
    """

    name: str
    text: str
    sha256: str

    def messages(self, problem: str, **others: str) -> tuple[Message, ...]:
        """The messages that ask about one problem.

        Args:
            problem: the problem's text.
            others: what else the prompt may name.
        """
        system, mark, user = self.text.partition(_USER_MARK)
        if not mark:
            system, user = "", self.text
        texts = {"problem": problem, **others}
        rendered = (Message("system", self._fill(system, texts)), Message("user", self._fill(user, texts)))
        return tuple(message for message in rendered if message.content)

    def _fill(self, template: str, texts: Mapping[str, str]) -> str:
        try:
            return _compiled(template.strip()).render(texts)
        except TemplateError as error:
            names = ", ".join(f"{{{{ {name} }}}}" for name in texts)
            raise UsageError(f"prompt {self.name}: {error}; it may use {names} only") from error


@cache
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def load_prompt(
    setting: str, model: str, place: str = "sampling.prompt", names: tuple[str, ...] = ("problem",)
) -> Prompt:
    """Find the prompt for a model.

    Args:
        setting: a folder of the package `prompts`, or the path of a folder or file.
        model: the model's name; of the files whose stem stands in it, the longest stem wins, else `default.txt`.
        place: where the recipe says so.
        names: what the prompt has to mention.

    Raises:
        UsageError: there is no such prompt, or it does not mention one of the names.
    """
    path = Path(setting)
    if path.is_file():
        return _read(path, names)
    folder = path if path.is_dir() else Path(str(resources.files("prompts"))) / setting
    files = {file.stem: file for file in sorted(folder.glob("*.txt"))}
    if not files:
        raise UsageError(f"{place}: {setting}: there is no such prompt folder or file")
    family = max((stem for stem in files if stem in model.casefold()), key=len, default="default")
    if family not in files:
        raise UsageError(f"{place}: {setting}: no file for {model} and no default.txt")
    return _read(files[family], names)


def defused(text: str) -> str:
    """A text in which nothing is a control token of a chat template; a blank more means nothing in mathematics."""
    return _CONTROL_START.sub(lambda start: f"{start.group()} ", text)


def _read(path: Path, names: tuple[str, ...]) -> Prompt:
    text = path.read_text(encoding="utf-8")
    for name in names:
        if name not in text:
            raise UsageError(
                f"prompt {path}: it never mentions {{{{ {name} }}}}, so the teacher would not see the {name}"
            )
    return Prompt(f"{path.parent.name}/{path.name}", text, digest(text))
