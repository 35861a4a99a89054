"""What an adapter makes of a row, and the careful reading of a row's cells.

An adapter only says what stands where and what is peculiar to its source; it never decides what all sources share.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Protocol

from datagen.errors import UsageError
from datagen.reading import SourceRow
from datagen.tables import DropReason, FinishReason

R1 = "deepseek-r1"
UNKNOWN_WRITER = "unknown"

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a row holds no problem with an answer that can be checked, and what a person can look at to agree."""

    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True)
class RawSolution:
    """A solution as a row carries it.

    Attributes:
        text: the raw output; with `reasoning` given, only what follows the thought.
        model: who wrote it; empty where the row does not say.
        reasoning: the thought, where the row keeps it apart.
        finish_reason: `unknown` where the row does not say.
    """

    text: str
    model: str
    reasoning: str | None = None
    finish_reason: FinishReason = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row holds; an empty text stands for nothing.

    Attributes:
        problem: as the source has it, blanks around it included.
        source_id: the row's own name in its source; empty when it has none.
        loss: what is peculiar to the source and rules the row out; None leaves it to the common rules.
    """

    problem: str
    answer: str
    recorded: tuple[RawSolution, ...] = ()
    topic: str | None = None
    difficulty: float | None = None
    source_id: str = ""
    loss: Loss | None = None


class Adapter(Protocol):
    """How to read the rows of one source."""

    @property
    def licence(self) -> str:
        """SPDX identifier as the source states it."""

    @property
    def writer(self) -> str:
        """Who wrote the recorded solutions of the dataset on the Hub, where its rows do not say."""

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which a file is not this source."""

    @property
    def optional(self) -> tuple[str, ...]:
        """Further columns that are read when they are there."""

    @property
    def advice(self) -> str:
        """What to do when a required column is missing."""

    def read(self, cells: "Cells") -> Entry:
        """Say what a row holds."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a row by column name, read as what they should be, or refused with file, row and column."""

    row: SourceRow

    def raw(self, column: str) -> str:
        """The cell as text, blanks around it included; empty when null, NaN, blank or absent."""
        value = self.row.values.get(column)
        return _storable(value) if isinstance(value, str) and value.strip() else self.text(column)

    def text(self, column: str) -> str:
        """The cell as text without blanks around it; numbers in plain digits; empty when null, NaN or absent."""
        value = self.row.values.get(column)
        if value is not None and not isinstance(value, str | bool | int | float | Decimal | date | time):
            raise self.wrong_type(column, value, "a text or a number")
        return _as_text(value)

    def number(self, column: str) -> float | None:
        """The cell as a finite number; None when null, NaN, empty or absent."""
        value = self.row.values.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self.wrong_type(column, value, "a number")
        try:
            number = float(value)
        except (ValueError, OverflowError) as error:
            raise UsageError(f"{self.place(column)}: {str(value)[:40]!r} is no number") from error
        return number if math.isfinite(number) else None

    def items(self, column: str) -> list[Any]:
        """The cell as a list; empty when null or absent."""
        value = self.row.values.get(column)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong_type(column, value, "a list")
        return value

    def texts(self, column: str) -> list[str]:
        """The cell as a list of texts; a null among them is an empty text."""
        return [self.as_text(column, item) for item in self.items(column)]

    def as_text(self, column: str, item: object) -> str:
        """An item of a list cell, or a field of a struct, as text; empty when null."""
        if item is not None and not isinstance(item, str):
            raise self.wrong_type(column, item, "a text")
        return _as_text(item)

    def solutions(self, column: str) -> tuple[RawSolution, ...]:
        """The cell as one recorded solution; none when it is empty."""
        text = self.text(column)
        return (RawSolution(text, ""),) if text else ()

    def place(self, column: str) -> str:
        """Where a person finds the cell."""
        return f"{self.row.file}: row {self.row.number}, column {column!r}"

    def wrong_type(self, column: str, value: object, expected: str) -> UsageError:
        """The refusal of a cell of the wrong type."""
        kind = "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"
        return UsageError(
            f"{self.place(column)} holds {kind}, {expected} is expected; convert it, or map another column"
        )


def _as_text(value: object) -> str:
    if value is None or value != value:  # NaN, which is how tables write null
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _storable(str(value)).strip()


def _storable(text: str) -> str:
    # half a surrogate pair is no character: neither UTF-8 nor Arrow can hold it
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
