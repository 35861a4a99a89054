r"""Where a text draws: Asymptote, TikZ, and links to images.

A drawing goes from its opening to the next closing of its kind. One that opens and does not close is words, since it
can't be told where they go on. Each step reads on from where the last one ended, whatever opens and does not close.
"""

import re

_OPENS = re.compile(
    # what stands behind ! is a link's
    r"(?P<brackets>(?<!!)\[\s*(?i:asy)\s*\])|(?P<tags><asy>)|(?P<environment>\\begin\{(?:asy|tikzpicture|picture)\})"
    r"|(?P<image>(?<!!)\[img[^\]\n]{0,80}+\])|(?P<element><img\s)|(?P<link>!\[[^\]\n]{0,200}+\]\()"
    r"|(?P<graphics>\\includegraphics\s?(?:\[[^\]\n]{0,200}+\])?\{[^}\n]{0,500}+\})"
)
_CLOSES = {
    kind: re.compile(closing, re.IGNORECASE)
    for kind, closing in {
        "brackets": r"\[\s*/\s*asy\s*\]",
        "tags": r"</asy>",
        "environment": r"\\end\{(?:asy|tikzpicture|picture)\}",
        "image": r"\[/img\]",
        "element": r">",
        "link": r"[)\n]",
    }.items()
}
_MAY_OPEN = ("asy", "ASY", "Asy", "tikz", "{picture}", "[img", "<img", "![", "\\includegraphics")
_LONGEST_ADDRESS = 2000
_LEADS = {"link": len("!["), "graphics": len("\\includegraphics")}
"""Of what is taken for the source as a whole: how much of it opens."""


def without_drawings(text: str) -> tuple[str, list[str]]:
    """The text with a blank for each drawing, and their sources; of a link, what it says and its address."""
    if not any(sign in text for sign in _MAY_OPEN):
        return text, []
    kept: list[str] = []
    sources: list[str] = []
    closings: dict[str, re.Match[str] | None] = {}  # the next of each kind: no stretch is searched twice
    place = start = 0
    while opens := _OPENS.search(text, start):
        kind, begins, start = opens.lastgroup or "", opens.start(), opens.end()
        if kind in _LEADS:
            start = begins + _LEADS[kind]
        if begins < place:
            continue
        ends = resumes = opens.end()
        if kind in _CLOSES:
            closes = closings.get(kind)
            if kind not in closings or (closes is not None and closes.start() < opens.end()):
                closes = closings[kind] = _CLOSES[kind].search(text, opens.end())
            if closes is None or (kind == "link" and not _is_address(closes, opens.end())):
                continue
            ends, resumes = closes.end() if kind == "link" else closes.start(), closes.end()
        kept.append(text[place:begins])
        sources.append(text[start:ends])
        place = resumes
    return " ".join([*kept, text[place:]]), sources


def _is_address(closes: re.Match[str], begins: int) -> bool:
    return closes.group() == ")" and closes.start() - begins <= _LONGEST_ADDRESS
