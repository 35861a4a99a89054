r"""Whether an answer equals the gold answer: equal strings, choice letters, then math-verify, then a re-check.

`compare` may run for ever or eat all memory, since it hands hostile text to a computer algebra system: it runs in a
worker process that is killed when late (`datagen.verify.workers`). `same_string` is safe anywhere.

math-verify compares numbers through rounding, drops units and bases, and reads words as products of letters; what it
accepts is therefore checked again (`datagen.verify.recheck`).
"""

import re

from datagen.verify.pair import Judgement, Pair
from datagen.verify.recheck import agree_exactly, what_was_overlooked

VERIFIER_VERSION = "1:math-verify-0.9.0"

_TEXT = re.compile(r"\\(?:text|mathrm|textbf|textit|mathbf|operatorname|mbox)\s*\{([^{}]*)\}")
_EULER_OR_I = re.compile(r"\\(?:mathrm|text|rm)\s*\{\s*([ei])\s*\}")
_DRESS = re.compile(r"\\(?:left|right|displaystyle|,|!)(?![A-Za-z])")
_BLANK = re.compile(r"(?:\\(?:;|:|quad|qquad)(?![A-Za-z])|[~\s])+")
_BLANK_BUT_BETWEEN_DIGITS = re.compile(r"(?<![0-9]) | (?![0-9])")
_LETTER = re.compile(r"\(?([A-Z])\)?")
_LETTER_WITH_TEXT = re.compile(r"\(?([A-Z])(?:\)|[.:]|\)\s*[.:])\s*\S.*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}")
_PROSE_WORDS = 3


def decide(pair: Pair) -> Judgement | None:
    """What a look decides, safe anywhere and never slow; None when it needs `compare`."""
    if not _plain(pair.gold):
        return Judgement("bad_gold", "empty-gold")
    return Judgement("correct", "string") if same_string(pair.gold, pair.answer) else None


def same_string(gold: str, answer: str) -> bool:
    """Whether both are the same answer but for LaTeX dress."""
    return bool(_plain(gold)) and _plain(gold) == _plain(answer)


def compare(pair: Pair) -> Judgement:
    """Compare an extracted answer with the gold one; call it only where it can be killed.

    Args:
        pair: gold answer and extracted one.

    Returns:
        correct, wrong or bad_gold, with the step that decided: string, choice, words or math-verify.
    """
    decided = decide(pair)
    if decided is not None:
        return decided
    gold, answer = pair.gold, pair.answer
    letter = _LETTER.fullmatch(_plain(gold))
    if letter:
        chosen = _choice(answer)
        if chosen is not None:
            return Judgement("correct" if chosen == letter.group(1) else "wrong", "choice")
    if _is_prose(gold):
        too_long = len(_WORD.findall(_without_commands(gold))) >= _PROSE_WORDS
        return Judgement("bad_gold" if too_long else "wrong", "words")
    return _by_math_verify(_bare(gold), _bare(answer))


def _by_math_verify(gold: str, answer: str) -> Judgement:
    from math_verify import parse, verify

    parsed_gold = parse(f"${gold}$", parsing_timeout=0)
    if not parsed_gold:
        return Judgement("bad_gold", "math-verify")
    parsed_answer = parse(f"${answer}$", parsing_timeout=0)
    if not parsed_answer or not verify(parsed_gold, parsed_answer, timeout_seconds=0):
        return Judgement("wrong", "math-verify")
    if _is_prose(answer):
        return Judgement("wrong", "words")
    if what_was_overlooked(gold, answer) or not agree_exactly(parsed_gold[0], parsed_answer[0]):
        return Judgement("wrong", "re-check")
    return Judgement("correct", "math-verify")


def _bare(answer: str) -> str:
    answer = answer.strip().strip("$").strip()
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
        answer = answer.removeprefix(opening).removesuffix(closing).strip()
    return _EULER_OR_I.sub(r"\1", answer)


def _plain(answer: str) -> str:
    answer = _EULER_OR_I.sub(r"\1", _bare(answer))
    answer = _TEXT.sub(r"\1", answer)
    answer = re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\frac", answer)
    answer = _BLANK.sub(" ", _DRESS.sub("", answer))
    return _BLANK_BUT_BETWEEN_DIGITS.sub("", answer).rstrip(".")  # 1 1/2 is not 11/2


def _choice(answer: str) -> str | None:
    shown = _TEXT.sub(r"\1", _bare(answer)).strip()
    match = _LETTER.fullmatch(shown.rstrip(".")) or _LETTER_WITH_TEXT.fullmatch(shown)
    return match.group(1) if match else None


def _without_commands(answer: str) -> str:
    return re.sub(r"\\[A-Za-z]+", " ", _TEXT.sub(r" \1 ", answer))


def _is_prose(answer: str) -> bool:
    """Whether an answer is words: math-verify would read them as products of letters, equal to their anagrams."""
    shown = _without_commands(answer)
    return bool(_WORD.search(shown)) and not re.search(r"[0-9=<>^_+*/|()\[\]{}\\]", _TEXT.sub(r"\1", answer))
