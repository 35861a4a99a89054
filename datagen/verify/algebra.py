r"""Computer algebra: latex2sympy reads both answers, math-verify compares them, and a second look keeps it exact.

math-verify's own reading drops what it takes for units, folds case and picks numbers out of what it can't read; here a
text is read whole or not at all. It compares numbers rounded to six decimals (`1/2^{99}` = `1/2^{98}`), so that values
decide: two expressions that differ at one point are different, whatever else is said of them.

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

_UNREADABLE = re.compile(
    r"\\(?:text|ldots|cdots|dots|dotsc|dotsm|dotsb|sim|simeq|propto|to|rightarrow|mid|pmod|bmod|equiv)(?![A-Za-z])"
    r"|\\(?:angle|triangle)(?![A-Za-z])|[0-9)]_|['?:;\"]|\.\."
)
"""What latex2sympy drops or cuts the text at."""
_COMMAND = re.compile(r"\\mathbb\{[A-Z]\}|\\[A-Za-z]+")
_LETTER = re.compile(r"[A-Za-z]")
_CONSTANT = re.compile(r"\\[A-Za-z]+|([EI])(?:_\{([0-9A-Za-z]{1,9})\}|_([0-9A-Za-z]))?")
_POWER_OF_FACTORIAL = re.compile(r"([0-9]+|[a-z])!\^")
_BARE_FRACTION = re.compile(r"\\frac\s*(\\[a-z]+)\s*([0-9A-Za-z]|\{)")
_NO_VARIABLES = frozenset("ei")
_FUNCTIONS = "sincostancotseccsclnlogexpmaxmingcdlcmarcsinarccosarctandet"


class UnreadableGoldError(Exception):
    """There is nothing in the gold answer that could be compared with."""


def compare_algebraically(gold: str, answer: str, question: Question) -> tuple[bool, str]:
    """Compare two tidy texts by computer algebra.

    Returns:
        Whether they are equal, and the step that decided: rounding, evaluation, math-verify, re-check, unparsed-answer.

    Raises:
        UnreadableGoldError: there is nothing to compare with.
    """
    from math_verify import verify

    is_real = None if "=" in gold + answer else True
    read_gold, read_answer = _read(gold, is_real), _read(answer, is_real)
    if read_gold is None:
        raise UnreadableGoldError
    if read_answer is None:
        return False, "unparsed-answer"
    read_gold, read_answer = _worked_out(read_gold), _worked_out(read_answer)
    if {_is_equation(read_gold), _is_equation(read_answer)} == {True, False}:
        return False, "evaluation"
    if _rounded(gold, read_gold, answer, read_answer, question):
        return True, "rounding"
    if _differ_somewhere(read_gold, read_answer):
        return False, "evaluation"
    if not verify([read_gold], [read_answer], timeout_seconds=0):
        return False, "math-verify"
    kinds = {_brackets(gold), _brackets(answer)} - {""}
    if len(kinds) > 1 or not agree_exactly(read_gold, read_answer):
        return False, "re-check"
    return True, "math-verify"


def _read(text: str, is_real: bool | None) -> Any:
    """What latex2sympy reads in a text; None when it can't read it, or not all of it."""
    from latex2sympy2_extended import NormalizationConfig, latex2sympy
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig
    from sympy import (
        Basic,
        Derivative,
        Float,
        I,
        MatrixBase,
        Product,
        Rational,
        Sum,
        Symbol,
        UnevaluatedExpr,
        false,
        true,
    )

    if _UNREADABLE.search(text):
        return None
    prepared = text.replace("\\$", "").replace("%", "\\%").replace("\\lg ", "\\log_{10} ").replace("\\log_e", "\\ln ")
    prepared = _CONSTANT.sub(_as_variable, _BARE_FRACTION.sub(r"\\frac{\1}\2", prepared))
    prepared = _POWER_OF_FACTORIAL.sub(r"(\1!)^", prepared)
    try:
        read = latex2sympy(
            prepared,
            is_real=is_real,
            convert_degrees=True,
            normalization_config=NormalizationConfig(malformed_operators=True, nits=True, boxed="none"),
            conversion_config=ConversionConfig(lowercase_symbols=False),
        )
    except MemoryError:
        raise
    except Exception:  # its parser raises plain Exceptions
        return None
    if (
        not isinstance(read, (Basic, MatrixBase))
        or read in (true, false)
        or read.has(Derivative)
        or _lost_letters(prepared, read)
    ):
        return None  # a derivative by a free variable would be nought
    if isinstance(read, Basic) and not read.has(Sum, Product):
        read = read.subs({symbol: I for symbol in read.atoms(Symbol) if symbol.name == "i"})
    read = read.replace(lambda part: isinstance(part, UnevaluatedExpr), lambda part: part.args[0])  # per cent
    return read.replace(lambda part: isinstance(part, Float), lambda part: Rational(str(part)))


