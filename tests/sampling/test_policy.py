"""When a wave is worth its price: what is believed follows what was seen, and what is lost by giving up is bounded."""

from collections import Counter

import numpy as np
import pytest

from datagen.sampling.blocks import fitted_policy
from datagen.sampling.policy import Bounds, Policy, Step
from datagen.sampling.rates import Rates
from datagen.sampling.record import RECORDED, Record, Tally

NOTHING = Record(Tally(), (Tally(),))
BOUNDS = Bounds(target_correct=4, max_attempts=16, give_up_after=8)


def drawn(chances: np.ndarray, attempts: int, seed: int = 0) -> Counter[Record]:
    """The records of problems that were each attempted so often."""
    new = np.random.default_rng(seed).binomial(attempts, chances)
    return Counter(Record(Tally(), (Tally(attempts, int(number)),)) for number in new)


def played(policy: Policy, answers: np.ndarray) -> Record:
    """A problem's record at the end of its plan; its attempts bring what the answers say, in order."""
    record = NOTHING
    while step := policy.next(record):
        begin = record.paid
        record = record.after(0, step.attempts, int(answers[begin : begin + step.attempts].sum()))
    return record


DISTRIBUTIONS = {
    "easy": lambda draw, n: draw.beta(9, 1, n),
    "hard": lambda draw, n: draw.beta(1, 6, n),
    "two humps": lambda draw, n: np.where(draw.random(n) < 0.5, draw.beta(2, 18, n), draw.beta(18, 2, n)),
    "all or nothing": lambda draw, n: np.where(draw.random(n) < 0.5, 0.0, 0.95),
    "all alike": lambda draw, n: np.full(n, 0.3),
}


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_where_problems_are_as_those_before_them_hardly_one_is_lost_and_most_attempts_are_spared(kind: str) -> None:
    draw = np.random.default_rng(3)
    before, after = DISTRIBUTIONS[kind](draw, 1000), DISTRIBUTIONS[kind](draw, 2000)
    policy = fitted_policy(Bounds(4, 16, 16), drawn(before, 4), (1.0,))
    answers = draw.random((2000, 16)) < after[:, None]
    served = answers.sum(axis=1) >= 4
    ends = [played(policy, one) for one in answers]
    kept = sum(end.paths >= 4 for end in ends)
    assert kept >= 0.985 * served.sum(), "0.9965 is aimed at; 2,000 problems scatter"
    assert sum(end.paid for end in ends) < 0.75 * 16 * 2000


def test_a_problem_without_an_answer_is_given_up_where_none_like_it_was_ever_solved() -> None:
    world = np.where(np.arange(400) % 2, 0.0, 0.95)
    policy = fitted_policy(BOUNDS, drawn(world, 4), (1.0,))
    failed = Record(Tally(), (Tally(4, 0),))
    assert policy.next(failed) is None
    assert policy.chance(failed) < 0.01
    nearly = policy.next(Record(Tally(), (Tally(4, 3),)))
    assert nearly is not None
    assert nearly.attempts in (1, 2)


def test_a_problem_is_asked_on_where_such_were_solved() -> None:
    policy = fitted_policy(BOUNDS, drawn(np.full(400, 0.3), 4), (1.0,))
    step = policy.next(Record(Tally(), (Tally(4, 0),)))
    assert step is not None
    assert step.attempts >= 4


def test_give_up_after_is_the_upper_bound_whatever_is_believed() -> None:
    policy = fitted_policy(Bounds(4, 16, 6), drawn(np.full(400, 0.4), 4), (1.0,))
    first = policy.next(Record(Tally(), (Tally(4, 0),)))
    assert first == Step(0, 2)
    assert policy.next(Record(Tally(), (Tally(6, 0),))) is None
    assert policy.next(Record(Tally(), (Tally(6, 1),))) is not None


def test_attempts_that_are_used_up_or_paths_that_are_enough_end_a_plan() -> None:
    policy = fitted_policy(BOUNDS, {}, (1.0,))
    assert policy.next(Record(Tally(), (Tally(16, 3),))) is None
    assert policy.next(Record(Tally(1, 1), (Tally(5, 3),))) is None


