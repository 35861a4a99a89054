r"""Exact numbers: what a tidy text says when it is nothing but rational arithmetic.

Integers with or without separators, decimals, fractions, mixed numbers, powers, factorials and binomials of modest size
become exact fractions; everything else is None and left to computer algebra. Nothing is rounded, and no input can make
the arithmetic large.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_MOST_CHARACTERS = 200
_MOST_BITS = 4096
_DEEPEST = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"|(?P<command>\\(?:frac|binom|cdot|times|div)(?![A-Za-z]))|(?P<sign>[-+*/^(){}!]))"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+")
_DECIMAL_COMMA = re.compile(r"([-+]?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+),([0-9]{2}|[0-9]{4,}|(?<=\b0,)[0-9]{3})")
_MIXED = re.compile(r"([-+]?)([0-9]+)(?: ([0-9]+)/([0-9]+)| ?\\frac\{([0-9]+)\}\{([0-9]+)\})")
_REPEATING = re.compile(r"([-+]?)([0-9]*)\.([0-9]*)\\(?:overline|dot|bar)\{?([0-9]{1,30})\}?")
_POWER_OF_TEN = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)[eE]([-+]?[0-9]{1,3})")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?\.([0-9]+)")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational number.

    Attributes:
        value: the number.
        decimals: digits after the point when it is written as one decimal number, else None; 0 for an integer.
    """

    value: Fraction
    decimals: int | None = None


@lru_cache(maxsize=4096)
def read_number(text: str) -> Number | None:
    """The number that a tidy text says, or None when it says something else or something too large to compute."""
    if not text or len(text) > _MOST_CHARACTERS:
        return None
    if _GROUPED.fullmatch(text.lstrip("-+")):
        text = text.replace(" ", "")
    mixed = _MIXED.fullmatch(text)
    if mixed:
        return _mixed(mixed)
    comma = _DECIMAL_COMMA.fullmatch(text)
    if comma:
        text = f"{comma[1]}{comma[2].replace('.', '')}.{comma[3]}"
    power = _POWER_OF_TEN.fullmatch(text)
    if power:
        return Number(Fraction(power[1]) * Fraction(10) ** int(power[2]))
    repeating = _REPEATING.fullmatch(text)
    if repeating:
        return _repeating(repeating)
    tokens = _tokens(text)
    if tokens is None:
        return None
    try:
        value = _Arithmetic(tokens).whole()
    except (_NoNumberError, ZeroDivisionError):
        return None
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        return Number(value, len(decimal[1]))
    return Number(value, 0 if re.fullmatch(r"[-+]?[0-9,]+\.?", text) else None)


def _mixed(match: re.Match[str]) -> Number | None:
    whole, top, bottom = int(match[2]), int(match[3] or match[5]), int(match[4] or match[6])
    if not 0 < top < bottom:  # rather a product, or no number at all
        return None
    value = whole + Fraction(top, bottom)
    return Number(-value if match[1] == "-" else value)


def _repeating(match: re.Match[str]) -> Number:
    fixed, period = match[3], match[4]
    nines = (10 ** len(period) - 1) * 10 ** len(fixed)
    value = (
        Fraction(int(match[2] or "0")) + Fraction(int(fixed or "0"), 10 ** len(fixed)) + Fraction(int(period), nines)
    )
    return Number(-value if match[1] == "-" else value)


def _tokens(text: str) -> list[str] | None:
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match[match.lastgroup or ""])
        at = match.end()
    return tokens


class _NoNumberError(Exception):
    """The text is no arithmetic, or too large."""


class _Arithmetic:
    """Reads tokens from the left: sums of products of powers; juxtaposition multiplies only beside brackets."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Fraction:
        value = self._sum()
        if self._at != len(self._tokens):
            raise _NoNumberError
        return value

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *expected: str) -> bool:
        if self._peek() in expected and self._peek():
            self._at += 1
            return True
        return False

    def _sum(self) -> Fraction:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoNumberError
        negative = self._peek() == "-"
        self._take("-", "+")
        value = -self._product() if negative else self._product()
        while self._peek() in {"+", "-"}:
            sign = self._tokens[self._at]
            self._at += 1
            value = _small(value + self._product() if sign == "+" else value - self._product())
        self._depth -= 1
        return value

    def _product(self) -> Fraction:
        value, divided = self._power(), False
        while True:
            if self._take("*", "\\cdot", "\\times"):
                value = _small(value * self._power())
            elif self._take("/", "\\div"):
                value, divided = _small(value / self._power()), True
            elif not divided and self._peek() == "(":
                value = _small(value * self._power())
            else:
                return value

    def _power(self) -> Fraction:
        base = self._atom()
        while self._take("!"):
            if base.denominator != 1 or not 0 <= base <= 200 or self._peek() == "!":
                raise _NoNumberError
            base = _small(Fraction(math.factorial(base.numerator)))
        if not self._take("^"):
            return base
        negative = self._take("-")
        exponent = self._group() if self._peek() == "{" else self._atom()
        exponent = -exponent if negative else exponent
        if exponent.denominator != 1 or abs(exponent) > _MOST_BITS:
            raise _NoNumberError
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent.numerator) > _MOST_BITS:
            raise _NoNumberError
        if self._peek() == "^":
            raise _NoNumberError
        return base**exponent.numerator

    def _atom(self) -> Fraction:
        token = self._peek()
        self._at += 1
        if token == "\\frac":
            return _small(self._group() / self._group())
        if token == "\\binom":
            top, bottom = self._group(), self._group()
            if top.denominator != 1 or bottom.denominator != 1 or not 0 <= bottom <= top <= 1000:
                raise _NoNumberError
            return _small(Fraction(math.comb(top.numerator, bottom.numerator)))
        if token == "(":
            value = self._sum()
            if not self._take(")"):
                raise _NoNumberError
            return value
        if token == "{":
            self._at -= 1
            return self._group()
        if token[:1].isdigit() or token[:1] == ".":
            return _small(Fraction(token.replace(",", "")))
        raise _NoNumberError

    def _group(self) -> Fraction:
        if not self._take("{"):
            raise _NoNumberError
        value = self._sum()
        if not self._take("}"):
            raise _NoNumberError
        return value


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise _NoNumberError
    return value
