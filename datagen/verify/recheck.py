r"""math-verify, and a second look at what it accepted: the numbers exactly, and what it drops before it compares.

It compares numbers rounded to six decimals (`1/2^{99}` = `1/2^{98}`) and drops number bases and the kind of brackets.
Only a worker may call this: it can take for ever.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from datagen.verify.numbers import Number, read_number
from datagen.verify.question import Question
from datagen.verify.rounding import same_when_rounded

_DIGITS, _FAR, _EXACT = 60, 1e-9, 1e-50
"""Digits to evaluate to, and relative differences: plainly another number, and no rounding error any more."""

_COMMAND = re.compile(r"\\[A-Za-z]+(?:\{[A-Za-z ]*\})?")
_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_BASE = re.compile(r"(?<=[0-9A-Fa-f])_\{?([0-9]+)\}?")


class UnreadableGoldError(Exception):
    """math-verify finds nothing in the gold answer."""


def by_math_verify(gold: str, answer: str, question: Question) -> tuple[bool, str]:
    """Compare two tidy texts by computer algebra.

    Returns:
        Whether they are equal, and the step that decided: rounding, evaluation, math-verify, re-check, unparsed-answer.

    Raises:
        UnreadableGoldError: there is nothing to compare with.
    """
    from math_verify import verify

    parsed_gold, parsed_answer = _parse(gold), _parse(answer)
    if parsed_gold is None:
        raise UnreadableGoldError
    if parsed_answer is None:
        return False, "unparsed-answer"
    rounded = _rounded(gold, parsed_gold, answer, parsed_answer, question)
    if rounded:
        return True, "rounding"
    if _differ_somewhere(parsed_gold, parsed_answer):
        return False, "evaluation"
    if not verify([parsed_gold], [parsed_answer], timeout_seconds=0):
        return False, "math-verify"
    if _overlooked(gold, answer) or not agree_exactly(parsed_gold, parsed_answer):
        return False, "re-check"
    return True, "math-verify"


def _parse(text: str) -> Any:
    from math_verify import LatexExtractionConfig, parse

    bare = text.replace("\\$", "").replace("%", "\\%")
    # The library's other reading would take a number out of whatever it can't parse.
    config = [LatexExtractionConfig()]
    parsed = [one for one in parse(f"${bare}$", config, parsing_timeout=0) if not isinstance(one, str)]
    return parsed[0] if parsed else None


def _rounded(gold: str, parsed_gold: Any, answer: str, parsed_answer: Any, question: Question) -> bool:
    """Whether a decimal stands for a root or the like, where that is allowed."""
    ours, theirs = read_number(gold), read_number(answer)
    if (ours is None) == (theirs is None):
        return False
    ours, theirs = ours or _evaluated(parsed_gold), theirs or _evaluated(parsed_answer)
    return ours is not None and theirs is not None and same_when_rounded(ours, theirs, question.decimals)


def _evaluated(parsed: Any) -> Number | None:
    from sympy import Expr, Float, N

    if not isinstance(parsed, Expr) or parsed.free_symbols or parsed.has(Float):
        return None
    value = N(parsed, _DIGITS)
    return Number(Fraction(str(value))) if value.is_Float and value.is_finite else None


def _overlooked(gold: str, answer: str) -> bool:
    """Whether both sides name number bases, or kinds of brackets, and these differ; or where S is not s."""
    variables, others = _variables(gold), _variables(answer)
    if variables != others and any(_case_counts(names) for names in (variables, others)):
        return True
    for look in (_bases, _brackets):
        ours, theirs = look(gold), look(answer)
        if ours and theirs and ours != theirs:
            return True
    return False


def agree_exactly(gold: Any, answer: Any) -> bool:
    """Compare two parsed answers part by part; what can't be evaluated stays as it was decided."""
    from sympy import Expr, FiniteSet, Interval, MatrixBase, Tuple

    if isinstance(gold, Expr) and isinstance(answer, Expr):
        return _numbers_agree(gold, answer)
    if isinstance(gold, FiniteSet) and isinstance(answer, FiniteSet):
        return all(any(agree_exactly(one, other) for other in answer.args) for one in gold.args)
    if isinstance(gold, MatrixBase) and isinstance(answer, MatrixBase):
        return all(agree_exactly(one, other) for one, other in zip(gold, answer, strict=False))
    for ordered in (Tuple, Interval):
        if isinstance(gold, ordered) and isinstance(answer, ordered):
            return all(agree_exactly(one, other) for one, other in zip(gold.args, answer.args, strict=False))
    return True


def _folded(name: Any, fold: bool) -> str:
    return str(name).lower() if fold else str(name)


def _numbers_agree(gold: Any, answer: Any) -> bool:
    return not _differ_somewhere(gold, answer)


def _differ_somewhere(gold: Any, answer: Any) -> bool:
    """Whether two expressions have different values at a point: equal ones have equal values everywhere."""
    from sympy import Expr, Float, N, Rational, UnevaluatedExpr

    if not isinstance(gold, Expr) or not isinstance(answer, Expr):
        return False
    if gold.has(UnevaluatedExpr) or answer.has(UnevaluatedExpr):  # a per cent sign, which math-verify reads both ways
        return False
    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)
    fold = not any(_case_counts({str(name) for name in side.free_symbols}) for side in (gold, answer))
    names = sorted({_folded(name, fold) for name in symbols})
    # Any fixed point in general position tells two different expressions apart.
    point = {name: Rational(7919 + 104 * names.index(_folded(name, fold)), 6211) for name in symbols}
    exact = [
        side.replace(lambda part: isinstance(part, Float), lambda part: Rational(str(part))).subs(point)
        for side in (gold, answer)
    ]
    values = [N(value, _DIGITS) for value in exact]
    if not all(value.is_number and value.is_finite for value in values):
        return False
    if abs(values[0] - values[1]) > max(abs(values[0]), abs(values[1])) * _FAR:
        return True
    difference = N(exact[0] - exact[1], _DIGITS)  # sympy adds digits until those that cancel are made up for
    return bool(abs(difference) > max(abs(values[0]), abs(values[1])) * _EXACT)


def _variables(text: str) -> set[str]:
    return set(_LETTER.findall(_COMMAND.sub(" ", text)))


def _case_counts(names: set[str]) -> bool:
    """Whether two variables differ in case alone, so that K is not just another way to write k."""
    return len({name.lower() for name in names}) < len(names)


def _bases(answer: str) -> tuple[str, ...]:
    return tuple(_BASE.findall(answer))


def _brackets(answer: str) -> str:
    if "," not in answer:
        return ""
    if answer.startswith("\\{"):
        return "set"
    return "tuple or interval" if answer.startswith(("(", "[")) else ""
