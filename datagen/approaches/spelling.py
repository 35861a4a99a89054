r"""The mathematics of a text in one spelling: `\left( x \cdot 3 \right) \geq \dfrac{1}{2}` and `(3*x) >= 1/2` alike.

Delimiters are not relied on, since many texts calculate without them: what is left when the words are taken out is
mathematics. Every pattern begins with a character to look for and none looks far, so that any text takes linear time.
"""

import re
from functools import lru_cache

_SIGNS = (
    dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", (f"^{sign}" for sign in "0123456789-+n"), strict=True))
    | dict(zip("₀₁₂₃₄₅₆₇₈₉", (f"_{digit}" for digit in "0123456789"), strict=True))
    | dict(zip("×·⋅∙∗÷−–≤≥≠≈≡⇒→⟹’°\u00a0\u2009\u202f", "*****/--========' " + 3 * " ", strict=True))
    | {"√": "\\sqrt ", "∑": "\\sum ", "∏": "\\prod ", "∞": "\\infty ", "∠": "\\angle ", "△": "\\triangle "}
    | {"½": "1/2", "¼": "1/4", "¾": "3/4", "′": "'"}
    | {"α": "\\alpha ", "β": "\\beta ", "γ": "\\gamma ", "δ": "\\delta ", "ε": "\\epsilon ", "θ": "\\theta "}
    | {"λ": "\\lambda ", "μ": "\\mu ", "π": "\\pi ", "σ": "\\sigma ", "φ": "\\phi ", "ω": "\\omega ", "Δ": "\\Delta "}
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_MARK = re.compile(r"\n[ \t]{0,20}(?:[#*+-]{1,6} |[0-9]{1,2}[.)] )")
_THOUSANDS = re.compile(r",(?<=[0-9],)(?=[0-9]{3}(?![0-9]))")
_COMMAND = re.compile(
    r"\\(?:(?:left|right|[bB]igg?[lr]?|displaystyle|limits|boxed|fbox)(?![A-Za-z])|[,;:! %]"
    r"|(?:text|textbf|mathrm|mathbf|operatorname|begin|end) ?\{[^{}]{0,80}\})"
)
_TIMES = re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dtc]?frac ?\{([^{}]{1,80})\}\{([^{}]{1,80})\}")
_EMPHASIS = re.compile(r"\*(?<![0-9A-Za-z)*]\*)([A-Za-z]\w{0,3})\*(?![0-9A-Za-z(*])")
_RELATION = re.compile(
    r"\\(?:[\\()\[\]{}]|(?:approx|equiv|leq?|geq?|lt|gt|neq?|implies|iff|[Rr]ightarrow|to|in|q?quad|[cl]?dots|[pb]?mod)"
    r"(?![A-Za-z]))"
)
_WORD = re.compile(
    r"[A-Za-z](?<![\\A-Za-z].)(?:[a-z]++(?:'[a-z]++)?|'[a-z]++|(?<=[aI])(?= [a-z])|(?<=[A-Z])[A-Z]{3,})(?![A-Za-z])"
)
_FULL_STOP = re.compile(r"\.(?![0-9])")
_TWO_NUMBERS = re.compile(r" (?<=[0-9] )(?=[0-9])")
_LAYOUT = str.maketrans('{}[]=<>~,;:?$&|"`#', "()()" + 14 * "\n", " \t\r\f\v")
_ONE_IN_BRACKETS = re.compile(r"(?:(?<![0-9A-Za-z)'])|(?<=\\sqrt))\((\w+)\)")
_PRODUCT = re.compile(r"(?<=[0-9])\(([0-9.]+)\)")
_FACTOR_OF_LETTER = re.compile(r"(?<=[0-9])\*(?=[A-Za-z\\(])")
_LONGEST = 200
"""Characters of an expression; what is longer is no formula."""


def expressions_in(text: str) -> list[str]:
    """The expressions that a text writes, each side of a relation by itself, in one spelling, in their order."""
    if not text.isascii():
        text = _BEYOND_ASCII.sub(_in_ascii, text)
    text = _THOUSANDS.sub("", _MARK.sub("\n", text))
    text = text.replace("^\\circ", "").replace("^{\\circ}", "").replace("{,}", "")
    text = _TIMES.sub("*", _COMMAND.sub("", text).replace("_{}", ""))
    text = _FRACTION.sub(r"(\1)/(\2)", text)
    if "frac" in text:
        text = _FRACTION.sub(r"(\1)/(\2)", text)
    text = _RELATION.sub("\n", _EMPHASIS.sub(r"\1", text).replace("**", "\n"))
    text = _FULL_STOP.sub("\n", _WORD.sub("\n", text))
    text = _TWO_NUMBERS.sub("\n", text).translate(_LAYOUT)
    return [_canonical(one) for one in text.split() if len(one) <= _LONGEST]


def _in_ascii(found: re.Match[str]) -> str:
    plain = "".join([_SIGNS.get(sign, "\n") for sign in found.group()])
    base, power, rest = plain.partition("^")
    return base + power + rest.replace("^", "")


@lru_cache(maxsize=1 << 14)
def _canonical(expression: str) -> str:
    """Brackets around one thing and signs at the ends go; terms and factors stand sorted where no bracket is."""
    plain = _ONE_IN_BRACKETS.sub(r"\1", expression.strip(".*/!'").rstrip("\\"))
    plain = _FACTOR_OF_LETTER.sub("", _PRODUCT.sub(r"*\1", plain))
    opened, closed = plain.count("("), plain.count(")")
    if opened > closed:
        plain = plain.lstrip("(")
    elif closed > opened:
        plain = plain.rstrip(")")
    elif opened == 1 and plain[0] == "(" and plain[-1] == ")":
        plain, opened = plain[1:-1], 0
    if opened or closed > opened:
        return plain
    terms = plain.replace("-", "+-").split("+")
    return "+".join(sorted("*".join(sorted(term.split("*"))) for term in terms if term))
