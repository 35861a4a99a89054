"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

State = Literal["works", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `works`, `missing` (datagen runs without it) or `broken`."""

    what: str
    state: State
    detail: str
