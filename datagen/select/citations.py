"""Which paths a summary names by number: "Path 2", "Paths 1, 2 and 4", "paths 1–3", "path (three)", "the fifth path".

Only what names a path plainly counts, since a summary is lost for a path that does not exist. So "a path 7 m wide",
the walk "path 1-2-5-7" of a graph, "the first three approaches", "the terms approach 7" and "step 7 of Path 2" name no
path 7.
"""

import re
from collections.abc import Iterator

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBER = rf"(?:[0-9]{{1,2}}|(?i:{'|'.join(_WORDS)}))\b"
_GLUE = r"(?:[ \t~*#(]|\\[ ,])*"
_TO = r"\s*(?:[-–—]|to\b|through\b)"
_JOIN = rf"[)*]*(?:\s*,(?:\s*(?:and|or))?|\s+(?:and|or)|\s*&|{_TO})(?:\s+[Pp]ath)?{_GLUE}"
_NOUN = r"(?<![\w\\])(?:[Pp]ath|PATH|Approach|Attempt|Thought)"
_CITED = re.compile(
    rf"{_NOUN}{_GLUE}(?<![A-Za-z])(?P<one>{_NUMBER})|{_NOUN}(?:e?s|ES|S){_GLUE}(?<![A-Za-z])(?P<first>{_NUMBER})"
    rf"(?P<more>(?:{_JOIN}{_NUMBER})*)"
)
_MORE = re.compile(rf"(?P<joined>{_JOIN})(?P<number>{_NUMBER})")
_RANGE = re.compile(rf"[)*]*{_TO}")
_LAST = re.compile(r"\b(?:and|or)\b|&")
_MEASURED = re.compile(
    r"\s*(?:[-–—*/]\s*[0-9]|[→^%°+=<>]|->|\\(?:to|[a-z]*arrow|cdot|times|frac)\b|[.,:][0-9]|(?:[mck]?m|ft|feet|foot|inch(?:es)?|yards?|miles?|units?|"
    r"[a-z]*met(?:er|re)s?|long|wide|times|steps?|edges?)\b)"
)
_PATHS = re.compile(r"\b(?:paths?|approaches(?! *[$0-9])|lines of (?:thought|reasoning))\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:an?|each|every|another)\s+$", re.IGNORECASE)
_NTH = re.compile(rf"\b({'|'.join(_ORDINALS)})\s+path\b(?!\s+(?:of|from|between|in)\b)", re.IGNORECASE)


def cited_numbers(text: str) -> frozenset[int]:
    """The numbers by which a text names paths; a range counts whole."""
    return frozenset(number for found in _CITED.finditer(text) for number in _numbers(text, found))


def cited_places(text: str) -> frozenset[int]:
    """The places by which a text names paths: 1 for "the first path"."""
    return frozenset(1 + _ORDINALS.index(found.group(1).casefold()) for found in _NTH.finditer(text))


def speaks_of_paths(text: str) -> bool:
    """Whether a text says anything of paths, by number or not: "Path 2", "both approaches", "each path"."""
    return _PATHS.search(text) is not None or bool(cited_numbers(text))


def _numbers(text: str, found: re.Match[str]) -> Iterator[int]:
    """The numbers of one citation; none when it is a measure, a walk, or something else of the mathematics."""
    if _MEASURED.match(text, found.end()) or _ARTICLE.search(text, max(0, found.start() - 10), found.start()):
        return
    last = _number(found["one"] or found["first"])
    yield last
    is_ended = False
    for one in _MORE.finditer(found["more"] or ""):
        joined, number = one["joined"], _number(one["number"])
        if is_ended and joined.strip().startswith(","):
            return
        yield from range(last + 1, number) if _RANGE.match(joined) else ()
        yield number
        last, is_ended = number, bool(_LAST.search(joined))


def _number(written: str) -> int:
    return int(written) if written.isdigit() else 1 + _WORDS.index(written.casefold())
