"""What a check tells of one example."""

from collections.abc import Iterable
from dataclasses import dataclass

from datagen.audit.finding import FindingName


@dataclass(frozen=True, slots=True)
class Hit:
    """One path, or one example, that has a fault.

    Attributes:
        detail: a few words that a person can check.
        part: the kind of fault, where there are kinds.
        is_marked: whether the dataset itself says so.
    """

    detail: str
    part: str = ""
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found of one fault in one example.

    Attributes:
        name: the fault.
        of: how many things were looked at: its paths, or 1 for itself.
        hits: those that have it.
    """

    name: FindingName
    of: int
    hits: tuple[Hit, ...] = ()


def of_example(name: FindingName, hits: Iterable[Hit]) -> Tally:
    """The tally of a fault that an example has or has not: it counts once, by its first hit."""
    return Tally(name, 1, tuple(hits)[:1])
