"""Texts of a megabyte that a careless rule would take minutes over: the CPU time of their normal forms.

Each unit is repeated until the text has 1,000,000 bytes of UTF-8. What a unit aims at stands beside it. The slowest are
printed, and the time for a tenth of the text: a tenth of the time when the rules read from left to right.
"""

import random
import time
from collections.abc import Iterator

from datagen.normalising import normalise

_BYTES = 1_000_000
_SHOWN = 12
_UNITS = {
    "words": "Let it be. ",
    "one long word": "abcdefgh",
    "digits": "1",
    "groups of digits": "123,",
    "blanks": " ",
    "backslashes": "\\",
    "line breaks": "\\\\ ",
    "carets": "^",
    "carets before a prime": "^ ' ",
    "raised primes": "^{\\prime}",
    "opening braces": "{",
    "closing braces": "}",
    "empty braces": "{}",
    "half-open groups": "{a}{",
    "braces in braces": "{{a b}",
    "fonts that open": "\\text{a ",
    "fractions": "\\frac{1}{2}",
    "fractions that open": "\\frac{",
    "short fractions": "\\frac12",
    "slashed fractions": "1/2 ",
    "dollars": "$",
    "formulas": "$a b$ ",
    "brackets that open": "\\(",
    "and hold letters": "\\(a b ",
    "letters apart": "A B C ",
    "points": ". ",
    "bold": "**a ",
    "quotes": "``a",
    "headers": "# a\n",
    "hyphens": "a - b",
    "links that open": "![",
    "links without an end": "![a](",
    "links": "![a](b)",
    "images that open": "\\includegraphics[",
    "drawings that open": "[asy]",
    "drawings": "[asy]x[/asy]",
    "brackets and blanks": "[" + " " * 1000,
    "tags": "<img ",
    "Han and blanks": "已 ",
    "marks out of order": "\u0315\u0300",
    "marks that fall apart": "\u0f73\u0f74",
    "halfwidth marks": "\uff9e\u0300",
    "letters with marks": "a\u0315\u0300",
    "half signs": "½",
    "a sign that is a phrase": "ﷺ",
    "lone surrogates": "\ud800",
    "other digits": "١",
    "superscripts": "²",
}


def measure() -> Iterator[str]:
    """Print the slowest."""
    _cpu_s("warm up")
    tenths = _texts(_BYTES // 10)
    cost = {name: (_cpu_s(text), _cpu_s(tenths[name])) for name, text in _texts(_BYTES).items()}
    yield f"| a megabyte of, slowest of {len(cost)} | seconds of CPU | a tenth of it |"
    yield "|---|---|---|"
    for name, (whole, tenth) in sorted(cost.items(), key=lambda item: -item[1][0])[:_SHOWN]:
        yield f"| {name} | {whole:.2f} | {tenth:.3f} |"


def _texts(size: int) -> dict[str, str]:
    texts = {name: unit * (size // len(unit.encode("utf-8", "surrogatepass"))) for name, unit in _UNITS.items()}
    texts["nested groups"] = "{a" * (size // 4) + "b}" * (size // 4)
    texts["nested exponents"] = "^{" * (size // 3) + "'" + "}" * (size // 3)
    texts["carets before a word"] = "^" * size + "x'"
    texts["a mixture"] = "".join(random.Random(0).choices([chr(code) for code in range(32, 127)], k=size))
    return texts


def _cpu_s(text: str) -> float:
    begun = time.process_time()
    normalise(text)
    return time.process_time() - begun
