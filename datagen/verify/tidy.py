r"""Answers in tidy form: the same LaTeX for the same thing, as far as a look can tell.

Everything that compares answers reads this form, and pairs are remembered by it. What changes the meaning stays: blanks
between numbers, brackets, names, units, words. Every step is linear in the text.
"""

import re

from datagen.nfkc import nfkc

_SIGNS = {
    "π": "\\pi ", "∞": "\\infty ", "×": "\\times ", "·": "\\cdot ", "⋅": "\\cdot ", "∙": "\\cdot ", "÷": "\\div ",
    "−": "-", "–": "-", "—": "-", "‐": "-", "≤": "\\le ", "⩽": "\\le ", "≥": "\\ge ", "⩾": "\\ge ", "≠": "\\ne ",
    "±": "\\pm ", "∓": "\\mp ", "°": "^\\circ ", "∪": "\\cup ", "∩": "\\cap ", "∅": "\\emptyset ", "∈": "\\in ",
    "≈": "\\approx ", "∠": "\\angle ", "√": "\\sqrt ", "∛": "\\sqrt[3]", "θ": "\\theta ",
    "α": "\\alpha ", "β": "\\beta ", "ω": "\\omega ",
    "λ": "\\lambda ", "φ": "\\phi ", "γ": "\\gamma ", "′": "'", "’": "'", "：": ":", "％": "%",
    "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℚ": "\\mathbb{Q}",
}  # fmt: skip
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LOWERED_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
           "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}  # fmt: skip
_VULGAR_SIGN = re.compile("[" + "".join(_VULGAR) + "]")

