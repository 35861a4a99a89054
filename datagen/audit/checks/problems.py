"""Problems that stand in a dataset twice, in the same words or in others.

By what the screen goes by: normal forms, and the search for near duplicates. Texts wait in a file, so that
memory holds 272 bytes a problem and what has a twin. Where a dataset gives no reference answer, its summary's is the
witness; without any, only texts that show by themselves that they are one problem are near duplicates.
"""

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import cache
from typing import TextIO

import numpy as np

from datagen.audit.checks.tally import Hit, Tally
from datagen.recipe import Screening
from datagen.screen.duplicates import Rules, alike_problems
from datagen.screen.screening import NOTHING_LEFT
from datagen.tables import Problem
from datagen.texts import problem_id, says_something
from datagen.verify.pair import Pair
from datagen.verify.verifier import Verifier

_NEAR = Screening().near_duplicates
_NOTHING = ""
_NO_ANSWER = "\0"
"""What stands, before the row's place, for an answer that nobody gives: no two of them are the same."""

Twins = Mapping[int, int]  # the place of an example, and of the one before it that asks the same


@dataclass(frozen=True, slots=True)
class Asked:
    """What an example asks.

    Attributes:
        example: its id.
        split: where it stands.
        problem: the text.
        problem_id: the name of its normal form; empty where the text says nothing, and so equals no other.
        answer: the reference answer, else the summary's; None without either.
    """

    example: str
    split: str
    problem: str
    problem_id: str
    answer: str | None


def name_of(problem: str) -> str:
    """The id of a problem that can equal another; empty for one that says nothing."""
    name = problem_id(problem)
    return name if name != NOTHING_LEFT and says_something(problem) else _NOTHING


class Problems:
    """Keeps the problems of a dataset until all are there.

    Args:
        verifier: says whether two answers are one.
        kept: an empty file in which they wait.
    """

    def __init__(self, verifier: Verifier, kept: TextIO) -> None:
        self._verifier = verifier
        self._kept = kept
        self._keys = array("Q")

    def add(self, asked: Asked) -> None:
        """Add what the next example asks."""
        json.dump(astuple(asked), self._kept)
        self._kept.write("\n")
        self._keys.append(int(asked.problem_id, 16) if asked.problem_id else 0)

    def tallies(self) -> Iterator[tuple[str, tuple[Tally, Tally]]]:
        """For each example, by its id and in order, both faults that its problem may have.

        Raises:
            StoppedError: a signal came.
        """
        first, repeats = self._repeats()
        near = self._near(first)
        wanted = {*repeats.values(), *near.values()}
        twins = {place: asked for place, asked in enumerate(self._read()) if place in wanted}
        for place, asked in enumerate(self._read()):
            yield (
                asked.example,
                (
                    Tally("duplicate_problems", 1, _hits(asked, twins.get(repeats.get(place, -1)))),
                    Tally("near_duplicate_problems", 1, _hits(asked, twins.get(near.get(place, -1)))),
                ),
            )

    def _read(self) -> Iterator[Asked]:
        self._kept.seek(0)
        for line in self._kept:
            yield Asked(*json.loads(line))

    def _repeats(self) -> tuple[Mapping[int, int], Twins]:
        """The place where each problem stands first, by its key; and the repeats, each with its first."""
        keys = np.frombuffer(self._keys, np.uint64)
        names, places, inverse = np.unique(keys, return_index=True, return_inverse=True)
        again = np.flatnonzero((places[inverse] != np.arange(len(keys))) & (keys != 0))
        repeats = zip(again.tolist(), places[inverse[again]].tolist(), strict=True)
        return dict(zip(names.tolist(), places.tolist(), strict=True)), dict(repeats)

    def _near(self, first: Mapping[int, int]) -> Twins:
        """The problems that are alike to one that stands before them."""

        @cache
        def same_answer(one: str, other: str) -> bool:
            if _NO_ANSWER in (one[:1], other[:1]):
                return False
            return self._verifier.compare(Pair.of(one, other)).result().verdict == "correct"

        alike = alike_problems(self._problems, Rules(same_answer, _NEAR))
        places = {one: first[int(one, 16)] for one in alike}
        earlier = {
            places[one]: min((places[other] for other in others if places[other] < places[one]), default=-1)
            for one, others in alike.items()
        }
        return {place: twin for place, twin in earlier.items() if twin >= 0}

    def _problems(self) -> Iterator[Problem]:
        for place, asked in enumerate(self._read()):
            if asked.problem_id:
                answer = asked.answer or f"{_NO_ANSWER}{place}"
                yield Problem(str(place), asked.problem_id, asked.problem, answer, "", "", "", "")


def _hits(asked: Asked, twin: Asked | None) -> tuple[Hit, ...]:
    if twin is None:
        return ()
    splits = " and ".join(sorted({asked.split, twin.split}))
    return (Hit(f"{asked.split}: as {twin.example} in {twin.split}", splits),)
