"""When a decimal may stand for an exact number: where the problem asks for rounding, or the gold is such a decimal.

A gold counts as a rounded number when it has two decimals and three significant digits at least and is no multiple of
a simple fraction: 0.333, 3.14 and 7.78 do; 0.5, 1.25 and 12.5 are numbers of their own.
"""

import math
from fractions import Fraction

from datagen.verify.numbers import Number

_SIMPLEST_DENOMINATOR = 50
_FEWEST_DECIMALS, _FEWEST_DIGITS = 2, 3


def same_when_rounded(gold: Number, answer: Number, asked: int | None) -> bool:
    """Whether one number is the other one rounded, as far as rounding is allowed.

    Args:
        gold: a number; its `decimals` is None when it is not written as a decimal.
        answer: another number.
        asked: the decimal places that the problem asks for; None when it asks for an exact answer.
    """
    if asked:
        if gold.decimals is not None and (answer.decimals is None or answer.decimals > gold.decimals):
            return gold.decimals >= asked and _is_rounded(gold.value, answer.value, gold.decimals)
        return (
            answer.decimals is not None
            and answer.decimals >= asked
            and _is_rounded(answer.value, gold.value, answer.decimals)
            and (gold.decimals is None or gold.decimals > answer.decimals)
        )
    if answer.decimals is None and gold.decimals is not None and looks_rounded(gold):
        return _is_rounded(gold.value, answer.value, gold.decimals)
    return False


def looks_rounded(number: Number) -> bool:
    """Whether a decimal is rather a rounded number than one of its own."""
    if number.decimals is None or number.decimals < _FEWEST_DECIMALS:
        return False
    digits = len(str(abs(number.value.numerator * 10**number.decimals // number.value.denominator)))
    return digits >= _FEWEST_DIGITS and number.value.denominator >= _SIMPLEST_DENOMINATOR


def _is_rounded(short: Fraction, long: Fraction, decimals: int) -> bool:
    """Whether rounding half up, or half to even, makes the one of the other."""
    scaled = abs(long) * 10**decimals
    up = math.floor(scaled + Fraction(1, 2))
    return (short < 0) == (long < 0) and abs(short) * 10**decimals in {up, round(scaled)}
