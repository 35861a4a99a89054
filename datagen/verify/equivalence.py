r"""Whether an answer equals the gold answer, cheapest step first, and every step sound.

Equal strings; exact numbers; choice letters against the problem's options; words; then math-verify, whose acceptances
are checked again with exact numbers (`datagen.verify.algebra`), since it compares numbers rounded and drops bases and
brackets. Tuples, sets, lists, intervals and matrices are compared part by part with the same steps.

`compare` may run for ever or eat all memory, since it hands hostile text to a computer algebra system: it runs in a
worker process that is killed when late (`datagen.verify.workers`). `decide` takes the steps before that; it is safe and
quick anywhere.
"""

from __future__ import annotations

import re
from importlib.metadata import version

from datagen.verify.algebra import UnreadableGoldError, compare_algebraically
from datagen.verify.choice import Choice, option_text, read_choice
from datagen.verify.numbers import Number, read_number
from datagen.verify.pair import Judgement, Pair
from datagen.verify.parts import same_parts
from datagen.verify.question import NOTHING_SAID, Question
from datagen.verify.reading import readings
from datagen.verify.rounding import same_when_rounded
from datagen.verify.units import without_unit
from datagen.verify.words import (
    as_words,
    has_parts,
    is_placeholder,
    is_prose,
    same_words,
    says_nothing_solves,
)

_LIBRARIES = ("math-verify", "latex2sympy2_extended", "sympy")
VERIFIER_VERSION = "+".join(["2", *(f"{name}-{version(name)}" for name in _LIBRARIES)])
"""Our own version, and those of the libraries that verdicts depend on; raised with every change of a verdict."""

_MOST_CHARACTERS = 4000
"""A longer answer is no short answer; a longer gold can't be compared with one."""
_QUICK_CHARACTERS = 800
"""Longer pairs may have many parts, each of which is compared with many: a worker takes them."""
_STEPS = ("string", "units", "number", "words", "rounding", "evaluation", "math-verify", "re-check", "unparsed-answer")
"""What can decide a part of an answer, cheapest first; the whole is told by the dearest step that it took."""

_IN_BASE = re.compile(
    r"(-?[0-9A-F]*[0-9][0-9A-F]*(?:\.[0-9]+)?)_(?:\{(?:\\text\{)?\s*([a-z]+|[0-9]{1,2})\s*\}?\}|\{?\(?([0-9]{1,2})\)?\}?)"
)
_BASES = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
          "ten": "10", "twelve": "12", "sixteen": "16"}  # fmt: skip
_PRIMES = {"′", "″"}
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}")


def decide(pair: Pair) -> Judgement | None:
    """What a look decides, safe anywhere and never slow; None when it needs `compare`."""
    if not pair.gold:
        return Judgement("bad_gold", "empty-gold")
    if same_string(pair.gold, pair.answer):
        return Judgement("correct", "string")
    if len(pair.gold) > _MOST_CHARACTERS:
        return Judgement("bad_gold", "too-long")
    if len(pair.answer) > _MOST_CHARACTERS:
        return Judgement("wrong", "too-long")
    chosen = _by_choice(pair)
    if chosen is not None:
        return chosen
    if len(pair.gold) + len(pair.answer) > _QUICK_CHARACTERS:
        return None
    told = _by_parts(pair, _Look(pair.question))
    return None if told and told.verdict == "wrong" and as_words(pair.gold) is not None else told


