r"""How a text ends: whether its last words show that it was cut in the middle of something.

A word or a sign that must go on ("since", "=", "\frac{"), or a formula whose delimiter stands open. A text that merely
lacks its full stop is whole, and so is one that was cut at the end of a sentence: nobody can tell.
"""

import re

ENDINGS_VERSION = "1"
"""Goes up when the same text breaks off, or does not any more."""
WITHIN = 600
"""Characters at the end of a text that are read."""

_GOES_ON = (
    "the a an of is are was were to and or that which if then for with by so let be from as at because when where "
    "there their its has have can will would could should also thus hence therefore every into than while since using "
    "such maybe how what who do does my our your but not we suppose assume it's in on this let's"
)
_WORD = re.compile(rf"(?:^|\s)(?:{'|'.join(_GOES_ON.split())})$", re.IGNORECASE)
_SIGN = re.compile(
    r"(?:(?<![=~_*-])[=+×·^≤≥⇒→(\[{,&]|(?<=[\s0-9a-z})])[-−–*]|(?<=[\s0-9)}])/"
    r"|\\(?:cdot|times|d?frac|sqrt|leq?|geq?|approx|equiv|left|sum|int|text|to|in|pm|q?quad)?)$"
)
_OPEN_FORMULA = re.compile(r"\\[(\[](?:(?!\\[)\]]).)*\Z", re.DOTALL)


def breaks_off(text: str) -> bool:
    """Whether a text's last words must go on."""
    end = text.rstrip()[-WITHIN:]
    return bool(_WORD.search(end) or _SIGN.search(end) or _OPEN_FORMULA.search(end.rsplit("\n\n", 1)[-1]))
