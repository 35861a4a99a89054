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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from datagen.nfkc import nfkc
from datagen.normalising_drawings import without_drawings
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
_TOKEN = re.compile(  # what is most frequent first
    r"[a-z]++(?![^\x00-\x7f])|[!-\-:-@\[\]^`{-~]|\\[a-z]+|\\[^\w\s]|\d+(?:\.\d+)?|\.\d+"
    rf"|[^\W\d_{_HAN}]+|[{_HAN}]+|[^\w\s]"
)
_EATEN = re.compile(r"\f(?:rac)?|[\a\b\v]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_SUPERSCRIPT_RUN = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
_SUBSCRIPT_RUN = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_PLAIN_SUPERSCRIPT, _PLAIN_SUBSCRIPT = str.maketrans(SUPERSCRIPTS), str.maketrans(SUBSCRIPTS)

_MOST_HEADERS = 4
_HEADER = re.compile(
    r"\s*(?:"
    r"#{1,6}[^\S\n]{1,9}[^\n]{0,80}+\n"  # ## Task B-1.3.
    r"|(?i:\*{0,2}(?:problem|example|exercise|question|task)[^\S\n]{1,3}[a-z]?[-.]?\d{1,4}(?:\.\d{1,3}){0,2}"
    r"(?:[.:]\*{0,2}|\*\*[.:]?)\s)"  # **Problem 3.**
    r"|\d{1,3}[.)]\s{1,9}(?=[A-Z$\\])"  # 12. Let
    r"|(?i:[(\[]\d{1,3}[^\S\n](?:points?|marks?)[)\]])"  # (12 points)
    r"|(?i:\((?:19|20)\d\d,?[^\S\n](?:AMC[^\S\n]?(?:8|10|12)[AB]?|AIME(?:[^\S\n]I{1,2})?),?"
    r"[^\S\n](?:\#|problem[^\S\n])\d{1,2}\))"  # (2019 AMC 10A #5)
    r")\s*"
)
_FUNCTION = r"(?:sin|cos|tan|cot|sec|csc|log|exp|arc|max|min|gcd|lcm|mod|deg)"
_FORMULA_OPENS = re.compile(r"\$|\\\(")
_FEWEST_IN_FORMULA, _MOST_IN_FORMULA = 3, 2000
_MAY_STAND_APART = re.compile(r" (?<=[A-Za-z] )(?<![A-Za-z\\][A-Za-z] ) {0,2}[A-Za-z](?![A-Za-z])")
_LETTERS_APART = re.compile(
    r"(?P<taker>[\^_}\]]\s*|\\(?:sqrt|overline|overrightarrow|hat|bar|vec|tilde|frac|binom)\s*)?"
    r"(?P<letters>(?<![A-Za-z\\])[A-Za-z](?: {1,3}[A-Za-z](?![A-Za-z]))+)"
)
_MAY_GROUP = re.compile(r",\}?\d{3}")
_DIGIT_GROUP = re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac(\d)(\d)")
_SLASHED_FRACTION = re.compile(r"(?<![\w^./}])(\d{1,9})/(\d{1,9})(?![\w/]|\.\d)")
_ELLIPSIS = re.compile(r"\.(?:\s?\.){2,}")
_QUOTED = re.compile(r"``([^`']{0,300}+)''")
_BOLD = re.compile(r"(?<![\w)*])\*\*(?=[^\s*])([^*\n]{1,200}+)\*\*(?![\w(*])")
_WITH_ARGUMENT = re.compile(r"\\(?:[hvm]space|label|color|vskip|hskip|kern)\*?\s{0,3}\{[^{}]{0,60}+\}")
_LAYOUT = re.compile(rf"\\(?:begin|end)\s{{0,3}}\{{(?:{'|'.join(LAYOUT_ENVIRONMENTS)})\*?\}}")
_NOT_EQUAL = re.compile(r"\\not\s{0,3}=")
_BREAK = re.compile(r"<br\s?/?>")
_KEEPS_CELLS = re.compile("matrix|array|tabular|smallmatrix")

_MOST_ROUNDS = 8
_HYPHEN = re.compile(rf" - (?<=[\w}}] - )(?=(?:[a-z]{{4}}|gon|way|day|bit|ary|ray|one|two|six|ten))(?!{_FUNCTION})")
_HAN_BLANK = re.compile(rf" (?<=[{_HAN}] )(?=[{_HAN}])")
_BARE_POINT = re.compile(r"(?<!\S)\.(?=\d)")
_RAISED_PRIMES = re.compile(r"(?<!\^ )(?:\^ )+(?='(?!\S))|\^ \{ ((?:' )+)\}")
_RAISED_ORDINAL = re.compile(r" \^ (?<=\w \^ )(?=(?:st|nd|rd|th)(?!\S))")
_MULTIPLIED_NUMBERS = re.compile(r" (?<=\d )(?:\\times|\*) (?=\d)")

_MEANT_IN_TABLES = SAME_TOKEN | dict.fromkeys(DROPPED, "")
_MEANT = _MEANT_IN_TABLES | {"&": "", "\\\\": ""}
_DRAWING_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONGEST_REMEMBERED, _MOST_REMEMBERED = 16, 50_000


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
    words, sources = without_drawings(_one_alphabet(text))
    words = _formulas_together(_without_headers(words))
    drawings = (" ".join(_drawing_tokens(source)) for source in sources)
    return NormalText(_settled(_tokens(_folded(words))), tuple(drawing for drawing in drawings if drawing))


def _drawing_tokens(source: str) -> list[str]:
    return " ".join(_DRAWING_TOKEN.findall(_folded(source))).replace(DRAWING_CLOSES, "").split()


def _one_alphabet(text: str) -> str:
    if not text.isascii():
        text = text.translate(WITHOUT_NFKC)
        text = _SUPERSCRIPT_RUN.sub(lambda run: f"^{{{run.group().translate(_PLAIN_SUPERSCRIPT)}}}", text)
        text = _SUBSCRIPT_RUN.sub(lambda run: f"_{{{run.group().translate(_PLAIN_SUBSCRIPT)}}}", text)
        text = nfkc(text).translate(WITHOUT_NFKC)
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), text)
    if any(sign in text for sign in "\f\a\b\v"):
        text = _EATEN.sub(lambda eaten: CONTROL_REPAIRS.get(eaten.group(), " "), text)
    if "&" in text:
        for entity, meant in ENTITIES:
            text = text.replace(entity, meant)
    return text


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
    if ("$" not in text and "\\(" not in text) or _MAY_STAND_APART.search(text) is None:
        return text
    parts: list[str] = []
    place = 0
    for start, end in _formulas(text):
        parts += text[place:start], _LETTERS_APART.sub(_letters_together, text[start:end])
        place = end
    return "".join([*parts, text[place:]])


