r"""Edits that no rule was made for: other ways in which a problem is told again, and ways to make another one of it.

They stand apart from `tests.screen.edits`, by which rules were tuned. Those go by lists of phrases; these go by what an
editor does to a whole text: another house style, another alphabet, another layout, another order, another dialect.
Rules are not to be tuned on these: a failure that a principle mends goes into a test of that principle.
"""

import random
import re

from tests.screen.edits import Edit

_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_GREEK = ("\\alpha", "\\beta", "\\gamma", "\\delta", "\\lambda", "\\mu", "\\rho", "\\sigma", "\\tau", "\\varphi")
_BRITISH = {
    **{"color": "colour", "colors": "colours", "colored": "coloured", "center": "centre", "centers": "centres"},
    **{"centered": "centred", "meter": "metre", "meters": "metres", "centimeters": "centimetres"},
    **{"kilometers": "kilometres", "neighbor": "neighbour", "neighbors": "neighbours", "neighboring": "neighbouring"},
    **{
        "labeled": "labelled",
        "traveled": "travelled",
        "traveling": "travelling",
        "gray": "grey",
        "favorite": "favourite",
    },
    **{"maximize": "maximise", "minimize": "minimise", "factorization": "factorisation", "trapezoid": "trapezium"},
    **{"liter": "litre", "liters": "litres", "program": "programme", "math": "maths", "dollars": "pounds"},
}
_WRITTEN_OUT = (
    (r"(?<=\d)\s?cm\b", " centimeters"),
    (r"(?<=\d)\s?km\b", " kilometers"),
    (r"(?<=\d)\s?mm\b", " millimeters"),
    (r"(?<=\d)\s?kg\b", " kilograms"),
    (r"(?<=\d)\s?mph\b", " miles per hour"),
    (r"\bcentimeters?\b", "cm"),
    (r"\binches\b", "in."),
    (r"\bfeet\b", "ft"),
    (r"\bminutes\b", "min"),
    (r"\bhours\b", "h"),
    (r"\\?%", " percent"),
    (r"\^\{?\\circ\}?", r"\\text{ degrees}"),
)
_ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "tenth": "10th"}
_TWENTY = (
    *(
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
    ),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_THESAURUS = {
    **{"integer": "whole number", "integers": "whole numbers", "determine": "work out", "compute": "work out"},
    **{
        "calculate": "work out",
        "find": "give",
        "possible": "admissible",
        "numbers": "values",
        "respectively": "in turn",
    },
    **{"chosen": "picked", "selected": "picked", "randomly": "at random", "contains": "holds", "denote": "stand for"},
    **{"satisfy": "fulfil", "satisfies": "fulfils", "satisfying": "fulfilling", "exactly": "precisely", "such": "so"},
    **{"person": "individual", "people": "individuals", "students": "pupils", "child": "kid", "children": "kids"},
    **{"store": "shop", "car": "vehicle", "house": "home", "road": "street", "walks": "strolls", "buys": "purchases"},
    **{
        "each": "every",
        "total": "overall",
        "begins": "starts",
        "ends": "finishes",
        "gives": "hands",
        "same": "identical",
    },
}
_UNICODE = (
    (r"\\leq?(?![a-z])", "≤"),
    (r"\\geq?(?![a-z])", "≥"),
    (r"\\neq?(?![a-z])", "≠"),
    (r"\\times(?![a-z])", "×"),
    (r"\\cdot(?![a-z])", "·"),
    (r"\\sqrt\{(\w+)\}", r"√\1"),
    (r"\\pi(?![a-z])", "π"),
    (r"\\theta(?![a-z])", "θ"),
    (r"\\infty(?![a-z])", "∞"),
    (r"\\angle(?![a-z])", "∠"),
    (r"\\triangle(?![a-z])", "△"),
    (r"\^\{?2\}?(?!\d)", "²"),
    (r"\^\{?3\}?(?!\d)", "³"),
    (r"_\{?1\}?(?!\d)", "₁"),
    (r"_\{?2\}?(?!\d)", "₂"),
    (r"\\[dt]?frac\{(\d+)\}\{(\d+)\}", r"\1/\2"),
    (r"\\ldots|\\dots|\\cdots", "…"),
    (r"\\left|\\right", ""),
)
_NEW_NAMES = ("Wei", "Fatima", "Sven", "Amara", "Hiroshi", "Lucia", "Dmitri", "Noor", "Pavel", "Chidi")
_NO_NAMES = frozenset(
    {
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
    }
    | {"May", "June", "July", "August", "September", "October", "November", "December", "Roman", "Fibonacci", "English"}
    | {"Pythagorean", "Pascal", "Cartesian", "Arabic", "Celsius", "Fahrenheit", "Player", "Team", "Box", "Bag"}
)

Turns = tuple[tuple[str, str], ...]
_TURNS: Turns = (
    *(("largest", "smallest"), ("greatest", "least"), ("maximum", "minimum"), ("odd", "even"), ("sum", "product")),
    *(("positive", "negative"), ("increasing", "decreasing"), ("area", "perimeter"), ("at least", "at most")),
    *(
        ("inside", "outside"),
        ("radius", "diameter"),
        ("without replacement", "with replacement"),
        ("real", "imaginary"),
        ("rows", "columns"),
    ),
    *(("inscribed", "circumscribed"), ("before", "after"), ("more", "fewer"), ("arithmetic", "geometric")),
    *(("divisible", "not divisible"), ("both", "neither"), ("mean", "median"), ("domain", "range"), ("north", "south")),
    *(("rational", "irrational"), ("median", "mode"), ("prime", "composite"), ("width", "height")),
    *(("first", "last"), ("left", "right"), ("vertical", "horizontal"), ("clockwise", "counterclockwise")),
    *(("integers", "real numbers"), ("consecutive", "distinct"), ("boys", "girls"), ("interior", "exterior")),
)
_SIGNS: Turns = (
    *(("+", "-"), ("-", "+"), ("<", ">"), (">", "<"), ("\\le", "\\ge"), ("\\ge", "\\le"), ("\\sin", "\\cos")),
    *(("\\cos", "\\sin"), ("\\cup", "\\cap"), ("\\sum", "\\prod"), ("\\lfloor", "\\lceil")),
)


def _outside_formulas(text: str, change: "re.Pattern[str]", to: "dict[str, str]") -> str:
    """Change words, in the case in which they stand, where no formula is."""

    def word(match: re.Match[str]) -> str:
        other = to.get(match.group().lower(), match.group())
        return other[:1].upper() + other[1:] if match.group()[:1].isupper() else other

    parts, place = [], 0
    for formula in _FORMULA.finditer(text):
        parts += [change.sub(word, text[place : formula.start()]), formula.group()]
        place = formula.end()
    return "".join([*parts, change.sub(word, text[place:])])


def _apart(text: str) -> tuple[str, str]:
    words, asy, drawing = text.partition("[asy]")
    return words, asy + drawing


def greek_variables(draw: random.Random, text: str) -> str | None:
    """Variables become Greek letters, everywhere in the formulas: xy is alpha beta."""
    if "\\$" in text:
        return None
    variables = re.compile(r"(?<![A-Za-z\\])[a-z]{1,2}(?![A-Za-z])")
    letters = sorted(
        set("".join(run for part in _FORMULA.findall(text) for run in variables.findall(part))) - set("eid")
    )
    if not letters or len(letters) > len(_GREEK) or any(one in text for one in (*_GREEK, "\\text", "\\begin")):
        return None
    renamed = dict(zip(letters, draw.sample(_GREEK, len(letters)), strict=True))

    def rename(run: re.Match[str]) -> str:
        return "".join(f"{renamed[one]} " if one in renamed else one for one in run.group())

    return _FORMULA.sub(lambda formula: variables.sub(rename, formula.group()), text)


def rename_points(draw: random.Random, text: str) -> str | None:
    """Another alphabet for the points of a figure: ABC is PQR from now on, in words and formulas."""
    words, drawing = _apart(text)
    used = sorted(set("".join(re.findall(r"(?<![A-Za-z\\])[A-Z]{2,6}(?![A-Za-z])", words))))
    if len(used) < 3 or drawing:
        return None
    others = [one for one in "ABCDEFGHJKLMNPQRSTUVWXYZ" if one not in used]
    if len(others) < len(used):
        return None
    renamed = dict(zip(used, draw.sample(others, len(used)), strict=True))
    point = re.compile(r"(?<![A-Za-z\\])[A-Z]{1,6}(?![A-Za-z])")
    return point.sub(lambda run: "".join(renamed.get(one, one) for one in run.group()), words)


def other_names(draw: random.Random, text: str) -> str | None:
    """Whoever is named in mid-sentence, wherever the name comes, is somebody else."""
    found = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?=[\s',.])", text)) - _NO_NAMES
    if not found or len(found) > len(_NEW_NAMES):
        return None
    renamed = dict(zip(sorted(found), draw.sample(_NEW_NAMES, len(found)), strict=True))
    return re.sub(r"(?<!\\)\b[A-Z][a-z]{2,}\b", lambda name: renamed.get(name.group(), name.group()), text)


def british(_: random.Random, text: str) -> str | None:
    words, drawing = _apart(text)
    return _changed(text, _outside_formulas(words, _WORD, _BRITISH) + drawing)


def polite(draw: random.Random, text: str) -> str:
    before = draw.choice(
        (
            "Hello! Could you please help me with the following? ",
            "I have been stuck on this one for an hour.\n\n",
            "Good evening, dear colleagues. Here is a nice little puzzle: ",
            "You are an expert mathematician. Think step by step.\n\nProblem: ",
        )
    )
    after = draw.choice(
        (" Thank you very much in advance!", "\n\nThanks!", "\nPlease reason carefully and be concise.", "")
    )
    return before + text + after


def units_written_out(_: random.Random, text: str) -> str | None:
    words, drawing = _apart(text)
    for short, long in _WRITTEN_OUT:
        changed = re.sub(short, long, words)
        if changed != words:
            return changed + drawing
    return None


def digits_for_words(draw: random.Random, text: str) -> str | None:
    """ "five" is 5, "third" is 3rd; where there is no such word, numbers up to 20 in mid-sentence are words."""
    words, drawing = _apart(text)
    values = {word: str(value) for value, word in enumerate(_TWENTY, start=2)}
    changed = _outside_formulas(words, re.compile(r"(?<![\w-])[A-Za-z]+(?![\w-])"), values | _ORDINALS)
    if changed == words:
        changed = re.sub(
            r"(?<=[a-z] )\$?(\d{1,2})\$?(?= [a-z])",
            lambda number: _TWENTY[int(number[1]) - 2] if 2 <= int(number[1]) <= 20 else number.group(),
            words,
        )
    return _changed(text, changed + drawing)


def unicode_maths(_: random.Random, text: str) -> str | None:
    words, drawing = _apart(text)
    for latex, sign in _UNICODE:
        words = re.sub(latex, sign, words)
    return _changed(text, words.replace("$", "") + drawing)


def house_style(_: random.Random, text: str) -> str | None:
    """The same LaTeX as another publisher sets it."""
    words, drawing = _apart(text)
    words = re.sub(r"\\frac(?=\s?\{)", r"\\dfrac", words)
    words = re.sub(r"(?<!\\left)\((?=[^()]{1,40}\))", r"\\left(", words)
    words = re.sub(r"(\\left\([^()]{1,40})\)", r"\1\\right)", words)
    words = re.sub(r"\^(\w)(?!\w)", r"^{\1}", words)
    words = re.sub(r"_(\w)(?!\w)", r"_{\1}", words)
    words = re.sub(r"(?<!\$)\$([^$]+)\$(?!\$)", r"\\( \1 \\)", words)
    words = words.replace("\\le ", "\\leqslant ").replace("\\ge ", "\\geqslant ").replace("\\ldots", "\\dots")
    return _changed(text, words + drawing)


def as_a_list(_: random.Random, text: str) -> str | None:
    """Sentences become the items of a numbered list."""
    sentences = re.split(r"(?<=[a-z$][.?!])\s+(?=[A-Z$])", text)
    if len(sentences) < 3 or "[asy]" in text:
        return None
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1))


