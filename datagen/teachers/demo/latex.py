"""Exact numbers as LaTeX, in one form a number: reduced fractions, roots without square factors, multiples of pi."""

from collections.abc import Iterable
from fractions import Fraction
from math import isqrt, lcm


def number(value: Fraction | int) -> str:
    r"""An integer, or `\frac{p}{q}` with the sign in front."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def signed(value: Fraction | int) -> str:
    """A number as the next term of a sum: ` + 5`, ` - 5`, or nothing for zero."""
    if value == 0:
        return ""
    return f" - {number(-value)}" if value < 0 else f" + {number(value)}"


def term(coefficient: Fraction | int, symbol: str) -> str:
    """A multiple of a symbol as the next term of a sum: ` + 3x`, ` - x`, or nothing for zero."""
    if coefficient == 0:
        return ""
    return f" - {times(-coefficient, symbol)}" if coefficient < 0 else f" + {times(coefficient, symbol)}"


def bracketed(value: Fraction | int) -> str:
    """A number as a factor: negative ones in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def times(coefficient: Fraction | int, symbol: str) -> str:
    """A multiple of a symbol: `x`, `-x`, `3x`, `0`."""
    if coefficient == 0:
        return "0"
    if coefficient == 1:
        return symbol
    if coefficient == -1:
        return f"-{symbol}"
    return number(coefficient) + symbol


def product(values: Iterable[int]) -> str:
    """Factors with dots between them; `1` for none."""
    return r" \cdot ".join(map(str, values)) or "1"


def root(square: Fraction | int) -> str:
    r"""The square root of a number >= 0, no square factor under the root: `6`, `2\sqrt{5}`, `\frac{\sqrt{3}}{2}`."""
    return plus_minus(Fraction(0), Fraction(square))[1]


def plus_minus(centre: Fraction, square: Fraction) -> tuple[str, str]:
    r"""The two numbers centre - sqrt(square) and centre + sqrt(square), in this order, in lowest terms."""
    factor, under = split_square(square.numerator * square.denominator)
    width = Fraction(factor, square.denominator)
    if under in (0, 1):
        return number(centre - width * under), number(centre + width * under)
    denominator = lcm(centre.denominator, width.denominator)
    whole, times_root = int(centre * denominator), int(width * denominator)
    return _over(whole, -times_root, under, denominator), _over(whole, times_root, under, denominator)


def split_square(value: int) -> tuple[int, int]:
    """Split n >= 0 into (k, m) with n = k*k*m and m free of square factors; (0, 0) for zero."""
    if value == 0:
        return 0, 0
    factor, under = 1, value
    candidate = 2
    while candidate * candidate <= under:
        while under % (candidate * candidate) == 0:
            under //= candidate * candidate
            factor *= candidate
        candidate += 1
    return factor, under


def is_square(value: Fraction) -> bool:
    """Whether a number is the square of a rational one."""
    return value >= 0 and all(isqrt(part) ** 2 == part for part in (value.numerator, value.denominator))


def _over(whole: int, factor: int, under: int, denominator: int) -> str:
    symbol = rf"\sqrt{{{under}}}"
    top = f"{whole}{term(factor, symbol)}" if whole else times(factor, symbol)
    if denominator == 1:
        return top
    if top.startswith("-") and not whole:
        return rf"-\frac{{{top[1:]}}}{{{denominator}}}"
    return rf"\frac{{{top}}}{{{denominator}}}"
