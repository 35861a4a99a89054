r"""What stands beside a number: units, currencies, per cent, degrees, ordinals.

Only a difference between two units counts; where one side alone names its unit, it is let be.
"""

import re

_CURRENCY = re.compile(r"^(-?)(?:\\text\{\s*(?:USD|Rs\.?)\s*\}|USD|Rs\.?|\\\$|[€£¥])\s*(?=[-0-9.\\])")
_PERCENT = re.compile(r"\s*(?:%|\\text\{\s*(?:%|percent|per cent|pct)\s*\}|(?:percent(?:age)?|per cent|pct)\b)\s*$")
_DEGREES = re.compile(r"\s*(?:\^\\circ\s*|\\text\{\s*degrees?\s*\}|(?<=[0-9}\s])degrees?)$")
_ORDINAL = re.compile(
    r"(?<=[0-9])\s*(?:\^?\{?\\(?:text|mathrm)\{\s*(?:st|nd|rd|th)\s*\}\}?|\^\{(?:st|nd|rd|th)\}|(?:st|nd|rd|th)\b)"
)
_BRACED = re.compile(
    r"(?<=[0-9}).!a-z%])\s*\\(?:text|mathrm)\{\s*([^{}0-9=]*?[A-Za-z][^{}0-9=]*?)\s*\}(?:\^\{?(-?[0-9])\}?)?$"
)
_POWERED = r"(?:\^\{?-?[0-9]\}?)?"
_BARE = re.compile(
    r"(?<=[0-9}).])\s*((?:[A-Za-z]{2,}|[A-Za-z](?=/)|[ÅΩµμ][A-Za-z]?|(?<=\.[0-9])[mgs]|(?<=\.[0-9][0-9])[mgs])"
    rf"(?:{_POWERED}[ /]+[A-Za-z]+){{0,5}})(?:\^\{{?(-?[0-9])\}}?)?$"
)
_AFTER_COMMAND = re.compile(r"\\[A-Za-z]*$")
_NO_UNITS = frozenset(
    {"unit", "units", "and", "or", "mod", "sin", "cos", "tan", "log", "ln", "max", "min", "if", "where", "for"}
)
_SAME = {
    "inch": "in", "inches": "in", "feet": "ft", "foot": "ft", "yard": "yd", "mile": "mi", "centimeter": "cm",
    "centimetre": "cm", "millimeter": "mm", "millimetre": "mm", "kilometer": "km", "kilometre": "km", "meter": "m",
    "metre": "m", "gram": "g", "kilogram": "kg", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h",
    "liter": "l", "litre": "l", "dollar": "$", "usd": "$", "buck": "$", "euro": "€", "pound": "£", "cent": "¢",
    "mph": "mi/h", "degree": "°", "square unit": "", "cubic unit": "", "sq unit": "", "unit": "",
}  # fmt: skip


def without_unit(text: str) -> tuple[str, str]:
    """A tidy text without its unit, and the unit in one spelling; per cent is `%`; empty when it has none."""
    text = _ORDINAL.sub("", text, count=1)
    money = _CURRENCY.match(text)
    if money:
        return money[1] + text[money.end() :].strip(), _CURRENCY_NAMES.get(text[len(money[1])], "$")
    for pattern, unit in ((_PERCENT, "%"), (_DEGREES, "°")):
        found = pattern.search(text[-40:])
        if found and len(text) > len(found.group()):
            return text[: len(text) - len(found.group())].strip(), unit
    if text.endswith("\\$") and text[:-2].strip()[-1:].isdigit():
        return text[:-2].strip(), "$"
    if text[-1:] in _CURRENCY_NAMES and text[:-1].strip()[-1:].isdigit():
        return text[:-1].strip(), text[-1]
    for pattern in (_BRACED, _BARE):
        found = pattern.search(text, max(0, len(text) - 80))
        if not found:
            continue
        before = text[: found.start()]
        words = found[1].strip().casefold()
        if _AFTER_COMMAND.search(before[-20:]) or words.split()[0] in _NO_UNITS - {"unit", "units"}:
            continue
        return before.strip(), _one_spelling(words, found[2] or "")
    return text, ""


_CURRENCY_NAMES = {"€": "€", "£": "£", "¥": "¥"}


def _one_spelling(words: str, power: str) -> str:
    squared = re.match(r"(square|sq\.?|cubic|cu\.?)\s+(.+)", words)
    if squared:
        power, words = ("2" if squared[1].startswith("sq") else "3"), squared[2]
    words = words.strip(" .")
    singular = words[:-1] if words.endswith("s") and len(words) > 2 else words
    name = _SAME.get(words, _SAME.get(singular, singular))
    return f"{name}^{power}" if power and name else name
