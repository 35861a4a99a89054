"""Ways in which a benchmark problem turns up in other words, and ways to make another problem of it."""

import random
import re
from collections.abc import Callable

Edit = Callable[[random.Random, str], str | None]

_FORMULA = re.compile(r"\$[^$]+\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_NAMES = (
    *("Alice", "Bob", "Tom", "Anna", "Jackson", "Janet", "Flora", "Jones", "Jane", "John", "Mary", "Jack", "Mike"),
    *("Sam", "Bill", "Ben", "Emma", "Steve", "Jon", "Juan", "Yann", "Camille", "Roslyn", "Ann", "Joe", "Peter", "Aya"),
)
_OTHER_NAMES = ("Ngozi", "Priya", "Mateo", "Yuki", "Leila", "Oskar", "Ingrid", "Tariq", "Zofia", "Kofi")
_UNITS = {
    "meters": "yards",
    "centimeters": "inches",
    "kilometers": "miles",
    "miles": "kilometers",
    "feet": "meters",
    "inches": "centimeters",
    "cm": "in",
    "dollars": "euros",
    "cents": "pence",
    "minutes": "hours",
    "hours": "minutes",
    "pounds": "kilograms",
    "mph": "km/h",
    "units": "steps",
    "millimeters": "inches",
    "gallons": "litres",
    "days": "weeks",
    "square": "squared",
}
_NUMBER_WORDS = {
    str(value): word
    for value, word in enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=2)
}
_WORDINGS = (
    ("What is the value of", "Determine"),
    ("What is the", "Find the"),
    ("What is", "Find"),
    ("Find the", "What is the"),
    ("Find", "Determine"),
    ("Compute", "Calculate"),
    ("Evaluate", "Compute"),
    ("How many", "Determine how many"),
    ("Determine", "Find"),
    ("Simplify", "Write in simplest form"),
    ("Solve", "Work out"),
    ("Express", "Write"),
    ("such that", "so that"),
    ("Suppose", "Assume"),
    ("Let", "Suppose"),
    ("smallest", "least"),
    ("largest", "greatest"),
    ("possible", "conceivable"),
)
_BEFORE = (
    "Read the following problem with care.",
    "Here is an exercise from last week's homework.",
    "Solve the task below and explain your reasoning.",
    "The following question was set in a school competition.",
)
_AFTER = (
    "Give your answer in simplest form.",
    "Explain each step of your solution.",
    "Write only the final answer on the last line.",
    "You may not use a calculator.",
    r"Put your final answer in \boxed{}.",
)
_LATEX = (
    (r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}", r"(\1)/(\2)"),
    (r"\\cdot|\\times", "*"),
    (r"\\leq?(?![a-z])", "<="),
    (r"\\geq?(?![a-z])", ">="),
    (r"\\sqrt\{([^{}]+)\}", r"sqrt(\1)"),
    (r"\^\{?\\circ\}?", "°"),
    (r"\\left|\\right|\\!|\\,", ""),
    (r"\\pi(?![a-z])", "π"),
    (r"\\l?dots", "..."),
    (r"\$", ""),
    (r"\\[\[\]()]", " "),
    (r"\^\{(\w+)\}", r"^\1"),
    (r"\\text\{([^{}]+)\}", r"\1"),
)


def rename_variables(draw: random.Random, text: str) -> str | None:
    """Other small letters in the formulas, one for one."""
    used = sorted({letter for part in _FORMULA.findall(text) for letter in _letters(part)} - set("eid"))
    if not used:
        return None
    others = [letter for letter in "abcghjkmnpqrstuvwxyz" if letter not in used]
    draw.shuffle(others)
    renamed = dict(zip(used, others, strict=False))

    def rename(match: re.Match[str]) -> str:
        return re.sub(
            r"(?<![A-Za-z\\])[a-z](?![a-z])", lambda letter: renamed.get(letter.group(), letter.group()), match.group()
        )

    return _changed(text, _FORMULA.sub(rename, text))


