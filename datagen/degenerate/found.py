"""What gives a text away: the words, and where they stand."""

from dataclasses import dataclass

_MOST_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text.

    Attributes:
        place: in characters from its start.
        words: what is told of it, mostly its own words.
    """

    place: int
    words: str


def excerpt(text: str) -> str:
    """A foreign text on one line, at most 80 characters of it."""
    return " ".join(text[:_MOST_CHARACTERS].split())
