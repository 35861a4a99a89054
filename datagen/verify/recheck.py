r"""A second look at what math-verify accepted: the numbers exactly, and what it drops before it compares.

It compares numbers rounded to six decimals (`1/2^{99}` = `1/2^{98}`), and it drops units, number bases and the kind of
brackets. Here only a difference counts: where one side alone has a unit or a base, it is let be.
"""

import re
from typing import Any

_DIGITS, _EXACT, _DECIMAL, _ROUNDED = 60, 1e-50, 1e-12, 1e-5
"""Digits to evaluate to; the relative error that exact numbers, decimals, and a gold that was rounded may have."""

_BASE = re.compile(r"(?<=[0-9A-Fa-f])_\{?([0-9]+)\}?")
_BLANKS = r"(?:\\[,;: ]|\\quad|~|\s)*"
_UNIT = re.compile(
    rf"[0-9}})]{_BLANKS}(?:\\(?:text|mathrm|textrm|rm|mbox)\s*\{{{_BLANKS}(?P<braced>[A-Za-z][^{{}}]*)\}}"
    rf"|(?<=\s)(?P<bare>[A-Za-z][A-Za-z/ ]*))(?P<power>\^\{{?-?[0-9]+\}}?)?[\s.]*$"
)
_DEGREES = re.compile(r"(?:\^\{?\s*\\circ\s*\}?|°)[\s.]*$")
_MINUTES = re.compile(r"(?:'|\^\{?\s*\\prime\s*\}?)[\s.]*$")


def what_was_overlooked(gold: str, answer: str) -> str | None:
    """The difference in what math-verify drops: `base`, `unit` or `brackets`; None when there is none."""
    for what, look in (("base", _bases), ("unit", _unit), ("brackets", _brackets)):
        ours, theirs = look(gold), look(answer)
        if ours and theirs and ours != theirs:
            return what
    return None


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


def _numbers_agree(gold: Any, answer: Any) -> bool:
    from sympy import N, Rational, UnevaluatedExpr

    if gold.has(UnevaluatedExpr) or answer.has(UnevaluatedExpr):  # a per cent sign, which math-verify reads both ways
        return True
    difference = gold - answer
    if difference == 0:
        return True
    names = sorted(gold.free_symbols | answer.free_symbols, key=str)
    # Any fixed point in general position tells two different expressions apart.
    point = {name: Rational(7919 + 104 * number, 6211) for number, name in enumerate(names)}
    values = [N(value.subs(point), _DIGITS) for value in (difference, gold, answer)]
    if not all(value.is_number and value.is_finite for value in values):
        return True
    return bool(abs(values[0]) <= max(abs(values[1]), abs(values[2])) * _tolerance(gold, answer))


def _tolerance(gold: Any, answer: Any) -> float:
    from sympy import Float

    if answer.has(Float):
        return _DECIMAL
    return _ROUNDED if gold.has(Float) else _EXACT


def _bases(answer: str) -> tuple[str, ...]:
    return tuple(_BASE.findall(answer))


def _unit(answer: str) -> str:
    if _DEGREES.search(answer):
        return "degree"
    if _MINUTES.search(answer):
        return "arcminute"
    found = _UNIT.search(answer)
    if not found:
        return ""
    words = re.sub(r"\\[a-z]+|[^a-z/]", "", (found["braced"] or found["bare"]).casefold())
    return words.removesuffix("s") + re.sub(r"[^0-9-]", "", found["power"] or "")


def _brackets(answer: str) -> str:
    opening = answer.replace("\\left", "").strip()
    if "," not in opening:
        return ""
    if opening.startswith("\\{"):
        return "set"
    return "tuple or interval" if opening.startswith(("(", "[")) else ""
