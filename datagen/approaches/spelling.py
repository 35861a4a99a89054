r"""The mathematics of a text in one spelling: `\left( 3 \cdot x \right) \geq \dfrac{1}{2}` and `(x*3) >= 1/2` alike.

Delimiters are not relied on, since many texts calculate without them: what is left when the words are taken out is
mathematics. Every pattern is a linear scan; none looks back over what it has passed.
"""

import re
from functools import lru_cache

from datagen.nfkc import nfkc

_UNICODE = {
    "²": "^2",
    "³": "^3",
    "×": "*",
    "·": "*",
    "⋅": "*",
    "∙": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "√": "\\sqrt",
    "π": "\\pi ",
    "≤": "<",
    "≥": ">",
    "≠": "=",
    "≈": "=",
    "≡": "=",
    "⇒": "=",
    "→": "=",
    "°": "",
}
_FRAME = re.compile(
    r"\\(?:(?:left|right|[bB]igg?[lr]?|displaystyle|limits|circ|boxed|fbox)(?![A-Za-z])|[,;:! %])"
    r"|\\(?:text|textbf|mathrm|mathbf|operatorname|begin|end) ?\{[^{}]{0,80}\}|\{,\}|(?<=[0-9]),(?=[0-9]{3}(?![0-9]))"
    r"|(?m:^)[ \t]{0,20}(?:[#*+-]{1,6} |[0-9]{1,2}[.)] |[Ss]tep [0-9]{1,2})"
)
_TIMES = re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dtc]?frac ?\{([^{}]{1,60})\}\{([^{}]{1,60})\}")
_WORD = re.compile(r"(?<![\\A-Za-z])(?:[A-Za-z][a-z]+(?:'[a-z]+)?|[A-Z]{4,}|[aI](?= [a-z]))(?![A-Za-z])")
_BETWEEN = re.compile(
    r"[\n=<>~,;:?!$&|\"`#]+|\*\*|\.(?![0-9])|\\[\\()\[\]]|(?<=[0-9]) +(?=[0-9])"
    r"|\\(?:approx|equiv|leq?|geq?|lt|gt|neq?|implies|iff|[Rr]ightarrow|to|in|quad|qquad|ldots|dots|cdots|pmod|bmod|mod)"
    r"(?![A-Za-z])"
)
_ONE_IN_BRACKETS = re.compile(r"\{(\w+)\}|(?<![A-Za-z])\((\w+)\)")
_FACTOR_OF_LETTER = re.compile(r"(?<=[0-9])\*(?=[A-Za-z\\(])")
_LONGEST = 200
"""Characters of an expression; what is longer is no formula."""


def expressions_in(text: str) -> list[str]:
    """The expressions that a text writes, each side of a relation by itself, in one spelling, in their order.

    Terms and factors stand sorted where no bracket is in the way.
    """
    if not text.isascii():
        for sign, plain in _UNICODE.items():
            text = text.replace(sign, plain)
        text = nfkc(text)
    text = _FRAME.sub("", text)
    text = _FRACTION.sub(r"(\1)/(\2)", _TIMES.sub("*", text))
    text = _BETWEEN.sub("\n", _WORD.sub("\n", text)).replace(" ", "")
    return [_canonical(one) for one in text.split("\n") if one and len(one) <= _LONGEST]


@lru_cache(maxsize=1 << 14)
def _canonical(expression: str) -> str:
    plain = _ONE_IN_BRACKETS.sub(r"\1\2", expression.strip("'.*{}[]"))
    plain = _FACTOR_OF_LETTER.sub("", plain)
    if plain.count("(") != plain.count(")"):
        plain = plain.strip("()")
    terms = plain.replace("-", "+-").split("+")
    return "+".join(sorted("*".join(sorted(term.split("*"))) for term in terms if term))
