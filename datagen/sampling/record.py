"""What a problem's record so far is: of each rung, the attempts and the new paths that they brought; nothing else.

A rung is a teacher, or several that are asked side by side. The recorded solutions of a problem are a rung that nobody
asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

RECORDED = -1
"""The rung of the recorded solutions."""


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """How a rung did at one problem.

    Attributes:
        asked: solutions that it gave.
        new: distinct correct paths among them that no rung before it had; never more than `asked`.
    """

    asked: int = 0
    new: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """How all rungs did at one problem; equal records are treated equally.

    Attributes:
        recorded: what its source brought.
        rungs: what each rung of the ladder brought.
    """

    recorded: Tally
    rungs: tuple[Tally, ...]

    @classmethod
    def of(cls, rungs: int, solutions: Iterable[tuple[int, str | None]]) -> Self:
        """The record of solutions in any order.

        Args:
            rungs: how many the ladder has.
            solutions: of each its rung (or `RECORDED`) and the path that it tells, by name; None for none.
        """
        asked = dict.fromkeys(range(RECORDED, rungs), 0)
        first: dict[str, int] = {}
        for rung, path in solutions:
            asked[rung] += 1
            if path is not None:
                first[path] = min(rung, first.get(path, rung))
        new = dict.fromkeys(asked, 0)
        for rung in first.values():
            new[rung] += 1
        tallies = {rung: Tally(asked[rung], new[rung]) for rung in asked}
        return cls(tallies[RECORDED], tuple(tallies[rung] for rung in range(rungs)))

    @property
    def paths(self) -> int:
        """Distinct correct paths."""
        return self.recorded.new + sum(tally.new for tally in self.rungs)

    @property
    def paid(self) -> int:
        """Paid attempts."""
        return sum(tally.asked for tally in self.rungs)

    @property
    def reached(self) -> int:
        """The highest rung that was asked; 0 when none was."""
        return max((rung for rung, tally in enumerate(self.rungs) if tally.asked), default=0)

    def after(self, rung: int, asked: int, new: int) -> Self:
        """The record when a rung gave more."""
        tally = self.rungs[rung]
        more = Tally(tally.asked + asked, tally.new + new)
        return replace(self, rungs=(*self.rungs[:rung], more, *self.rungs[rung + 1 :]))

    def before(self, rung: int) -> Self:
        """The record without what a rung and those above it brought."""
        return replace(self, rungs=(*self.rungs[:rung], *(Tally(),) * (len(self.rungs) - rung)))
