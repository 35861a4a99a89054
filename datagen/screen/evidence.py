"""The piece of text that two problems share, for a person to check."""

from difflib import SequenceMatcher

from datagen.screen.phrases import without_drawings
from datagen.screen.wording import shorten, words_of
from datagen.texts import normalise

_MOST_WORDS = 2_000


def shared_text(one: str, other: str) -> str:
    """The longest run of words that two raw texts share, normalised and shortened; of equally long ones the first."""
    first, second = (words_of(normalise(without_drawings(text))) for text in (one, other))
    match = SequenceMatcher(None, first[:_MOST_WORDS], second[:_MOST_WORDS], autojunk=False).find_longest_match()
    return shorten(" ".join(first[match.a : match.a + match.size]))