def as_bullets(_: random.Random, text: str) -> str | None:
    sentences = re.split(r"(?<=[a-z$][.?!])\s+(?=[A-Z$])", text)
    if len(sentences) < 2 or "[asy]" in text:
        return None
    return "Given:\n" + "\n".join(f"* {sentence}" for sentence in sentences[:-1]) + f"\n\n**Question.** {sentences[-1]}"


def question_first(_: random.Random, text: str) -> str | None:
    sentences = re.split(r"(?<=[a-z$][.?!])\s+(?=[A-Z$])", text)
    if len(sentences) < 2 or "[asy]" in text:
        return None
    return " ".join([sentences[-1], *sentences[:-1]])


def thesaurus(_: random.Random, text: str) -> str | None:
    words, drawing = _apart(text)
    return _changed(text, _outside_formulas(words, _WORD, _THESAURUS) + drawing)


def as_copied(draw: random.Random, text: str) -> str:
    """What a web page does to a text: blanks that do not break, curly quotes, a number and a source beside it."""
    words, drawing = _apart(text)
    words = re.sub(r"(?<=\d) (?=[a-z])", "\u00a0", words).replace("'", "’").replace('"', "”").replace("...", "…")
    words = words.replace(". ", ".\n").replace("<", "&lt;")
    number = draw.randint(1, 25)
    head = draw.choice((f"**Problem {number}.** ", f"### Exercise {number}\n", f"({draw.randint(1, 9)} points) ", ""))
    tail = draw.choice((" *Proposed by Jan Novak*", "\n[i]Proposed by A. Smith[/i]", "\n~ mathfan_77", ""))
    return head + words + (drawing or tail)


