r"""The form in which the texts of problems are compared: for their ids, for duplicates, for benchmarks.

Two texts have one form when they are one problem in another dress: other LaTeX commands for the same sign, other
spacing, another number in front. The rule that is kept: what differs in mathematics stays apart. So `x²` is `x^{2}` and
not `x2`; digits, signs, primes, factorials and grouping braces stay; and what is only probably the same ("two" and "2",
renamed variables) is left to the search for near duplicates, which looks twice before it believes.

Small and capital letters become one. Two letters of one problem may differ by their size alone, but two problems never
do: where `A` is an angle and `a` a side, the words around them are the same words in both texts or they are not.

Drawings (Asymptote, TikZ, links to images) stand apart, after the words, since rows have them before, behind, or in the
middle. Two texts with different drawings have different forms: a drawing may hold the numbers.

Every step scans from left to right, so that time grows as the text does. Changing anything here changes ids:
`NORMALISER_VERSION` goes up. Paid completions are keyed by what was asked and are found again all the same.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from datagen.normalising_tables import (
    CONTROL_REPAIRS,
    DROPPED,
    ENTITIES,
    LAYOUT_ENVIRONMENTS,
    SAME_TOKEN,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    WITHOUT_NFKC,
    WRAPPERS,
)

NORMALISER_VERSION = "2"
DRAWING_OPENS, DRAWING_CLOSES = "[ asy ]", "[ / asy ]"
"""What stands around a drawing in the normal form, whatever language it is drawn in."""

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # no blank between words, and Latin letters among them
_TOKEN = re.compile(rf"\\[a-z]+|\\[^\w\s]|\d*\.\d+|\d+|[{_HAN}]+|[^\W\d_{_HAN}]+|[^\w\s]")
_EATEN = re.compile(r"\f(?:rac)?|[\a\b\v]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_SUPERSCRIPT_RUN = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
_SUBSCRIPT_RUN = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_PLAIN_SUPERSCRIPT, _PLAIN_SUBSCRIPT = str.maketrans(SUPERSCRIPTS), str.maketrans(SUBSCRIPTS)

_MOST_HEADERS = 4
_HEADER = re.compile(
    r"\s*(?:"
    r"#{1,6}[^\S\n]{1,9}[^\n]{0,80}\n"  # ## Task B-1.3.
    r"|(?i:\*{0,2}(?:problem|example|exercise|question|task)[^\S\n]{1,3}[a-z]?[-.]?\d{1,4}(?:\.\d{1,3}){0,2}"
    r"(?:[.:]\*{0,2}|\*\*[.:]?)\s)"  # **Problem 3.**
    r"|\d{1,3}[.)]\s{1,9}(?=[A-Z$\\])"  # 12. Let
    r"|(?i:[(\[]\d{1,3}[^\S\n](?:points?|marks?)[)\]])"  # (12 points)
    r"|(?i:\((?:19|20)\d\d,?[^\S\n](?:AMC[^\S\n]?(?:8|10|12)[AB]?|AIME(?:[^\S\n]I{1,2})?),?"
    r"[^\S\n](?:\#|problem[^\S\n])\d{1,2}\))"  # (2019 AMC 10A #5)
    r")\s*"
)
_FUNCTION = r"(?:sin|cos|tan|cot|sec|csc|log|exp|arc|max|min|gcd|lcm|mod|deg)"
_FORMULA = re.compile(r"\$[^$]{3,2000}\$|\\\([^$]{3,2000}?\\\)")
_LETTERS_APART = re.compile(
    r"(?P<taker>[\^_}\]]\s*|\\(?:sqrt|overline|overrightarrow|hat|bar|vec|tilde|frac|binom)\s*)?"
    r"(?P<letters>(?<![A-Za-z\\])[A-Za-z](?: {1,3}[A-Za-z](?![A-Za-z]))+)"
)
_DIGIT_GROUP = re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac(\d)(\d)")
_SLASHED_FRACTION = re.compile(r"(?<![\w^./}])(\d{1,9})/(\d{1,9})(?![\w/]|\.\d)")
_ELLIPSIS = re.compile(r"\.(?:\s?\.){2,}")
_QUOTED = re.compile(r"``([^`']{0,300})''")
_BOLD = re.compile(r"(?<![\w)*])\*\*(?=[^\s*])([^*\n]{1,200})\*\*(?![\w(*])")
_WITH_ARGUMENT = re.compile(r"\\(?:[hvm]space|label|color|vskip|hskip|kern)\*?\s{0,3}\{[^{}]{0,60}\}")
_LAYOUT = re.compile(rf"\\(?:begin|end)\s{{0,3}}\{{(?:{'|'.join(LAYOUT_ENVIRONMENTS)})\*?\}}")
_NOT_EQUAL = re.compile(r"\\not\s{0,3}=")
_BREAK = re.compile(r"<br\s?/?>")
_KEEPS_CELLS = re.compile("matrix|array|tabular|smallmatrix")

_MOST_ROUNDS = 8
_HYPHEN = re.compile(rf"(?<=[\w}}]) - (?=(?:[a-z]{{4}}|gon|way|day|bit|ary|ray|one|two|six|ten))(?!{_FUNCTION})")
_HAN_BLANK = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_BARE_POINT = re.compile(r"(?<!\S)\.(?=\d)")
_RAISED_PRIMES = re.compile(r"(?:\^ )+(?='(?!\S))|\^ \{ ((?:' )+)\}")
_MULTIPLIED_NUMBERS = re.compile(r"(?<=\d) (?:\\times|\*) (?=\d)")

_OPENS = re.compile(
    r"\[\s*asy\s*\]|<asy>|\\begin\{(?:asy|tikzpicture|picture)\}|\[img[^\]\n]{0,80}\]|<img\s|!\[|\\includegraphics",
    re.IGNORECASE,
)
_CLOSES = {
    opening: re.compile(closing, re.IGNORECASE)
    for opening, closing in {
        "[as": r"\[\s*/\s*asy\s*\]",
        "<as": r"</asy>",
        "\\be": r"\\end\{(?:asy|tikzpicture|picture)\}",
        "[im": r"\[/img\]",
        "<im": r">",
        "![": r"[^\]\n]{0,200}\]\([^)\n]{0,2000}\)",
        "\\in": r"\s?(?:\[[^\]\n]{0,200}\])?\{[^}\n]{0,500}\}",
    }.items()
}
_LINKS = ("![", "\\in")
_MEANT_IN_TABLES = SAME_TOKEN | dict.fromkeys(DROPPED, "")
_MEANT = _MEANT_IN_TABLES | {"&": "", "\\\\": ""}
_DRAWING_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class NormalText:
    """A text in the form in which it is compared.

    Attributes:
        words: tokens joined by single blanks: words, numbers, commands and signs.
        drawings: tokens of the source of its drawings and of the links to its images, one item each.
    """

    words: str
    drawings: tuple[str, ...] = ()

    def __str__(self) -> str:
        drawn = (f"{DRAWING_OPENS} {drawing} {DRAWING_CLOSES}" for drawing in self.drawings)
        return " ".join(part for part in (self.words, *drawn) if part)


def normalise(text: str) -> str:
    """The normal form as one text: the words, then each drawing between `DRAWING_OPENS` and `DRAWING_CLOSES`.

    A normal form is its own normal form.
    """
    return str(normal_parts(text))


def normal_parts(text: str) -> NormalText:
    """Bring a text to the form in which texts are compared.

    In this order: what NFKC would flatten becomes LaTeX (superscripts, fractions, circled numbers), then NFKC; drawings
    go apart; headers in front go ("## Task B-1.3.", "Problem 3.", "12. ", "(12 points)"); case is folded; synonyms
    become one; delimiters of formulas, fonts, spacing and sentence punctuation go, and so do hyphens between words,
    commas within numbers and braces around a single token; letters that stand apart ("A B C") stand together.

    Returns:
        Words and drawings; both empty when the text holds nothing to compare.
    """
    words, drawings = _apart(_one_alphabet(text))
    words = _formulas_together(_without_headers(words))
    return NormalText(_settled(_tokens(_folded(words))), drawings)


def _one_alphabet(text: str) -> str:
    if not text.isascii():
        text = text.translate(WITHOUT_NFKC)
        text = _SUPERSCRIPT_RUN.sub(lambda run: f"^{{{run.group().translate(_PLAIN_SUPERSCRIPT)}}}", text)
        text = _SUBSCRIPT_RUN.sub(lambda run: f"_{{{run.group().translate(_PLAIN_SUBSCRIPT)}}}", text)
        text = unicodedata.normalize("NFKC", text).translate(WITHOUT_NFKC)
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), text)
    if _EATEN.search(text):
        text = _EATEN.sub(lambda eaten: CONTROL_REPAIRS.get(eaten.group(), " "), text)
    if "&" in text:
        for entity, meant in ENTITIES:
            text = text.replace(entity, meant)
    return text


def _apart(text: str) -> tuple[str, tuple[str, ...]]:
    """Words and drawings; one that opens and does not close is words, since it can't be told where they go on."""
    kept, drawings, place = [], [], 0
    never_closes: set[str] = set()  # keeps the search linear
    for opens in _OPENS.finditer(text):
        if opens.start() < place:
            continue
        opening = "".join(opens.group().split()).lower()
        kind = next(known for known in _CLOSES if opening.startswith(known))
        if kind in never_closes:
            continue
        is_link = kind in _LINKS
        closing = _CLOSES[kind]
        closes = closing.match(text, opens.end()) if is_link else closing.search(text, opens.end())
        if closes is None:
            never_closes.update(set() if is_link else {kind})
            continue
        source = text[opens.end() : closes.end() if is_link else closes.start()]
        drawn = " ".join(_DRAWING_TOKEN.findall(_folded(source))).replace(DRAWING_CLOSES, "")
        kept.append(text[place : opens.start()])
        drawings.append(" ".join(drawn.split()))
        place = closes.end()
    return " ".join([*kept, text[place:]]), tuple(drawing for drawing in drawings if drawing)


