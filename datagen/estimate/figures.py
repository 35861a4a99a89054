"""What an estimate is: every figure as a range, and what each rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RUNS = 400
"""Simulated runs."""
LOW, HIGH = 10, 90
"""Percentiles of a range."""

Draws = NDArray[np.float64]
"""One value for each simulated run."""


@dataclass(frozen=True, slots=True)
class Range:
    """What simulated runs gave: the percentiles LOW and HIGH, and the mean between them."""

    low: float
    expected: float
    high: float

    @classmethod
    def of(cls, draws: Draws) -> "Range":
        """The range of draws."""
        low, high = np.percentile(draws, [LOW, HIGH])
        return cls(float(low), float(draws.mean()), float(high))


@dataclass(frozen=True, slots=True)
class Usage:
    """What is asked of one teacher, or of all; `usd` is None where no price is known."""

    completions: Range
    prompt_tokens: Range
    completion_tokens: Range
    usd: Range | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a budget reaches: the share of the run that it pays for; and in which share of runs it is enough."""

    setting: str
    limit: float
    share: Range
    enough: float


@dataclass(frozen=True, slots=True)
class Paid:
    """What a run's folder paid for already, which this run takes from it or need not ask again."""

    folder: Path
    completions: int
    usd: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take.

    Attributes:
        problems: that pass screening.
        by_source: the same, by source.
        teachers: by name.
        in_all: all teachers together.
        hours: of sampling.
        examples: problems with paths enough.
        basis: what each figure rests on, for people.
        reaches: how far budgets reach.
        paid: what was paid for already.
    """

    problems: Range
    by_source: Mapping[str, Range]
    teachers: Mapping[str, Usage]
    in_all: Usage
    hours: Range
    examples: Range
    basis: Sequence[str]
    reaches: Sequence[Reach]
    paid: Sequence[Paid]
