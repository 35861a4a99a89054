"""How sampling of a problem is said to have ended."""

import pytest

from datagen.path_rule import PathRule
from datagen.sampling.blocks import fitted_policy
from datagen.sampling.figures import end_of
from datagen.sampling.following import Course
from datagen.sampling.plan import Rules
from datagen.sampling.policy import Bounds, Policy
from datagen.sampling.record import Record, Tally
from tests.sampling.openai_like import problem

BOUNDS = Bounds(2, 8, 4)


class _Ended(Course):
    """A course that has come to a record."""

    def __init__(self, record: Record) -> None:
        super().__init__(problem(), Rules((("t",),), BOUNDS), PathRule("both"), None)
        self.solutions, self.correct, self._record = record.paid, record.paths, record

    @property
    def record(self) -> Record:
        return self._record


@pytest.fixture(scope="module")
def policy() -> Policy:
    return fitted_policy(BOUNDS, {}, (1.0,))


@pytest.mark.parametrize(
    ("asked", "new", "ended", "has_chance"),
    [(2, 2, "enough", False), (4, 0, "given_up", True), (5, 1, "given_up", True), (8, 1, "attempts_used", False)],
)
def test_a_problem_is_given_up_with_its_chance_while_attempts_are_left(
    policy: Policy, asked: int, new: int, ended: str, has_chance: bool
) -> None:
    told = end_of(_Ended(Record(Tally(), (Tally(asked, new),))), Rules((("t",),), BOUNDS), policy)
    assert told.ended == ended
    assert (told.chance is not None) == has_chance
    assert told.chance is None or 0 < told.chance < 1
