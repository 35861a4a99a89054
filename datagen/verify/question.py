r"""What a problem says about its answer: the options of a multiple choice, and the rounding that it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from datagen.verify.tidy import tidy

_MOST_OPTIONS, _MOST_CHARACTERS, _MOST_MARKS = 10, 300, 100
_PLACES = {
    "tenth": 1, "hundredth": 2, "thousandth": 3, "ten-thousandth": 4, "ten thousandth": 4, "cent": 2, "penny": 2,
    "integer": 0, "whole": 0, "degree": 0, "dollar": 0, "percent": 0, "unit": 0,
}  # fmt: skip
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NEAREST = re.compile(r"nearest\s+(?:whole\s+)?\$?(0?\.0*1|[a-z]+(?:[- ]thousandth)?)", re.IGNORECASE)
_DECIMALS = re.compile(r"\b(\d|one|two|three|four|five|six)\s+(?:decimal|digits?\s+after)", re.IGNORECASE)
_ROUNDS = re.compile(
    r"\bround(?:ed|ing)?\s+(?:your|the\s+answer|answers?|off|to)\b|\bapproximate\s+(?:your|the)\s+answer", re.IGNORECASE
)
_OPTION = re.compile(
    r"(?:(?<![A-Za-z0-9\\({])|(?=\\(?:text|mathrm|rm|bf)))(?:\\(?:textbf|text|mathrm|rm|bf)\s?\{\s?)?\(?\s?"
    r"(?:\\(?:textbf|text|mathrm)\s?\{)?([A-J])\}?\s?(?:\)|[.:](?=[\s}\\$]))\s?\}?\)?(?:\\ |\\quad|[\s~$:])*"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a verdict depends on beside gold and answer.

    Attributes:
        options: the tidy texts of the options A, B, C, …; empty when the problem is no multiple choice.
        decimals: the decimal places that the problem asks for; None when it asks for an exact answer.
    """

    options: tuple[str, ...] = ()
    decimals: int | None = None

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(problem: str) -> Question:
        """Read a problem's text."""
        options, decimals = _options(problem), _decimals(problem)
        return Question(options, decimals) if options or decimals is not None else NOTHING_SAID


def _options(problem: str) -> tuple[str, ...]:
    marks = list(islice(_OPTION.finditer(problem), _MOST_MARKS))
    for number, mark in enumerate(marks):
        if mark[1] != "A":
            continue
        run = [mark]
        for later in marks[number + 1 :]:
            if len(run) < _MOST_OPTIONS and ord(later[1]) == ord(run[-1][1]) + 1:
                run.append(later)
        if len(run) >= 2:
            starts = [*run, None]
            texts = [
                problem[one.end() : other.start() if other else len(problem)] for one, other in pairwise(starts) if one
            ]
            return tuple(_option(text) for text in texts)
    return ()


def _option(text: str) -> str:
    text = re.sub(
        r"(?:\\q?quad|\\hspace\{[^{}]*\}|\\\\|\\textbf\{?\s*)*\s*$", "", text.strip()[:_MOST_CHARACTERS]
    ).strip()
    text = re.split(r"\n\s*\n", text, maxsplit=1)[0]
    if text.count("$") % 2:
        text = text.replace("$", "")
    return tidy(text)


def _decimals(problem: str) -> int | None:
    nearest = _NEAREST.search(problem)
    if nearest:
        place = nearest[1].lower()
        if place[0] in "0.":
            return len(place.rpartition(".")[2])
        return _PLACES.get(place, _PLACES.get(place.removesuffix("s")))
    digits = _DECIMALS.search(problem)
    if digits:
        return int(digits[1]) if digits[1].isdigit() else _COUNTS[digits[1].lower()]
    return 2 if _ROUNDS.search(problem) else None


NOTHING_SAID = Question()