def typing_slips(draw: random.Random, text: str) -> str | None:
    """Two longer words have two neighbouring letters changed."""
    found = list(re.finditer(r"(?<![\\A-Za-z])[a-z]{6,}", _apart(text)[0]))
    if len(found) < 8:
        return None
    letters = list(text)
    for word in draw.sample(found, 2):
        place = word.start() + draw.randrange(1, len(word.group()) - 2)
        letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return _changed(text, "".join(letters))


UNSEEN_EDITS: dict[str, Edit] = {
    "Greek variables": greek_variables,
    "renamed points": rename_points,
    "other names": other_names,
    "British spelling": british,
    "politeness": polite,
    "units written out": units_written_out,
    "digits for words": digits_for_words,
    "Unicode for LaTeX": unicode_maths,
    "another house style": house_style,
    "a numbered list": as_a_list,
    "bullets": as_bullets,
    "question first": question_first,
    "thesaurus": thesaurus,
    "as copied from a page": as_copied,
    "typing slips": typing_slips,
}


def swap_digits(draw: random.Random, text: str) -> str | None:
    """Two neighbouring digits change places, or a single one is the next."""
    words, drawing = _apart(text)
    numbers = list(re.finditer(r"\d+", words))
    if not numbers:
        return None
    number = draw.choice(numbers)
    digits = number.group()
    other = (
        digits[1] + digits[0] + digits[2:] if len(set(digits[:2])) > 1 and digits[1] != "0" else str(int(digits) + 1)
    )
    return words[: number.start()] + other + words[number.end() :] + drawing


