r"""Problems that need a drawing which the text does not hold.

A text that says "as shown in the figure" may still say all there is to know, and dropping it costs a good problem. So a
pointer at a drawing is not enough. Beside it stands a sign that the drawing says what the text does not: a shaded
region, a marked length, a point or a variable that is named and never introduced, or that little is said at all.

A link to an image counts alone: whoever reads the text sees an address in the place of the picture. A drawing or a
table that the text holds as source code is there.
"""

import re

_MOST_CHARACTERS = 10_000
"""A longer text says so much that no sign here tells what it leaves to a drawing."""

_IMAGE_SIGNS = ("![", "[img", "<img", "\\includegraphics")
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\(|\[img\b|<img\b|\\includegraphics\b")
_SHOWING_SIGNS = (
    "figure",
    "diagram",
    "picture",
    "drawing",
    "sketch",
    "illustrat",
    "shown",
    "depicted",
    "below",
    "seen",
)
_DRAWN_SIGNS = (
    "[asy", "{asy", "{tikz", "{picture", "{tabular", "{array", "matrix}", "chemfig", "<svg", "<table", "\\hline",
    "xymatrix", "|--", "| --", "|:-", "| :", "```",
)  # fmt: skip
_DISPLAYED = re.compile(r"\\\[|\$\$|\\begin|\\bullet|\b1\s1\s1\b")
"""What a text may show in place of a drawing."""

_DRAWING = r"(?:figure|diagram|picture|image|drawing|sketch|illustration)s?"
_WHERE = r"(?:above|below|at\s(?:the\s)?(?:right|left)|(?:on|to)\sthe\s(?:right|left))"
_THING = (
    r"(?:figures?|diagram|picture|drawing|graphs?|triangles?|squares?|rectangles?|polygons?|pentagon|hexagon|octagon|star"
    r"|quadrilateral|parallelogram|trapezoid|rhombus|circles?|sectors?|regions?|shapes?|solid|cube|prism|net|grid|lattice"
    r"|tiles?|paths?|map|maze|pieces|pentominoes|spinners?|parabola|curve|number\sline|clock|pie\schart|pie\sgraph"
    r"|bar\sgraph|chart|histogram|table|arrangement|configuration|tower|f|\$)"
)
_ABOUT_THE_DRAWING = re.compile(
    rf"\b(?:in|from|on|see|using|consider)\s(?:the|this|these)\s(?:(?:following|given|adjoining|accompanying|adjacent"
    rf"|attached|provided|first|second)\s)?{_DRAWING}\b"
    rf"|\b(?:the|this|these)\s(?:\w{{1,20}}\s)?{_DRAWING}\s(?:\d\s)?(?:{_WHERE}|shows?|shown|depicts?|indicates?)\b"
    rf"|\b{_THING}\s(?:(?:is|are)\s)?(?:shown|pictured|depicted)(?!\s(?:to|that|by)\b)"
    rf"|\b(?:the|this)\s(?:\w{{1,20}}\s)?{_THING}\s{_WHERE}\b|\bof\sthis\s{_DRAWING}\b"
)
_AS_SHOWN = re.compile(
    r"\bas\s(?:shown|pictured|depicted|illustrated|indicated|drawn|seen(?=\s(?:in|below|above|here)\b))\b"
    rf"(?!\s(?:that|by)\b)|\b(?:shown|pictured|depicted)\s(?:{_WHERE}|in\s(?:the\s)?(?:\w{{1,20}}\s)?{_DRAWING})\b"
    rf"|\bsee\s(?:the\s)?{_DRAWING}\b|\w\.(?:png|jpe?g|gif|svg)\b"
)
_EXAMPLE = re.compile(r"\bexamples?\b|\bthe\scase\b|\be\.g\.|\bnot\s(?:given|drawn)\b|\bnote\b|\binstance\b|\bscale\b")

_READ_OFF = re.compile(
    r"\b(?:the|each|every|all|of|a)\s(?:\w{1,20}\s)?shaded\s\w{1,20}|\b(?:as|segments?|lengths?|angles?|sides?|areas?)\s"
    r"(?:indicated|marked|labell?ed)\b|\bare\sindicated\b|\bdashed\b|\basterisk\b"
    r"|\b(?:graph|grid|spinner|chart|map|maze|net|path|pattern|polygon|histogram)s?\s(?:shown|pictured)\b"
    r"|\bgraph\sof\s[^.?]{1,60}?\s(?:is|are)\s(?:shown|drawn|graphed|sketched)\b"
)
_SHADED_IN_WORDS = re.compile(
    r"\b(?:is|are|be|shown)\s(?:\w{1,20}\s)?shaded\b|\(shaded|\bshad(?:e|ing)\b|\bis\sbounded\sby\b"
    r"|\bshaded\s(?:regions?\s(?:inside|bounded|between|enclosed|outside|consists)|circles?)\b"
)
_ASKED = re.compile(
    r"\b(?:what\sis|find|determine|compute|measure\sof|value\sof)\s(?:the\s(?:value|measure|length)\sof\s)?"
    r"(?:\\angle\s)?\$([a-z]|\\theta|\\alpha|\\beta)(?:\^\{?\\circ\}?)?\$"
)
_FEWEST_WORDS = {"about": 30, "aside": 22, "labelled": 16}
"""Fewer words say little: in a text about the drawing, in one that mentions it, in one that names its points."""

_MATHS = re.compile(r"\$[^$]{0,400}\$|\\\([^$]{0,400}?\\\)")
_DRESS = re.compile(
    r"\$|\\[()!,;{}]|\\(?:overline|overrightarrow|overarc|widehat|text|mathrm|mathbf|left|right|textit)\b|[{}~]"
)
_LABEL = re.compile(r"(?<![A-Za-z\\])[A-Z]{2,8}(?![a-z])")
_POLYGON = (
    r"(?:[Tt]riangles?|[Ss]quares?|[Rr]ectangles?|\w{0,20}[Qq]uadrilaterals?|[Pp]arallelograms?|[Tt]rapezoids?|[Rr]hombus"
    r"|[Kk]ite|[Pp]entagons?|[Hh]exagons?|[Hh]eptagons?|[Oo]ctagons?|[Pp]olygons?|[Nn]onagons?|[Dd]ecagons?|[Cc]ubes?"
    r"|[Tt]etrahedron|[Pp]yramid|[Pp]rism|[Bb]ox|\\(?:big|var)?triangle|\\square)"
)
_PLACE = (
    r"(?:[Pp]oints?|[Cc]ent(?:er|re)(?:s|ed)?(?:\sat)?|[Vv]ert(?:ex|ices)|[Mm]idpoints?|[Ff]oot|[Aa]t|[Ll]et|[Oo]rigin"
    r"|[Ii]ncenter|[Oo]rthocenter|[Cc]ircumcenter|[Cc]entroid|[Cc]ircles?|[Ll]ines?|[Pp]lanes?|[Ff]oc(?:us|i)"
    r"|[Ii]ntersection|[Dd]iameters?|[Cc]hords?|[Cc]rease|[Aa]ltitudes?|[Mm]edian|[Rr]adi(?:us|i)|(?:bi|tri)sects?"
    r"(?:\s\\?angle)?)"
)
_ONE = r"[A-Z][A-Z0-9_'’]{0,12}(?:\s?\([^()]{0,20}\))?"
_INTRODUCED = re.compile(
    rf"{_POLYGON}\s?(?:{_ONE}[\s,]{{0,3}}(?:and\s)?(?:{_POLYGON}\s?)?)+"
    rf"|{_PLACE}\s?(?:of\s)?(?:{_ONE}[\s,]{{0,3}}(?:and\s)?)+"
    rf"|\b(?:{_ONE}(?:,\s|,?\sand\s|\s))+(?=(?:is|are|be|lies?|bisects?|trisects?|intersects?|meets?|to\sbe|four|denote|on)\b)"
    rf"|(?<![\\A-Za-z]){_ONE}\s?=\s?\("
)
_LETTER = re.compile(r"[A-Z]")


def missing_figure(problem: str, lowered: str) -> str | None:
    """What shows that the problem needs a drawing that it does not hold; None when nothing does.

    Args:
        problem: the raw text.
        lowered: the same in lower case.
    """
    is_linked = any(sign in lowered for sign in _IMAGE_SIGNS)
    if not is_linked and not any(sign in lowered for sign in _SHOWING_SIGNS):
        return None
    if any(sign in lowered for sign in _DRAWN_SIGNS):
        return None
    if is_linked and (image := _IMAGE.search(lowered)) is not None:
        return f"a link to an image: {' '.join(lowered[image.start() : image.start() + 60].split())}…"
    if len(problem) > _MOST_CHARACTERS:
        return None
    flat = " ".join(problem.split())
    said = flat.lower()
    about = _ABOUT_THE_DRAWING.search(said)
    pointer = about or _AS_SHOWN.search(said)
    if pointer is None or _EXAMPLE.search(_sentence(said, pointer)) or _DISPLAYED.search(said):
        return None
    sign = _left_to_the_drawing(flat, said, "about" if about else "aside")
    return None if sign is None else f'"{said[max(0, pointer.start() - 20) : pointer.end() + 20]}", and {sign}'


def _left_to_the_drawing(flat: str, said: str, kind: str) -> str | None:
    """What the text does not say itself, on one line and in lower case; None when it may say all."""
    read_off = _READ_OFF.search(said)
    if read_off and not ("shaded" in read_off.group() and _SHADED_IN_WORDS.search(said)):
        return f'"{read_off.group()}" is told by the drawing'
    asked = _ASKED.search(said)
    if asked and _stands_once(asked[1], said):
        return f"{asked[1]} is not introduced"
    formulas = [_DRESS.sub(" ", formula) for formula in _MATHS.findall(flat)]
    named = {letter for formula in formulas for label in _LABEL.findall(formula) for letter in label}
    if unknown := named - _introduced(flat) if named else None:
        return f"not introduced: {', '.join(sorted(unknown))}"
    words = len(said.split())
    return f"{words} words in all" if words < _FEWEST_WORDS["labelled" if named else kind] else None


def _sentence(said: str, pointer: re.Match[str]) -> str:
    start, end = said.rfind(". ", 0, pointer.start()), said.find(". ", pointer.end())
    return said[start + 1 : end if end >= 0 else len(said)]


def _stands_once(variable: str, said: str) -> bool:
    formulas = " ".join(_MATHS.findall(said))
    return len(re.findall(rf"(?<![a-z\\]){re.escape(variable)}(?![a-z])", formulas)) == 1


def _introduced(flat: str) -> set[str]:
    """The letters of the points that the text says something of: a triangle ABC, the point D, E is, at F."""
    plain = " ".join(_DRESS.sub(" ", flat).split()).replace(" ,", ",")
    return {letter for found in _INTRODUCED.finditer(plain) for letter in _LETTER.findall(found.group())}