_ROOT = re.compile(r"√\s*(?:\(([^()]{1,40})\)|([0-9]+|[A-Za-z]))")
_CUBE_ROOT = re.compile(r"∛\s*([0-9]+|[A-Za-z])")
_MATHS_MARK = re.compile(r"(?<!\\)\$")
_PLAIN = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_ESCAPED_TWICE = re.compile(r"(?<!\\)\\\\(?=[A-Za-z]{2,})")
_TEXT_ONLY = re.compile(r"\\text\{([^{}]*[0-9][^{}]*)\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NO_BLANK = re.compile(
    r"\\!|\{,\}(?=[0-9]{3})|\\(?:displaystyle|textstyle|limits|nolimits|big|Big|bigg|Bigg)(?![A-Za-z])"
)
_THOUSANDS_GAP = re.compile(r"(?<=[0-9])(?:,?\\!\s*| ?\{, ?\}|\\,\s*|\\ )(?=[0-9]{3}(?![0-9]))")
_BLANK = re.compile(r"(?:(?<!\\)\\(?:[,;: ]|(?:quad|qquad|hfill)(?![A-Za-z])|hspace\{[^{}]*\})|~|\s)+")
_SIDE = re.compile(
    r"\\(?:left|right|middle)(?![A-Za-z])\s*\.?(?=[\s\\()\[\]{}|<>/]|$)|\\(?:bigl|bigr|Bigl|Bigr)(?![A-Za-z])"
)
_WORD_MARKUP = re.compile(r"\\(?:textnormal|textbf|textit|textrm|textsf|mbox|hbox|textup)(?![A-Za-z])\s*")
_PLAIN_MARKUP = re.compile(r"\\(?:mathbf|boldsymbol|mathit|bm|rm|bf|it|mathsf)(?![A-Za-z])\s*")
_SYNONYMS = (
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![A-Za-z])"), r"\\binom"),
    (re.compile(r"\\(?:leq|leqslant)(?![A-Za-z])|<="), r"\\le "),
    (re.compile(r"\\(?:geq|geqslant)(?![A-Za-z])|>="), r"\\ge "),
    (re.compile(r"\\neq(?![A-Za-z])|\\not\s*=|!="), r"\\ne "),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\varnothing(?![A-Za-z])"), r"\\emptyset "),
    (re.compile(r"\\(?:mathrm|text|rm)\s*\{\s*([ei])\s*\}"), r"\1"),
    (re.compile(r"\\(?:lbrace|lbrack)(?![A-Za-z])"), r"\\{"),
    (re.compile(r"\\rbrace(?![A-Za-z])"), r"\\}"),
    (re.compile(r"\^\s*\{\s*\\(?:circ|degree)\s*\}|\^\s*\\circ(?![A-Za-z])|\\degree(?![A-Za-z])"), r"^\\circ "),
    (re.compile(r"\^\s*\{\s*\\prime\s*\}|\^\s*\\prime(?![A-Za-z])"), "'"),
    (re.compile(r"\+\s*\\infty"), r"\\infty"),
    (re.compile(r"(?<!\\)\\%"), "%"),
    (re.compile(r"\\sqrt\s*([0-9A-Za-z])"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s*\(\s*([0-9A-Za-z]+)\s*\)"), r"\\sqrt{\1}"),
    (re.compile(r"\\frac\s*([0-9A-Za-z])\s*([0-9A-Za-z])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s*([0-9A-Za-z])\s*\{"), r"\\frac{\1}{"),
    (re.compile(r"(\\frac\s*\{[^{}]*\})\s*([0-9A-Za-z])"), r"\1{\2}"),
    (re.compile(r"(?<![A-Za-z\\])pi(?![A-Za-z])"), r"\\pi "),
    (re.compile(r"(?<![A-Za-z\\])sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"\{([^{}\\]{1,40})\\choose(?![a-z])([^{}\\]{1,40})\}"), r"\\binom{\1}{\2}"),
    (re.compile(r"\\(overline|dot|bar)\s*([0-9])"), r"\\\1{\2}"),
    (re.compile(r"_\{([0-9A-Za-z])\}(?![0-9A-Za-z])"), r"_\1"),
    (re.compile(r"\^\{([0-9A-Za-z])\}(?![0-9A-Za-z])"), r"^\1"),
)
_IDLE_BLANK = re.compile(
    r"(?<=[^0-9A-Za-z}%!.,\\]) | (?=[^\w\\$.(])|(?<=[^0-9],) |(?<=,) (?![0-9])"
)  # 1, 234 is two numbers and 1 1/2 is not 11/2
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))


def tidy(answer: str) -> str:
    r"""An answer's text in tidy form.

    >>> tidy("$\\dfrac{1}{2}\\,$.")
    '\\frac{1}{2}'
    """
    if _PLAIN.fullmatch(answer):
        return answer
    text = _CONTROL.sub("", answer)
    text = _RAISED_RUN.sub(lambda run: f"^{{{run.group().translate(_RAISED)}}}", text)
    text = _LOWERED_RUN.sub(lambda run: f"_{{{run.group().translate(_LOWERED)}}}", text)
    text = _VULGAR_SIGN.sub(lambda sign: "\\frac{{{}}}{{{}}}".format(*_VULGAR[sign.group()]), text)
    text = _CUBE_ROOT.sub(r"\\sqrt[3]{\1}", text)
    text = _ROOT.sub(lambda root: f"\\sqrt{{{root[1] or root[2]}}}", text)
    text = _SIGN.sub(lambda sign: _SIGNS[sign.group()], text)
    text = _NO_BLANK.sub("", _THOUSANDS_GAP.sub("", nfkc(text)))
    if "\\begin" not in text:
        text = _ESCAPED_TWICE.sub(r"\\", text)
    text = _unwrapped(_BLANK.sub(" ", text))
    if (marks := len(_MATHS_MARK.findall(text))) and marks % 2 == 0:  # "$125$ miles"; an odd one is a currency's
        text = _MATHS_MARK.sub(" ", text)
    text = _SIDE.sub("", _MATHS_MARK.sub(r"\\$", text))
    text = _PLAIN_MARKUP.sub("", _WORD_MARKUP.sub(r"\\text", text))
    if only := _TEXT_ONLY.fullmatch(text.strip()):  # \text{5 apples}
        text = only[1]
    for pattern, synonym in _SYNONYMS:
        text = pattern.sub(synonym, text)
    text = _BLANK.sub(" ", text)
    text = _IDLE_BLANK.sub("", text).strip()
    return _unwrapped(text)


def _unwrapped(text: str) -> str:
    """A text without the delimiters of a formula around all of it, and without a sentence's end."""
    for _ in range(len(_WRAPPERS)):
        text = text.strip().rstrip(".,; \n").strip()
        for opening, closing in _WRAPPERS:
            inner = text[len(opening) : len(text) - len(closing)]
            if (
                len(text) > len(opening) + len(closing)
                and text == f"{opening}{inner}{closing}"
                and opening not in inner
            ):
                text = inner
                break
        else:
            return text
    return text