def _worked_out(read: Any) -> Any:
    """The right side of "2x + 3x = 5x", which is no equation but a last step, and of "BC^2 = 19", which names one."""
    from sympy import Equality

    if not isinstance(read, Equality):
        return read
    names = {str(symbol) for symbol in read.lhs.free_symbols}
    if names and all(name[0].isupper() for name in names) and not read.rhs.free_symbols:
        return read.rhs
    return read if _differ_somewhere(read.lhs, read.rhs) else read.rhs


def _is_equation(read: Any) -> bool | None:
    """Whether something is an equation, and no single value; None for sets and the like."""
    from sympy import Equality, Expr

    if isinstance(read, Expr):
        return False
    return True if isinstance(read, Equality) else None


def _as_variable(constant: re.Match[str]) -> str:
    """E and I, which latex2sympy takes for constants, as the variables that they are in an answer: energy, current."""
    if not constant[1]:
        return constant.group()
    return f"\\Xi_{{{constant[1]}{constant[2] or constant[3] or ''}}} "


def _lost_letters(text: str, read: Any) -> bool:
    """Whether a variable of the text is missing in what was read: the parser stopped, or took it for something else."""
    from sympy import Function, Symbol

    names = "".join(str(atom) for atom in read.atoms(Symbol)) + _FUNCTIONS
    names += "".join(str(call.func) for call in read.atoms(Function))
    return bool(set(_LETTER.findall(_COMMAND.sub(" ", text))) - set(names) - _NO_VARIABLES)


def _rounded(gold: str, read_gold: Any, answer: str, read_answer: Any, question: Question) -> bool:
    """Whether a decimal stands for a root or the like, where that is allowed."""
    ours, theirs = read_number(gold), read_number(answer)
    if (ours is None) == (theirs is None):
        return False
    ours, theirs = ours or _evaluated(read_gold), theirs or _evaluated(read_answer)
    return ours is not None and theirs is not None and same_when_rounded(ours, theirs, question.decimals)


def _evaluated(read: Any) -> Number | None:
    from sympy import Expr, N

    if not isinstance(read, Expr) or read.free_symbols:
        return None
    value = N(read, _DIGITS)
    return Number(Fraction(str(value))) if value.is_Float and value.is_finite else None


def agree_exactly(gold: Any, answer: Any) -> bool:
    """Compare two parsed answers part by part; what can't be evaluated stays as it was decided."""
    from sympy import FiniteSet, Interval, MatrixBase, Tuple

    if isinstance(gold, FiniteSet) and isinstance(answer, FiniteSet):
        return all(any(agree_exactly(one, other) for other in answer.args) for one in gold.args)
    if isinstance(gold, MatrixBase) and isinstance(answer, MatrixBase):
        return all(agree_exactly(one, other) for one, other in zip(gold, answer, strict=False))
    for ordered in (Tuple, Interval):
        if isinstance(gold, ordered) and isinstance(answer, ordered):
            return all(agree_exactly(one, other) for one, other in zip(gold.args, answer.args, strict=False))
    return not _differ_somewhere(gold, answer)


def _differ_somewhere(gold: Any, answer: Any) -> bool:
    """Whether two expressions have different values at a point: equal ones have equal values everywhere."""
    from sympy import Expr, N, Rational

    if not isinstance(gold, Expr) or not isinstance(answer, Expr):
        return False
    names = sorted({str(symbol) for symbol in gold.free_symbols | answer.free_symbols})
    # Any fixed point in general position tells two different expressions apart.
    point = {name: Rational(7919 + 104 * number, 6211) for number, name in enumerate(names)}
    exact = [side.subs({symbol: point[str(symbol)] for symbol in side.free_symbols}) for side in (gold, answer)]
    values = [N(value, _DIGITS) for value in exact]
    if not all(value.is_number and value.is_finite for value in values):
        return False
    if abs(values[0] - values[1]) > max(abs(values[0]), abs(values[1])) * _FAR:
        return True
    difference = N(exact[0] - exact[1], _DIGITS)  # sympy adds digits until those that cancel are made up for
    return bool(abs(difference) > max(abs(values[0]), abs(values[1])) * _EXACT)


def _brackets(text: str) -> str:
    if "," not in text:
        return ""
    if text.startswith("\\{"):
        return "set"
    return "tuple or interval" if text.startswith(("(", "[")) else ""