def compare(pair: Pair) -> Judgement:
    """Compare an extracted answer with the gold one; call it only where it can be killed.

    Args:
        pair: gold answer and extracted one.

    Returns:
        correct, wrong or bad_gold, with the step that decided; see `datagen.verify.pair.UNDECIDED`.
    """
    decided = decide(pair)
    if decided is not None:
        return decided
    gold_words, answer_words = as_words(pair.gold), as_words(pair.answer)
    if has_parts(pair.gold):
        return Judgement("bad_gold", "several-parts")
    if is_placeholder(pair.gold):
        return Judgement("bad_gold", "prose-gold")
    if gold_words is not None:
        return Judgement("bad_gold", "prose-gold") if is_prose(pair.gold) else Judgement("wrong", "words")
    if answer_words is not None:
        return Judgement("wrong", "words")
    try:
        judged = _by_parts(pair, _Computation(pair.question))
        if judged is not None:
            return _fair(judged, without_unit(pair.gold)[0])
        same, method = compare_algebraically(pair.gold, pair.answer, pair.question)
    except UnreadableGoldError:
        return Judgement("bad_gold", "prose-gold" if is_prose(pair.gold) else "unparsed-gold")
    return _fair(Judgement("correct" if same else "wrong", method), without_unit(pair.gold)[0])


def _fair(judgement: Judgement, gold: str) -> Judgement:
    """A verdict of wrong is no verdict when the gold is rather a sentence."""
    return Judgement("bad_gold", "prose-gold") if judgement.verdict == "wrong" and is_prose(gold) else judgement


def same_string(gold: str, answer: str) -> bool:
    """Whether two tidy texts are the same but for blanks that mean nothing."""
    return bool(gold) and (gold == answer or _without_blanks(gold) == _without_blanks(answer))


def _without_blanks(text: str) -> str:
    return re.sub(r"(?<![0-9A-Za-z,]) | (?![0-9A-Za-z])", "", text)  # 1 1/2 is not 11/2, and 1, 234 not 1,234


def _by_choice(pair: Pair) -> Judgement | None:
    """The verdict on a choice; None when gold or problem offer none."""
    gold, answer = read_choice(pair.gold, is_gold=True), read_choice(pair.answer)
    options = pair.question.options
    if gold is None:
        if answer is None or not options or (text := option_text(pair.question, answer.letter)) is None:
            return None
        if answer.text and not _says(answer.text, text):
            return None
        return Judgement("correct", "choice") if _says(pair.gold, text) else None
    if answer is None:
        told = gold.text or option_text(pair.question, gold.letter)
        return Judgement("correct", "choice") if told and _says(told, pair.answer) else None
    if answer.letter != gold.letter:
        return Judgement("wrong", "choice")
    told = gold.text or option_text(pair.question, gold.letter) or answer.text
    contradicts = bool(answer.text) and not _says(told, answer.text) and _names_another(answer, pair.question)
    return Judgement("wrong" if contradicts else "correct", "choice")


def _names_another(answer: Choice, question: Question) -> bool:
    others = [text for number, text in enumerate(question.options) if chr(ord("A") + number) != answer.letter]
    return any(_says(text, answer.text) for text in others)


def _says(gold: str, answer: str) -> bool:
    judgement = _by_parts(Pair(gold, answer), _Look(NOTHING_SAID)) if gold and answer else None
    return judgement is not None and judgement.verdict == "correct"


