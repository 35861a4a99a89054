"""What to ask next: a pure function of rules and outcomes that stops, gives up, climbs, and never asks twice."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.sampling.plan import Ask, Outcome, Rules, next_wave

LADDERS = st.integers(0, 3).map(lambda number: tuple("abc"[:number]))
RULES = st.builds(Rules, LADDERS, st.integers(1, 8), st.integers(1, 20), st.integers(1, 20))
PATHS = st.sampled_from([None, None, "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"])
RECORDED = st.lists(st.builds(Outcome, st.just("recorded"), PATHS), max_size=4)
SEEDS = st.integers(0, 2**32)


def answer(seed: int, ask: Ask) -> Outcome:
    """What an attempt brings in this world: always the same."""
    draw = random.Random(f"{seed} {ask.teacher} {ask.attempt}")
    luck = draw.choice([0.0, 0.3, 0.9])
    return Outcome(ask.teacher, f"p{draw.randrange(9)}" if draw.random() < luck else None)


def play(rules: Rules, recorded: list[Outcome], seed: int) -> list[tuple[Ask, ...]]:
    outcomes, waves = list(recorded), []
    while wave := next_wave(rules, outcomes):
        waves.append(wave)
        outcomes += [answer(seed, ask) for ask in wave]
        assert len(waves) <= rules.max_attempts, "a wave asks something, so there are no more waves than attempts"
    return waves


def paths_of(outcomes: list[Outcome]) -> set[str]:
    return {outcome.path for outcome in outcomes if outcome.path is not None}


@settings(deadline=None, max_examples=300)
@given(RULES, RECORDED, SEEDS)
def test_a_plan_asks_within_its_limits_and_ends_for_a_reason(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    waves = play(rules, recorded, seed)
    asked = [ask for wave in waves for ask in wave]
    assert len(asked) <= rules.max_attempts
    assert max(Counter(asked).values(), default=1) == 1, "an attempt is asked once"
    outcomes = [*recorded, *(answer(seed, ask) for ask in asked)]
    paths = paths_of(outcomes)
    if not paths:
        assert len(asked) <= rules.give_up_after
    if rules.ladder and len(paths) < rules.target_correct:
        most = rules.max_attempts if paths else min(rules.give_up_after, rules.max_attempts)
        assert len(asked) >= most, "it stops short of its target only when its attempts are used up"


@settings(deadline=None, max_examples=200)
@given(RULES, RECORDED, SEEDS)
def test_no_wave_asks_for_more_than_what_is_missing(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    outcomes = list(recorded)
    for wave in play(rules, recorded, seed):
        assert len(wave) <= rules.target_correct - len(paths_of(outcomes))
        outcomes += [answer(seed, ask) for ask in wave]


@settings(deadline=None, max_examples=200)
@given(RULES, RECORDED, SEEDS)
def test_a_problem_climbs_the_ladder_and_never_back(rules: Rules, recorded: list[Outcome], seed: int) -> None:
    asked = [ask for wave in play(rules, recorded, seed) for ask in wave]
    rungs = [rules.ladder.index(ask.teacher) for ask in asked]
    assert rungs == sorted(rungs)
    for teacher in rules.ladder:
        attempts = [ask.attempt for ask in asked if ask.teacher == teacher]
        assert attempts == list(range(len(attempts))), "attempts count from 0 without a gap"


@settings(deadline=None, max_examples=200)
@given(RULES, RECORDED, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_wave(
    rules: Rules, recorded: list[Outcome], seed: int, order: random.Random
) -> None:
    outcomes = list(recorded)
    for wave in play(rules, recorded, seed):
        shuffled = list(outcomes)
        order.shuffle(shuffled)
        assert next_wave(rules, shuffled) == wave
        outcomes += [answer(seed, ask) for ask in wave]


@settings(deadline=None, max_examples=100)
@given(RULES, RECORDED, SEEDS, st.integers(0, 20))
def test_a_plan_that_was_stopped_after_any_wave_goes_on_as_if_it_had_not(
    rules: Rules, recorded: list[Outcome], seed: int, stop: int
) -> None:
    undisturbed = play(rules, recorded, seed)
    arrived = [answer(seed, ask) for wave in undisturbed[:stop] for ask in wave]
    assert play(rules, [*recorded, *arrived], seed) == undisturbed[stop:]


def test_the_first_wave_asks_for_as_many_as_are_wanted() -> None:
    rules = Rules(("a",), target_correct=4, max_attempts=16, give_up_after=8)
    assert next_wave(rules, []) == tuple(Ask("a", number) for number in range(4))


def test_recorded_solutions_use_up_no_attempt_and_count_as_paths() -> None:
    rules = Rules(("a",), target_correct=3, max_attempts=3, give_up_after=3)
    recorded = [Outcome("recorded", "p1"), *[Outcome("recorded", None)] * 20]
    assert next_wave(rules, recorded) == (Ask("a", 0), Ask("a", 1))


def test_two_solutions_that_say_the_same_are_one_path() -> None:
    rules = Rules(("a",), target_correct=2, max_attempts=16, give_up_after=8)
    assert next_wave(rules, [Outcome("a", "p1"), Outcome("a", "p1")]) == (Ask("a", 2),)


def test_a_problem_that_nobody_solves_is_given_up_early() -> None:
    rules = Rules(("a", "b"), target_correct=6, max_attempts=16, give_up_after=4)
    assert next_wave(rules, [Outcome("a", None)] * 2) == (Ask("b", 0), Ask("b", 1))
    assert next_wave(rules, [*[Outcome("a", None)] * 2, *[Outcome("b", None)] * 2]) == ()


def test_without_paid_teachers_nothing_is_asked() -> None:
    assert next_wave(Rules((), 6, 16, 8), []) == ()
