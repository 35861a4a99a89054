"""What a teacher is asked: the prompt file of its model family, with the problem filled in."""

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


def load_prompt(setting: str, model: str) -> Prompt:
    """Find the prompt for a model.

    Args:
        setting: `sampling.prompt`: a folder of the package `prompts`, or the path of a folder or file.
        model: the model's name; of the files whose stem stands in it, the longest stem wins, else `default.txt`.

    Raises:
        UsageError: there is no such prompt, or it does not mention the problem.
    """
    path = Path(setting)
    if path.is_file():
        return _read(path)
    folder = path if path.is_dir() else Path(str(resources.files("prompts"))) / setting
    files = {file.stem: file for file in sorted(folder.glob("*.txt"))}
    if not files:
        raise UsageError(f"sampling.prompt: {setting}: there is no such prompt folder or file")
    family = max((stem for stem in files if stem in model.casefold()), key=len, default="default")
    if family not in files:
        raise UsageError(f"sampling.prompt: {setting}: no file for {model} and no default.txt")
    return _read(files[family])


def _read(path: Path) -> Prompt:
    text = path.read_text(encoding="utf-8")
    if "problem" not in text:
        raise UsageError(
            f"prompt {path}: it never mentions {{{{ problem }}}}, so the teacher would not see the problem"
        )
    return Prompt(f"{path.parent.name}/{path.name}", text, digest(text))
