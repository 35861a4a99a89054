r"""Multiple choice: the letter of an option, with or without the option's text.

A letter stands for its option's text and the text for its letter, when the problem shows its options. A letter beside a
text that belongs to another option contradicts itself and is wrong; two letters are no choice.
"""

import re
from dataclasses import dataclass

from datagen.verify.question import Question

_LETTER = re.compile(r"\(?(?:\\(?:text|mathrm)\{\s*)?\(?\s*([A-Ja-j])\s*\)?\s*\}?[).:]?\)?")
_WITH_TEXT = re.compile(
    r"(?:\\(?:text|mathrm)\{\s*)?(?:[Oo]ption\s+|[Cc]hoice\s+)?"
    r"(?:\(([A-J])\)\s*[.:]?\s*\}?|([A-J])(?:\)\s*[.:]?|[.:]\s?|\)?\}\s*|\s*(?=\\text)))\s*(?P<text>\S.*)",
    re.DOTALL,
)
_OPTION = re.compile(r"(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s*:?\s*\(?([A-J])\)?")
_MORE = re.compile(r"\W*(?:and\b|or\b|,|&|\\text\{\s*(?:and|or)\b)|\W*(?:\\text\{)?\(?[A-J](?:[).}]|$)")

_ANOTHER = re.compile(r"(?<![A-Za-z])[A-J][).:]|^\W*(?:\\text\{)?\s*(?:is|not|wrong|false)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: the letter, and the option's text when it stands beside it."""

    letter: str
    text: str = ""


def read_choice(text: str, *, is_gold: bool = False) -> Choice | None:
    """The choice that a tidy text makes, or None when it makes none; a gold's letter is a capital."""
    alone = _LETTER.fullmatch(text) or _OPTION.fullmatch(_unwrapped(text))
    if alone:
        return None if is_gold and alone[1].islower() else Choice(alone[1].upper())
    beside = _WITH_TEXT.fullmatch(text)
    if beside is None or _MORE.match(beside["text"]) or _ANOTHER.search(beside["text"]):
        return None
    return Choice(beside[1] or beside[2], _unwrapped(beside["text"]))


def _unwrapped(text: str) -> str:
    text = text.strip()
    inner = re.fullmatch(r"\\text\{([^{}]*)\}", text)
    text = inner[1].strip() if inner else text
    return text[:-1].strip() if text.endswith("}") and text.count("{") < text.count("}") else text


def option_text(question: Question, letter: str) -> str | None:
    """The text of an option; None when the problem does not show it."""
    number = ord(letter) - ord("A")
    return question.options[number] if number < len(question.options) else None
