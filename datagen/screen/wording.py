"""What of a problem's text can be compared, and how a piece of it is shown.

Works on texts that `datagen.texts.normalise` has brought to one form.
"""

import re
from collections.abc import Sequence

DIAGRAM_OPENS, DIAGRAM_CLOSES = "[ asy ]", "[ / asy ]"
SHOWN_CHARACTERS = 160

# scripts that put no blank between words: there, a character is the unit
_UNSPACED_SCRIPT = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


def words_of(normalised: str) -> list[str]:
    """The units of comparison: tokens but for braces, and single characters in scripts that put no blanks."""
    return spaced_out(normalised).replace("{", " ").replace("}", " ").split()


def spaced_out(text: str) -> str:
    """The text with blanks around each character of a script that puts none between words."""
    return text if text.isascii() else " ".join(_UNSPACED_SCRIPT.split(text))


def without_diagrams(normalised: str) -> str:
    """The text without the source code of its drawings, which says little and would outweigh the words.

    A drawing that opens and does not close stays: it can't be told where the words go on.
    """
    kept = []
    place = 0
    while (opens := normalised.find(DIAGRAM_OPENS, place)) >= 0:
        closes = normalised.find(DIAGRAM_CLOSES, opens)
        if closes < 0:
            break
        kept.append(normalised[place:opens])
        place = closes + len(DIAGRAM_CLOSES)
    kept.append(normalised[place:])
    return " ".join(kept)


def shorten(text: str, width: int = SHOWN_CHARACTERS) -> str:
    """A text on one line of at most `width` characters; one that was cut ends in `…`."""
    line = " ".join(text[: 4 * width].split())
    if len(line) <= width and len(text) <= 4 * width:
        return line
    return line[: width - 1].rstrip() + "…"


def longest_run(words: Sequence[str], shared: Sequence[bool], size: int) -> str:
    """The longest stretch of words all of whose n-grams are shared.

    Args:
        words: of the row.
        shared: for each n-gram of the row, in order, whether it is shared.
        size: words of an n-gram.
    """
    best_start = best_length = start = 0
    for place, is_shared in enumerate([*shared, False]):
        if is_shared:
            continue
        if place - start > best_length:
            best_start, best_length = start, place - start
        start = place + 1
    return " ".join(words[best_start : best_start + best_length + size - 1]) if best_length else ""