def _formulas(text: str) -> Iterator[tuple[int, int]]:
    r"""Where formulas begin and end: `$…$`, or `\(…\)` without a dollar within; neither too short nor too long."""
    place = dollar = bracket = 0
    while opens := _FORMULA_OPENS.search(text, place):
        place = opens.end()
        if dollar < place:
            dollar = _found(text, "$", place)
        if opens.group() == "$":
            within, end = dollar - place, dollar + 1
        else:
            if bracket < place + _FEWEST_IN_FORMULA:
                bracket = _found(text, "\\)", place + _FEWEST_IN_FORMULA)
            within, end = bracket - place, bracket + 2
            if dollar < bracket:
                continue
        if _FEWEST_IN_FORMULA <= within <= _MOST_IN_FORMULA and end <= len(text):
            yield opens.start(), end
            place = end


def _found(text: str, sign: str, start: int) -> int:
    place = text.find(sign, start)
    return len(text) if place < 0 else place


def _letters_together(run: re.Match[str]) -> str:
    # an argument stays by itself: \sqrt a b is not \sqrt{ab}
    return run.group() if run["taker"] else run["letters"].replace(" ", "")


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return nfkc(text.casefold()).translate(WITHOUT_NFKC)


def _tokens(text: str) -> list[str]:
    text = _rewritten(text)
    has_cells = ("&" in text or "\\\\" in text) and _KEEPS_CELLS.search(text) is not None
    pieces = _PIECES_OF_TABLES if has_cells else _PIECES
    # no token holds a blank
    return list(chain.from_iterable(map(pieces.__getitem__, text.split())))


class _Pieces(dict[str, list[str]]):
    """The tokens of texts without blanks. The shorter ones are remembered: texts share most of their words."""

    def __init__(self, meant: Mapping[str, str]) -> None:
        super().__init__()
        self._meant = meant

    def __missing__(self, piece: str) -> list[str]:
        meant = self._meant.get
        tokens = [kept for token in _TOKEN.findall(piece) if (kept := meant(token, token))]
        if len(piece) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[piece] = tokens
        return tokens


def _rewritten(text: str) -> str:
    """The text after the rules that see more than one token; each runs only where it can find something."""
    if "," in text and _MAY_GROUP.search(text) is not None:
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
    if _GROUPING.isdisjoint(tokens):
        return _simplified(" ".join(tokens))
    for _ in range(_MOST_ROUNDS):
        joined = " ".join(_without_idle_braces(tokens))
        text = _simplified(joined)
        if "{" not in text or text == joined:
            return text
        tokens = text.split(" ")
    return _simplified(" ".join([token for token in tokens if token not in "{}"]))


def _simplified(text: str) -> str:
    if not text.isascii():
        text = _HAN_BLANK.sub("", text)
    if " ." in text or text.startswith("."):
        text = _BARE_POINT.sub("0.", text)
    if " - " in text:
        text = _HYPHEN.sub(" ", text)
    if "^" in text:
        text = _RAISED_ORDINAL.sub(" ", text)
    if "^" in text and "'" in text:
        text = _RAISED_PRIMES.sub(lambda primes: (primes.group(1) or "").rstrip(), text)
    if "\\times" in text or "*" in text:
        text = _MULTIPLIED_NUMBERS.sub(r" \\cdot ", text)
    if "asy ]" not in text:
        return text
    # nothing that a text says passes for the border of a drawing
    return text.replace(DRAWING_OPENS, "( asy )").replace(DRAWING_CLOSES, "( / asy )")


def _without_idle_braces(tokens: list[str]) -> list[str]:
    """The tokens without fonts and without braces that group nothing.

    Such are braces around one token or none, around what a font dressed, or without their other half.
    """
    kept: list[str] = []
    opened: list[int | None] = []  # where braces opened; None where a font's did
    after_font = -1
    place = 0
    for here in [place for place, token in enumerate(tokens) if token in _GROUPING]:
        kept += tokens[place:here]
        place = here + 1
        token = tokens[here]
        if token == "{":
            opened.append(None if here == after_font else len(kept))
            if here != after_font:
                kept.append(token)
        elif token == "}":
            start = opened.pop() if opened else None
            if start is not None and len(kept) - start > 2:  # the brace itself and one token
                kept.append(token)
            elif start is not None:
                del kept[start]
        else:
            after_font = place
    kept += tokens[place:]
    for start in opened:
        if start is not None:
            kept[start] = ""
    return list(filter(None, kept)) if opened else kept


_GROUPING = WRAPPERS | {"{", "}"}
_PIECES, _PIECES_OF_TABLES = _Pieces(_MEANT), _Pieces(_MEANT_IN_TABLES)