def another_number_word(draw: random.Random, text: str) -> str | None:
    found = [
        one for one in re.finditer(r"(?<![A-Za-z])[a-z]{3,9}(?![A-Za-z])", _apart(text)[0]) if one.group() in _TWENTY
    ]
    if not found:
        return None
    word = draw.choice(found)
    other = _TWENTY[(_TWENTY.index(word.group()) + 1) % len(_TWENTY)]
    return text[: word.start()] + other + text[word.end() :]


def turn_a_word(draw: random.Random, text: str) -> str | None:
    """One word of meaning turns round: largest, even, inside, or."""
    words, drawing = _apart(text)
    pairs = [pair for one, other in _TURNS for pair in ((one, other), (other, one))]
    fitting = [(one, other) for one, other in pairs if re.search(rf"(?<![\w\\]){one}(?!\w)", words)]
    if not fitting:
        return None
    one, other = draw.choice(fitting)
    return re.sub(rf"(?<![\w\\]){one}(?!\w)", other, words, count=1) + drawing


def turn_a_sign(draw: random.Random, text: str) -> str | None:
    words, drawing = _apart(text)
    places = [
        (formula.start() + words[formula.start() : formula.end()].index(one), one, other)
        for formula in _FORMULA.finditer(words)
        for one, other in _SIGNS
        if one in formula.group() and not re.search(rf"{re.escape(one)}[a-z]", formula.group())
    ]
    if not places:
        return None
    place, one, other = draw.choice(places)
    return words[:place] + other + words[place + len(one) :] + drawing


def drop_a_condition(draw: random.Random, text: str) -> str | None:
    """A word that restricts is gone."""
    words = ("positive ", "distinct ", "odd ", "even ", "nonnegative ", "consecutive ", "different ", "real ", "prime ")
    fitting = [word for word in words if word in text]
    return _changed(text, text.replace(draw.choice(fitting), "", 1)) if fitting else None


def ask_for_another(draw: random.Random, text: str) -> str | None:
    """The last sentence asks for another letter or segment that the problem speaks of."""
    head, mark, tail = text.rpartition(". ")
    if not mark or "[asy]" in tail:
        return None
    asked = re.findall(r"\$([a-z]|[A-Z]{2})\$", tail)
    named = sorted(set(re.findall(r"(?<![A-Za-z\\])([a-z]|[A-Z]{2})(?![A-Za-z])", " ".join(_FORMULA.findall(head)))))
    others = [one for one in named if asked and one != asked[-1] and len(one) == len(asked[-1])]
    if not others:
        return None
    return head + mark + tail.replace(f"${asked[-1]}$", f"${draw.choice(others)}$")


UNSEEN_SIBLINGS: dict[str, Edit] = {
    "a number": swap_digits,
    "a number word": another_number_word,
    "a word of meaning": turn_a_word,
    "a sign": turn_a_sign,
    "a condition less": drop_a_condition,
    "another question": ask_for_another,
}


def _changed(text: str, edited: str) -> str | None:
    return edited if edited != text else None