def _without_headers(text: str) -> str:
    start = 0
    for _ in range(_MOST_HEADERS):
        header = _HEADER.match(text, start)
        if header is None or header.end() == len(text):
            break
        start = header.end()
    return text[start:]


def _formulas_together(text: str) -> str:
    """The text with `A B C` as `ABC` in formulas; outside of them, "a" is a word."""
    if "$" in text or "\\(" in text:
        return _FORMULA.sub(lambda formula: _LETTERS_APART.sub(_letters_together, formula.group()), text)
    return text


def _letters_together(run: re.Match[str]) -> str:
    # an argument stays by itself: \sqrt a b is not \sqrt{ab}
    return run.group() if run["taker"] else run["letters"].replace(" ", "")


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKC", text.casefold()).translate(WITHOUT_NFKC)


def _tokens(text: str) -> list[str]:
    text = _rewritten(text)
    has_cells = ("&" in text or "\\\\" in text) and _KEEPS_CELLS.search(text) is not None
    meant = _MEANT_IN_TABLES if has_cells else _MEANT
    return [kept for token in _TOKEN.findall(text) if (kept := meant.get(token, token))]


def _rewritten(text: str) -> str:
    """The text after the rules that see more than one token; each runs only where it can find something."""
    if "," in text:
        text = _DIGIT_GROUP.sub("", text)
    if "/" in text:
        text = _SLASHED_FRACTION.sub(r"\\frac{\1}{\2}", text)
    if "\\" in text:
        text = _SHORT_FRACTION.sub(r"\\frac{\1}{\2}", text)
        text = _NOT_EQUAL.sub(r"\\ne ", text)
        text = _WITH_ARGUMENT.sub(" ", _LAYOUT.sub(" ", text))
    if "..." in text or ". ." in text:
        text = _ELLIPSIS.sub(r" \\ldots ", text)
    if "``" in text:
        text = _QUOTED.sub(r"\1", text)
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "<br" in text:
        text = _BREAK.sub(" ", text)
    return text


