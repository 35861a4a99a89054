r"""What stands in a row beside the problem: numbers of list items, points, forum tags, who proposed it, who drew it.

Two copies of one problem differ in these more often than in its words, and the number of a list item passes for a
number of the problem, the slash of `[/b]` for a division. So the search for near duplicates looks past them. Ids do
not: they come from `datagen.normalising` alone.

The rule that is kept: only what can be told from mathematics by its place goes. Items are numbered at the beginning of
lines, from 1 on; credits and signatures end the text; `[b]` is a tag where `[/b]` follows, and the index of a root
elsewhere; a mark of exclamation behind a word is no factorial. An ordinal is a word: "3rd" is "third".
"""

import re

_ITEM = re.compile(r"^[^\S\n]*(?:\((\d{1,2})\)|(\d{1,2})(?:\)|\.(?!\d)))[^\S\n]*(?=\S)", re.MULTILINE)
_BULLET = re.compile(r"^[^\S\n]*[*•+-][^\S\n]+(?=\S)", re.MULTILINE)
_LIST_TAG = re.compile(r"\[/?list[^\]\n]{0,9}\]|\[\*\]")
_FONT_TAG = re.compile(r"\[([biu])\](.{0,2000}?)\[/\1\]", re.DOTALL)
_OPEN_FONT = re.compile(r"\[[biu]\]\s*\Z")
_CREDIT = re.compile(r"(?<=[.?!\n$])[*_(\[\s]*(?:i\]\s*)?(?:proposed by|author\s?:)\s[^$\n?\d]{1,80}\Z", re.IGNORECASE)
_SIGNATURE = re.compile(r"(?:(?<=\])|(?<=\n))(?:\s*~ ?[\w.]{2,30})+\s*\Z")
_POINTS = re.compile(r"\s*[(\[]\d{1,3}\s(?:points?|marks?)[)\]]\s*")
_EXCLAIMED = re.compile(r"(?<=[A-Za-z]{3})!+(?=\s|\Z)")
_ORDINAL = re.compile(r"(?<![\w^{$.,-])(\d{1,2})(?:st|nd|rd|th)(?![\w}])")
_MAYBE_ORDINAL = re.compile(r"[0-9](?:st|nd|rd|th)")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth"} | {
    **{9: "ninth", 10: "tenth", 11: "eleventh", 12: "twelfth"}
}
_FIGURE_HEADING = re.compile(r"^[^\S\n]*Diagrams?[^\S\n]*\n\s*(?=\[asy\])", re.MULTILINE | re.IGNORECASE)
_ORDINAL_HYPHEN = re.compile(r"(?<=[\w$})])[^\S\n]?-(?=(?:st|nd|rd|th)(?![a-z]))")
_ENDING = 120
"""Characters at the end of a text in which somebody may be named."""


def without_trimmings(text: str) -> str:
    """The raw text without what numbers its items, dresses its words, or names people; most texts stay as they are."""
    if text[:1] in "([" and (points := _POINTS.match(text)) is not None:
        text = text[points.end() :]
    if "!" in text:
        text = _EXCLAIMED.sub(".", text)
    if _MAYBE_ORDINAL.search(text):
        text = _ORDINAL.sub(lambda found: _ORDINALS.get(int(found[1]), found.group()), text)
    if "-st" in text or "-nd" in text or "-rd" in text or "-th" in text:
        text = _ORDINAL_HYPHEN.sub(" ", text)
    if "\n" in text and ("1)" in text or "1." in text):
        text = _without_item_numbers(text)
    if "\n" in text and len(_BULLET.findall(text)) > 1:
        text = _BULLET.sub("", text)
    if "iagram" in text and "[asy]" in text:
        text = _FIGURE_HEADING.sub("", text)
    if "[/" in text or "[*]" in text:
        text = _FONT_TAG.sub(r"\2", _LIST_TAG.sub(" ", text))
    if "[" in text:
        text = _OPEN_FONT.sub("", text)
    head, ending = text[:-_ENDING], text[-_ENDING:]
    if "~" in ending:
        ending = _SIGNATURE.sub("", ending)
    if "ropose" in ending or "uthor" in ending:
        ending = _CREDIT.sub("", ending)
    return head + ending


def _without_item_numbers(text: str) -> str:
    numbers = [int(item[1] or item[2]) for item in _ITEM.finditer(text)]
    # one number that opens a line may be anything; from 1 on, line by line, it is a list
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        return text
    return _ITEM.sub("", text)
