"""What of a problem's text can be compared, and how a piece of it is shown.

Works on texts that `datagen.normalising.normalise` has brought to one form.
"""

import re

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


def shorten(text: str, width: int = SHOWN_CHARACTERS) -> str:
    """A text on one line of at most `width` characters; one that was cut ends in `…`."""
    line = " ".join(text[: 4 * width].split())
    if len(line) <= width and len(text) <= 4 * width:
        return line
    return line[: width - 1].rstrip() + "…"