def change_names(draw: random.Random, text: str) -> str | None:
    others = draw.sample(_OTHER_NAMES, len(_OTHER_NAMES))
    renamed = {name: others[place % len(others)] for place, name in enumerate(n for n in _NAMES if n in text)}
    return _changed(text, re.sub(r"[A-Z][a-z]+", lambda word: renamed.get(word.group(), word.group()), text))


def change_units(_: random.Random, text: str) -> str | None:
    return _changed(text, re.sub(r"[a-z]{2,}", lambda word: _UNITS.get(word.group(), word.group()), text))


def reorder_sentences(draw: random.Random, text: str) -> str | None:
    sentences = re.split(r"(?<=[.?!])\$?\s+", text)
    if len(sentences) < 2 or "[asy]" in text:
        return None
    shuffled = draw.sample(sentences, len(sentences))
    return _changed(text, " ".join(shuffled))


def translate_latex(_: random.Random, text: str) -> str | None:
    words, *drawing = text.split("[asy]")
    for pattern, plain in _LATEX:
        words = re.sub(pattern, plain, words)
    return _changed(text, "[asy]".join([words, *drawing]))


def number_words(_: random.Random, text: str) -> str | None:
    """Numbers that stand alone outside formulas, or as a formula, in words."""

    def spelt(match: re.Match[str]) -> str:
        return _NUMBER_WORDS.get(match.group(1), match.group())

    return _changed(text, re.sub(r"(?<![\w$.,^{\\/+=-])\$?(\d{1,2})\$?(?![\w$.^{}\\/+=%-]|,\d)", spelt, text))


def add_before(draw: random.Random, text: str) -> str:
    return f"{draw.choice(_BEFORE)} {text}"


def add_after(draw: random.Random, text: str) -> str:
    return f"{text} {draw.choice(_AFTER)}"


def reword(_: random.Random, text: str) -> str | None:
    out = text
    for phrase, other in _WORDINGS:
        if phrase in out and other not in out:
            out = out.replace(phrase, other, 1)
    return _changed(text, out)


def replace_words(draw: random.Random, text: str) -> str | None:
    """Every seventh plain word gives way to another one."""
    words = text.split(" ")
    plain = [place for place, word in enumerate(words) if re.fullmatch("[a-z]{4,}", word)]
    chosen = draw.sample(plain, len(plain) // 7)
    for place in chosen:
        words[place] = draw.choice(("various", "suitable", "certain", "ordinary", "given", "stated", "usual"))
    return _changed(text, " ".join(words))


EDITS: dict[str, Edit] = {
    "renamed variables": rename_variables,
    "other names": change_names,
    "other units": change_units,
    "reordered sentences": reorder_sentences,
    "translated LaTeX": translate_latex,
    "number words": number_words,
    "sentence before": add_before,
    "sentence after": add_after,
    "reworded": reword,
    "every seventh word": replace_words,
}


def two_edits(draw: random.Random, text: str) -> str | None:
    """Two of them, one after the other."""
    first, second = draw.sample(sorted(EDITS), 2)
    once = EDITS[first](draw, text)
    return once and EDITS[second](draw, once)


def change_a_number(draw: random.Random, text: str) -> str | None:
    """Another problem: one number of it is another, wherever it stands."""
    words, *drawing = text.split("[asy]")
    numbers = sorted(set(re.findall(r"\d+", words)))
    if not numbers:
        return None
    number = draw.choice(numbers)
    other = str(int(number) + draw.choice((1, 2, 3, 10)))
    return "[asy]".join([re.sub(rf"(?<!\d){number}(?!\d)", other, words), *drawing])


def _letters(formula: str) -> set[str]:
    return set(re.findall(r"(?<![A-Za-z\\])[a-z](?![a-z])", formula))


def _changed(text: str, edited: str) -> str | None:
    return edited if edited != text else None
