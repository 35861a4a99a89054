"""Unicode's compatibility form, NFKC, in linear time whatever the text holds."""

import re
import unicodedata

_MANY_MARKS = re.compile(r"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){30}")


def nfkc(text: str) -> str:
    """The text in NFKC.

    NFKC sorts the marks on a letter by insertion, which takes a run of a hundred thousand of them many seconds. So such
    a run is broken by a blank after each 30 (as in stream-safe text, UAX #15); no writing has that many.
    """
    return text if text.isascii() else unicodedata.normalize("NFKC", _MANY_MARKS.sub(r"\g<0> ", text))
