"""What to ask next: a pure function of rules, outcomes and policy that stops, climbs, and never asks twice."""

import random
from collections import Counter
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.sampling.blocks import fitted_policy
from datagen.sampling.plan import Ask, NextStep, Nobody, Outcome, Rules, next_wave, record_of
from datagen.sampling.policy import Bounds, Step
from datagen.sampling.record import Record, Tally

LADDERS = st.sampled_from([(), (("a",),), (("a",), ("b",)), (("a", "b"), ("c",)), (("a",), ("b",), ("c",))])
BOUNDS = st.builds(Bounds, st.integers(1, 8), st.integers(1, 20), st.integers(1, 20))
RULES = st.builds(Rules, LADDERS, BOUNDS)
PATHS = st.sampled_from([None, None, "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"])
RECORDED = st.lists(st.builds(Outcome, st.just("recorded"), PATHS), max_size=4)
SEEDS = st.integers(0, 2**32)


@cache
def policy_of(rules: Rules) -> NextStep:
    """What is believed before anything was seen; the higher a rung the dearer."""
    costs = [8.0**rung for rung in range(len(rules.ladder))]
    return fitted_policy(rules.bounds, {}, costs) if costs else Nobody()


def answer(seed: int, ask: Ask) -> Outcome:
    """What an attempt brings in this world: always the same."""
    draw = random.Random(f"{seed} {ask.teacher} {ask.attempt}")
    luck = draw.choice([0.0, 0.3, 0.9])
    return Outcome(ask.teacher, f"p{draw.randrange(9)}" if draw.random() < luck else None)


def play(rules: Rules, recorded: list[Outcome], seed: int) -> list[tuple[Ask, ...]]:
    outcomes, waves = list(recorded), []
    while wave := next_wave(rules, outcomes, policy_of(rules)):
        waves.append(wave)
        outcomes += [answer(seed, ask) for ask in wave]
        assert len(waves) <= rules.bounds.max_attempts, "a wave asks something: there are no more waves than attempts"
    return waves


def paths_of(outcomes: list[Outcome]) -> set[str]:
    return {outcome.path for outcome in outcomes if outcome.path is not None}


@settings(deadline=None, max_examples=200)
@given(RULES, RECORDED, SEEDS)
def test_a_plan_asks_within_its_limits(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    asked = [ask for wave in play(rules, recorded, seed) for ask in wave]
    assert len(asked) <= rules.bounds.max_attempts
    assert max(Counter(asked).values(), default=1) == 1, "an attempt is asked once"
    outcomes = [*recorded, *(answer(seed, ask) for ask in asked)]
    if not paths_of(outcomes):
        assert len(asked) <= rules.bounds.give_up_after


@settings(deadline=None, max_examples=100)
@given(RULES, RECORDED, SEEDS)
def test_the_first_wave_asks_for_as_many_as_are_missing(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    waves, bounds = play(rules, recorded, seed), rules.bounds
    missing = bounds.target_correct - len(paths_of(recorded))
    most = bounds.max_attempts if paths_of(recorded) else min(bounds.max_attempts, bounds.give_up_after)
    if missing <= 0 or not rules.ladder:
        assert waves == []
    else:
        assert len(waves[0]) == min(missing, most)


@settings(deadline=None, max_examples=100)
@given(RULES, RECORDED, SEEDS)
def test_a_problem_climbs_the_ladder_and_never_back(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    asked = [ask for wave in play(rules, recorded, seed) for ask in wave]
    rungs = [next(rung for rung, names in enumerate(rules.ladder) if ask.teacher in names) for ask in asked]
    assert rungs == sorted(rungs)
    for teacher in rules.teachers:
        attempts = [ask.attempt for ask in asked if ask.teacher == teacher]
        assert attempts == list(range(len(attempts))), "attempts count from 0 without a gap"


@settings(deadline=None, max_examples=100)
@given(RULES, RECORDED, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_wave(
    rules: Rules, recorded: list[Outcome], seed: int, order: random.Random
) -> None:
    outcomes = list(recorded)
    for wave in play(rules, recorded, seed):
        shuffled = list(outcomes)
        order.shuffle(shuffled)
        assert next_wave(rules, shuffled, policy_of(rules)) == wave
        outcomes += [answer(seed, ask) for ask in wave]


@settings(deadline=None, max_examples=100)
@given(RULES, RECORDED, SEEDS, st.integers(0, 20))
def test_a_plan_that_was_stopped_after_any_wave_goes_on_as_if_it_had_not(
    rules: Rules, recorded: list[Outcome], seed: int, stop: int
) -> None:
    undisturbed = play(rules, recorded, seed)
    arrived = [answer(seed, ask) for wave in undisturbed[:stop] for ask in wave]
    assert play(rules, [*recorded, *arrived], seed) == undisturbed[stop:]


class Always:
    """Asks the first rung so many times."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def next(self, record: Record) -> Step | None:
        return Step(0, self._attempts)


def test_the_teachers_of_one_rung_are_asked_in_turn() -> None:
    rules = Rules((("a", "b"), ("c",)), Bounds(6, 16, 8))
    assert next_wave(rules, [], Always(3)) == (Ask("a", 0), Ask("b", 0), Ask("a", 1))
    so_far = [Outcome("a", None), Outcome("b", None), Outcome("a", None)]
    assert next_wave(rules, so_far, Always(2)) == (Ask("b", 1), Ask("a", 2))


def test_recorded_solutions_use_up_no_attempt_and_count_as_paths() -> None:
    rules = Rules((("a",),), Bounds(target_correct=3, max_attempts=3, give_up_after=3))
    recorded = [Outcome("recorded", "p1"), *[Outcome("recorded", None)] * 20]
    assert next_wave(rules, recorded, policy_of(rules)) == (Ask("a", 0), Ask("a", 1))


def test_two_solutions_that_say_the_same_are_one_path_of_the_lower_rung() -> None:
    rules = Rules((("a",), ("b",)), Bounds(2, 16, 8))
    outcomes = [Outcome("b", "p1"), Outcome("a", "p1"), Outcome("a", "p1"), Outcome("b", None)]
    assert record_of(rules, outcomes) == Record(Tally(0, 0), (Tally(2, 1), Tally(2, 0)))


def test_without_paid_teachers_nothing_is_asked() -> None:
    assert next_wave(Rules((), Bounds(6, 16, 8)), [], Nobody()) == ()
