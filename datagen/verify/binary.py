"""Answers that a coin gets right half the time.

Only a bare yes, no, true or false counts, however it is dressed up; a sentence that starts with one does not.
"""

import re

from datagen.nfkc import nfkc

BINARY_ANSWERS = frozenset({"yes", "no", "true", "false"})

_STYLE = re.compile(r"\\(?:text|textbf|textit|textrm|textsf|mathrm|mathbf|mathsf|mathit|operatorname|boxed)(?![a-z])")
_AROUND_WORDS = re.compile(r"[^\w\\]|\\(?=[^a-z]|$)|_")


def is_binary(answer: str) -> bool:
    r"""Whether the answer is yes, no, true or false, be it `$\text{Yes}.$` or `**NO**`."""
    if len(answer) > 200:
        return False
    plain = _STYLE.sub(" ", nfkc(answer).casefold())
    return " ".join(_AROUND_WORDS.sub(" ", plain).split()) in BINARY_ANSWERS