def both(cheap: np.ndarray, dear: np.ndarray, seed: int = 1) -> Counter[Record]:
    draw = np.random.default_rng(seed)
    first, second = draw.binomial(6, cheap), draw.binomial(6, dear)
    tallies = zip(first.tolist(), second.tolist(), strict=True)
    return Counter(Record(Tally(), (Tally(6, one), Tally(6, other))) for one, other in tallies)


def test_a_problem_climbs_where_the_dear_rung_is_worth_its_price_and_stays_where_it_is_not() -> None:
    difficulty = np.random.default_rng(2).random(600)
    better = fitted_policy(BOUNDS, both(difficulty**6, difficulty**0.2), (0.5, 1.0))
    hard = Record(Tally(), (Tally(4, 0), Tally()))
    climbed = better.next(hard)
    assert climbed is not None
    assert climbed.rung == 1
    no_better = fitted_policy(BOUNDS, both(difficulty, difficulty), (0.05, 1.0))
    stayed = no_better.next(Record(Tally(), (Tally(4, 2), Tally())))
    assert stayed is not None
    assert stayed.rung == 0


def test_the_rates_of_a_world_are_found_again() -> None:
    draw = np.random.default_rng(5)
    difficulty = draw.choice([0.1, 0.8], 3000)
    odds = difficulty / (1 - difficulty)
    better = odds * np.exp(1.5) / (1 + odds * np.exp(1.5))
    rates = Rates.fit(2, both(difficulty, better))
    assert float(rates.weights @ rates.chances[0]) == pytest.approx(0.45, abs=0.02)
    assert float(rates.weights @ rates.chances[1]) == pytest.approx(better.mean(), abs=0.02)
    low = rates.belief(Record(Tally(), (Tally(6, 0), Tally())))
    assert float(low @ rates.chances[0]) == pytest.approx(0.1, abs=0.04)


def test_what_a_source_brought_says_how_hard_a_problem_is() -> None:
    easy = Counter({Record(Tally(4, 4), (Tally(6, 6),)): 300, Record(Tally(4, 0), (Tally(6, 0),)): 300})
    rates = Rates.fit(1, easy)
    chances = {new: float(rates.belief(Record(Tally(4, new), (Tally(),))) @ rates.chances[0]) for new in (0, 4)}
    assert chances[0] < 0.05
    assert chances[4] > 0.95
    assert RECORDED in rates.chances


def test_nothing_seen_is_believed_to_be_anything() -> None:
    rates = Rates.fit(1, {})
    assert float(rates.weights @ rates.chances[0]) == pytest.approx(0.5, abs=0.02)
    assert rates.weights.sum() == pytest.approx(1.0)


def test_a_problem_that_may_still_make_an_example_is_asked_on_though_it_will_never_have_enough() -> None:
    draw = np.random.default_rng(8)
    before, after = draw.beta(1, 6, 1000), draw.beta(1, 6, 2000)
    answers = draw.random((2000, 16)) < after[:, None]
    seen = drawn(before, 6)
    examples = (answers.sum(axis=1) >= 2).sum()
    made = {}
    for fewest in (0, 2):
        policy = fitted_policy(Bounds(6, 16, 16, fewest), seen, (1.0,))
        made[fewest] = sum(played(policy, one).paths >= 2 for one in answers)
    assert made[2] >= 0.985 * examples
    assert made[0] < 0.9 * examples, "where only enough counts, such problems are given up"


def test_the_chance_that_is_told_is_that_of_an_example_as_long_as_there_is_none() -> None:
    policy = fitted_policy(Bounds(6, 16, 16, 2), drawn(np.full(400, 0.2), 6), (1.0,))
    one_path, two_paths = (policy.chance(Record(Tally(), (Tally(6, new),))) for new in (1, 2))
    assert one_path > 0.8, "one more of ten attempts"
    assert two_paths < 0.2, "four more of ten attempts"
