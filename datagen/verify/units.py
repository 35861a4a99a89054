r"""What stands beside a number: units, currencies, per cent, degrees, ordinals, and words such as "million".

Only a difference between two units counts; where one side alone names its unit, it is let be. Letters that may be a
product of variables (2ab, 3 t) are never a unit.
"""

import re
from functools import lru_cache

_CURRENCY = re.compile(r"^(-?)(?:\\text\{\s*(?:USD|Rs\.?)\s*\}|USD|Rs\.?|\\\$|[€£¥])\s*(?=[-0-9.\\])")
_SIGNS = {"€": "€", "£": "£", "¥": "¥", "\\$": "$"}
_PERCENT = re.compile(
    r"\s*(?:%|\\text\{\s*(?:%|percent|per cent|pct)\s*\}|(?<![A-Za-z])(?:percent(?:age)?|per cent|pct))$"
)
_DEGREES = re.compile(
    r"\s*(?:\^\\circ\s*(?:\\text\{\s*[CF]\s*\}|[CF])?|\\text\{\s*degrees?\s*\}|(?<=[0-9}\s])degrees?)$"
)
_PRIME = re.compile(r"(?<=[0-9])\s*('{1,2})$")
_FUNCTION = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_ORDINAL = re.compile(
    r"(?<=[0-9])\s*(?:\^?\{?\\(?:text|mathrm)\{\s*(?:st|nd|rd|th)\s*\}\}?|\^\{(?:st|nd|rd|th)\}|(?:st|nd|rd|th)\b)"
)
_POWERED = r"(?:\^\{?-?[0-9]\}?)?"
_WRITTEN = rf"(?:[^{{}}0-9=\\]|{_POWERED[3:-2]})"
_BRACED = re.compile(
    rf"(?<=[0-9}}).!a-z%])\s*\\(?:text|mathrm)\{{\s*({_WRITTEN}*?[^\W\d_]{_WRITTEN}*?)\s*\}}(?:\^\{{?(-?[0-9])\}}?)?$"
)
_BESIDE = re.compile(r"(?:[0-9}).!%]|\\[A-Za-z]+)\s*$")
"""What a unit in braces may follow: no bare variable, of which the words would say something."""
_OVER = re.compile(r"\\(?:text|mathrm)\{([^{}]*)\}\s*/\s*\\(?:text|mathrm)\{([^{}]*)\}")
_BARE = re.compile(
    r"(?<=[0-9}).])(?:\s+([^\W\d_]+|[A-Za-z](?=/))|((?:[ckm]m|kg|mph|[kMG]?eV|kJ|[kMG]?Hz|k?Pa|mol|mL)(?![A-Za-z])"
    rf"|(?<=\.[0-9])[mgs]|(?<=\.[0-9][0-9])[mgs]))((?:{_POWERED}[ /]+[A-Za-z]+){{0,5}})(?:\^\{{?(-?[0-9])\}}?)?$"
)
_SCALES = {"hundred": "100", "thousand": "10^3", "million": "10^6", "billion": "10^9", "trillion": "10^{12}",
           "dozen": "12"}  # fmt: skip
_NO_UNITS = """
and or mod sin cos tan log ln max if where for when otherwise only half halves third thirds quarter quarters squared
cubed factorial times plus minus choose over infinity solutions pi theta alpha beta root power to is are not at less
more unless exclusive even odd prime score tens fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths
tenth tenths hundredth hundredths thousandth thousandths impossible wrong
"""
"""Words that change the number, or belong to a sentence."""
_SHORT_UNITS = """
cm mm km in ft yd mi kg mg lb lbs oz sec min hr hrs mph kph rad mol amu eV keV MeV GeV kJ mJ Hz kHz MHz GHz Pa kPa atm
erg mL dB kW mW kV mV pm am boys cups days eggs men nm pc kpc Mpc Å Ω μm ly yr yrs deg
"""
_EXCLUDED, _KNOWN = frozenset(_NO_UNITS.split()), frozenset(_SHORT_UNITS.split())
_SAME = {
    "inch": "in", "inche": "in", "feet": "ft", "foot": "ft", "yard": "yd", "mile": "mi", "centimeter": "cm",
    "centimetre": "cm", "millimeter": "mm", "millimetre": "mm", "kilometer": "km", "kilometre": "km", "meter": "m",
    "metre": "m", "gram": "g", "kilogram": "kg", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h",
    "liter": "l", "litre": "l", "dollar": "$", "usd": "$", "buck": "$", "euro": "€", "pound": "£", "cent": "¢",
    "mph": "mi/h", "kph": "km/h", "degree": "°", "deg": "°", "square unit": "", "cubic unit": "", "sq unit": "",
    "unit": "", "radian": "rad", "year": "yr", "percent": "%",
}  # fmt: skip