def _settled(tokens: list[str]) -> str:
    """The tokens as one text, when nothing is left to simplify: each step may make room for another one."""
    if "{" not in tokens and "}" not in tokens:
        return _simplified(token for token in tokens if token not in WRAPPERS)
    for _ in range(_MOST_ROUNDS):
        text = _simplified(_without_idle_braces(tokens))
        if "{" not in text:
            return text
        before, tokens = tokens, text.split(" ")
        if tokens == before:
            return text
    return _simplified(token for token in tokens if token not in "{}")


def _simplified(tokens: Iterable[str]) -> str:
    text = " ".join(tokens)
    if not text.isascii():
        text = _HAN_BLANK.sub("", text)
    if " ." in text or text.startswith("."):
        text = _BARE_POINT.sub("0.", text)
    if " - " in text:
        text = _HYPHEN.sub(" ", text)
    if "^" in text and "'" in text:
        text = _RAISED_PRIMES.sub(lambda primes: (primes.group(1) or "").rstrip(), text)
    if "\\times" in text or "*" in text:
        text = _MULTIPLIED_NUMBERS.sub(r" \\cdot ", text)
    # nothing that a text says passes for the border of a drawing
    return text.replace(DRAWING_OPENS, "( asy )").replace(DRAWING_CLOSES, "( / asy )")


def _without_idle_braces(tokens: Iterable[str]) -> list[str]:
    """The tokens without fonts and without braces that group nothing.

    Such are braces around one token or none, around what a font dressed, or without their other half.
    """
    kept: list[str] = []
    opened: list[int | None] = []  # where braces opened; None where a font's did
    follows_font = False
    for token in tokens:
        if token in WRAPPERS:
            follows_font = True
            continue
        if token == "}":
            start = opened.pop() if opened else None
            if start is not None and len(kept) - start > 2:  # the brace itself and one token
                kept.append(token)
            elif start is not None:
                del kept[start]
        elif token == "{":
            opened.append(None if follows_font else len(kept))
            if not follows_font:
                kept.append(token)
        else:
            kept.append(token)
        follows_font = False
    unclosed = set(opened)
    return [token for place, token in enumerate(kept) if place not in unclosed] if unclosed else kept