class _Look:
    """Compares two values by a look: strings, numbers, units, words; remembers the dearest step that it took."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._steps = {"string"}

    @property
    def step(self) -> str:
        """The dearest step so far."""
        return max(self._steps, key=_STEPS.index)

    def __call__(self, gold: str, answer: str) -> bool | None:
        """Whether two values are equal; None when a look can't tell."""
        if same_string(gold, answer):
            return True
        (bare_gold, gold_unit), (bare_answer, answer_unit) = without_unit(gold), without_unit(answer)
        if gold_unit != answer_unit and ((gold_unit and answer_unit) or {gold_unit, answer_unit} & _PRIMES):
            return self._told("units", False)
        numbers = read_number(bare_gold), read_number(bare_answer)
        if numbers[0] and numbers[1]:
            return self._told("number", self._same_number(numbers[0], gold_unit, numbers[1], answer_unit))
        if "°" in (gold_unit, answer_unit) and gold_unit != answer_unit:
            return self._told("units", False)  # of something else than a number
        if same_string(bare_gold, bare_answer):
            return self._told("units", True)
        if (":" in bare_gold or ":" in bare_answer) and (ratio := _same_ratio(bare_gold, bare_answer)) is not None:
            return self._told("number", ratio)
        if (based := _same_in_base(bare_gold, bare_answer)) is not None:
            return self._told("number", based)
        words = as_words(gold), as_words(answer)
        if words[0] and words[1] and same_words(words[0], words[1]):
            return self._told("words", True)
        if says_nothing_solves(gold) and says_nothing_solves(answer):
            return self._told("words", True)
        return None

    def _told(self, step: str, same: bool) -> bool:
        self._steps.add(step)
        return same

    def _same_number(self, gold: Number, gold_unit: str, answer: Number, answer_unit: str) -> bool:
        if gold.value == answer.value:
            return True
        if gold_unit == "%" and not answer_unit:
            return gold.value == answer.value * 100
        if answer_unit == "%" and not gold_unit:
            return gold.value * 100 == answer.value
        return same_when_rounded(gold, answer, self._question.decimals)


class _Computation(_Look):
    """Compares two values by computer algebra where a look can't tell."""

    def __call__(self, gold: str, answer: str) -> bool | None:
        """Whether two values are equal."""
        same = super().__call__(gold, answer)
        if same is not None:
            return same
        if as_words(gold) is not None or as_words(answer) is not None:
            return self._told("words", False)
        same, step = compare_algebraically(without_unit(gold)[0], without_unit(answer)[0], self._question)
        return self._told(step, same)


def _by_parts(pair: Pair, leaf: _Look) -> Judgement | None:
    told = [same_parts(gold, answer, leaf) for gold in readings(pair.gold) for answer in readings(pair.answer)]
    if any(told):
        return Judgement("correct", leaf.step)
    return Judgement("wrong", leaf.step) if all(one is False for one in told) else None


def _same_in_base(gold: str, answer: str) -> bool | None:
    """Whether two numbers are the same, where one side at least names its base; None when neither does.

    An answer may leave out the base that the gold names; a base that the answer alone names must be ten, or come to the
    gold's value.
    """
    ours, theirs = _IN_BASE.fullmatch(gold), _IN_BASE.fullmatch(answer)
    if ours is None and theirs is None:
        return None
    if ours and theirs:
        return (ours[1], _base(ours)) == (theirs[1], _base(theirs))
    if ours:
        return answer == ours[1] if re.fullmatch(r"-?[0-9A-F]+(?:\.[0-9]+)?", answer) else None
    number, base = read_number(gold), _base(theirs) if theirs else 0
    if theirs is None or number is None or not 2 <= base <= 36:
        return None
    try:
        return number.value == int(theirs[1], base)
    except ValueError:  # a digit that the base does not have
        return False


def _base(match: re.Match[str]) -> int:
    name = match[2] or match[3]
    return int(_BASES.get(name, name)) if _BASES.get(name, name).isdigit() else 0


def _same_ratio(gold: str, answer: str) -> bool | None:
    """Whether two ratios are proportional, or two times the same; None when neither side is one."""
    parts = [[read_number(part) for part in text.split(":")] for text in (gold, answer)]
    if not all(all(part) for part in parts) or all(len(part) == 1 for part in parts):
        return None
    ours, theirs = ([part.value for part in side if part] for side in parts)
    if _TIME.fullmatch(gold):
        return ours == theirs
    if (len(ours) == 2 and len(theirs) == 1) or (len(ours) == 1 and len(theirs) == 2):
        (first, second), one = (ours, theirs[0]) if len(ours) == 2 else (theirs, ours[0])
        return first == one * second
    return len(ours) == len(theirs) and all(
        one * theirs[0] == other * ours[0] for one, other in zip(ours, theirs, strict=True)
    )
