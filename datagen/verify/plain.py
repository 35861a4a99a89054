"""What a table or a caller may hand over as an answer or a solution, as text.

Numbers are text. Null and NaN are nothing. What is neither is refused with a reason that becomes the verdict's method.
"""

import numbers
from decimal import Decimal

_MOST_ZEROS = 400
"""Decimal exponent up to which a number is written out; floats end at 308."""


class UnreadableError(ValueError):
    """A value that is no text; `reason` says why in a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text_of(value: object) -> str:
    """A value's text without blanks around it; empty for null and NaN.

    Raises:
        UnreadableError: it is neither text nor a number.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value).strip()
    if isinstance(value, numbers.Integral):
        return _whole(value)
    if isinstance(value, numbers.Rational):
        return f"{_whole(value.numerator)}/{_whole(value.denominator)}"
    if isinstance(value, (numbers.Real, Decimal)):
        return _decimal(value if isinstance(value, Decimal) else Decimal(str(value)))
    raise UnreadableError("not-text")


def _whole(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no more than some thousand digits
        raise UnreadableError("too-long") from None


def _decimal(value: Decimal) -> str:
    if value.is_nan():
        return ""
    if value.is_infinite():
        return "-\\infty" if value < 0 else "\\infty"
    return format(value, "f") if abs(value.adjusted()) <= _MOST_ZEROS else str(value)
