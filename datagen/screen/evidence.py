"""The piece of text that two problems share, for a person to check."""

from difflib import SequenceMatcher

from datagen.normalising import normal_parts
from datagen.screen.wording import shorten, words_of

_MOST_WORDS = 2_000


def shared_text(one: str, other: str) -> str:
    """The longest run of words that two raw texts share, normalised and shortened; of equally long ones the first."""
    first, second = (words_of(normal_parts(text).words)[:_MOST_WORDS] for text in (one, other))
    match = SequenceMatcher(None, first, second, autojunk=False).find_longest_match()
    return shorten(" ".join(first[match.a : match.a + match.size]))
