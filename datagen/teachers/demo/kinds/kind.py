"""What a kind of problem is: the phrasings it is recognised by, the numbers it gives, and the methods that solve it.

A phrasing is the problem's own sentence with fields for its numbers: `{a}` an integer; in sums `{a:first}` the first
coefficient (`x`, `-3x`), `{b:next}` a later one (`+ x`, `- 3x`), `{c:plain}` the number at the end (`- 3`). It is found
anywhere in a prompt, from the start of a sentence on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from datagen.teachers.demo.pen import Pen

Given: TypeAlias = dict[str, int]
Method: TypeAlias = Callable[..., str | None]
"""Called with the pen and the numbers by name; writes, and returns the answer as LaTeX. Returns None, before it writes,
when these numbers are out of its reach."""

_FIELD = re.compile(r"( ?)\{(\w)(?::(\w+))?\}")
_NUMBERS = {
    None: r"-?\d+(?:,\d{3})*",
    "first": r"-?\s?\d*",
    "next": r"\s*[-+]\s?\d*",
    "plain": r"\s*[-+]\s?\d+",
}
_SENTENCE_START = r"(?:\A|(?<=[.:?!>]\s)|(?<=[\n>*]))"
_MATH_MARKS = re.compile(r"\$+|\\[()\[\],]")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem.

    Attributes:
        name: what it is called.
        topic: the topic that it belongs to.
        phrasings: sentences that state such a problem.
        derive: from the numbers that stand in the sentence to those that the methods take; None when the problem
            makes no sense or is too large to be written out.
        methods: the ways to solve it, with different mathematics each.
    """

    name: str
    topic: str
    phrasings: tuple[str, ...]
    derive: Callable[..., Given | None]
    methods: tuple[Callable[..., str | None], ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A problem found in a prompt: its kind, its sentence, its numbers."""

    kind: Kind
    problem: str
    given: Given

    def attempt(self, method: Method, pen: Pen) -> str | None:
        """Let a method write; its answer, or None when these numbers are out of its reach."""
        return method(pen, **self.given)


def pattern(phrasing: str) -> re.Pattern[str]:
    """The regular expression of a phrasing, over a text that `plain` has cleaned."""
    found, end = [_SENTENCE_START], 0
    for field in _FIELD.finditer(phrasing):
        blank, name, place = field.groups()
        found.append(_literal(phrasing[end : field.start()] + (blank if place in (None, "first") else "")))
        found.append(f"(?P<{name}>{_NUMBERS[place]})")
        end = field.end()
    return re.compile("".join([*found, _literal(phrasing[end:])]), re.IGNORECASE)


def plain(text: str) -> str:
    """A text without LaTeX delimiters, thin spaces and runs of blanks; line ends stay."""
    text = _MATH_MARKS.sub("", text).replace(r"\%", "%").replace(r"\dots", r"\cdots").replace(r"\ldots", r"\cdots")
    return re.sub(r"[ \t]+", " ", text)


def numbers(match: re.Match[str]) -> Given:
    """The numbers of a found phrasing; a coefficient without digits is 1 or -1."""
    given = {}
    for name, text in match.groupdict().items():
        digits = re.sub(r"[\s,]", "", text)
        given[name] = int(digits + "1" if digits in ("", "+", "-") else digits)
    return given


def _literal(text: str) -> str:
    words = r"\s+".join(re.escape(word) for word in re.split(r"\s+", text))
    return words.replace(r"\s+=\s+", r"\s*=\s*")