@lru_cache(maxsize=4096)
def without_unit(text: str) -> tuple[str, str]:
    """A tidy text without its unit, and the unit in one spelling; per cent is `%`; empty when it has none."""
    text = _OVER.sub(r"\\text{\1/\2}", _ORDINAL.sub("", text, count=1))
    money = _CURRENCY.match(text)
    if money:
        sign = next((unit for mark, unit in _SIGNS.items() if text.startswith(mark, len(money[1]))), "$")
        amount, scale = without_unit(money[1] + text[money.end() :].strip())
        return (amount, sign) if not scale else (money[1] + text[money.end() :].strip(), sign)
    for mark, unit in _SIGNS.items():
        if text.endswith(mark) and text[: -len(mark)].strip()[-1:].isdigit():
            return text[: -len(mark)].strip(), unit
    return _measured(text)


def _measured(text: str) -> tuple[str, str]:
    for pattern, unit in ((_PERCENT, "%"), (_DEGREES, "°")):
        found = pattern.search(text, max(0, len(text) - 40))
        if found and found.start() and not (unit == "°" and _FUNCTION.search(text)):
            return text[: found.start()].strip(), unit
    prime = _PRIME.search(text, max(0, len(text) - 8))
    if prime:
        return text[: prime.start()].strip(), {"'": "′", "''": "″"}[prime[1]]
    braced = _BRACED.search(text, max(0, len(text) - 80))
    if braced and not any(map(_excluded, braced[1].split())) and _BESIDE.search(text[: braced.start()]):
        number, unit = _scaled(text[: braced.start()].strip(), braced[1].strip(), braced[2] or "")
        before = _BRACED.search(number, max(0, len(number) - 80))
        if before is None:
            return number, unit
        number, first = _measured(number)
        return number, f"{first} {unit}".strip()
    bare = _BARE.search(text, max(0, len(text) - 80))
    if bare and not any(map(_excluded, bare[3].split())) and (bare[2] or _is_unit(bare[1], bare[3])):
        return _scaled(text[: bare.start()].strip(), (bare[1] or bare[2]) + bare[3], bare[4] or "")
    return text, ""


def _excluded(word: str) -> bool:
    return word.casefold().strip(",.") in _EXCLUDED


def _is_word(word: str) -> bool:
    """Whether letters after a blank are a unit or a noun, not a product of variables."""
    if _excluded(word):
        return False
    return word in _KNOWN or word in _SCALES or (len(word) >= 4 and bool(re.search(r"[aeiouy]", word[1:])))


def _is_unit(first: str, rest: str) -> bool:
    """Whether words after a blank are a unit or a noun: "miles", "m/s", "up quarks"; no product of variables."""
    if _is_word(first) or (len(first) == 1 and rest.startswith("/")):
        return True
    return not _excluded(first) and any(_is_word(word) for word in rest.split())


def _scaled(number: str, words: str, power: str) -> tuple[str, str]:
    """The number times what "million" and the like say, and the unit that remains."""
    first, _, rest = words.partition(" ")
    if first.casefold() in _SCALES:
        return f"({number})\\times {_SCALES[first.casefold()]}", _one_spelling(rest, power) if rest.strip() else ""
    return number, _one_spelling(words, power)


def _one_spelling(words: str, power: str) -> str:
    squared = re.match(r"(square|sq\.?|cubic|cu\.?)\s+(.+)", words, re.IGNORECASE)
    if squared:
        power, words = ("2" if squared[1].lower().startswith("sq") else "3"), squared[2]
    words = words.replace("{", "").replace("}", "")
    named = "/".join(_named(part) for part in re.split(r"\s*/\s*|\s+per\s+", words.strip(" .")))
    return f"{named}^{power}" if power and named else named


def _named(words: str) -> str:
    folded = words.casefold().strip()
    singular = folded[:-1] if folded.endswith("s") and len(folded) > 2 else folded
    return _SAME.get(folded, _SAME.get(singular, singular))
