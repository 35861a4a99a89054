"""Simulated problems go by the plan's own rules, and what is fitted is what was there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.estimate.simulation import Specimen, Spread, fit_spread, play
from datagen.sampling.plan import Rules
from datagen.sampling.policy import Bounds
from tests.sampling.test_plan import policy_of

LADDERS = st.sampled_from([(), (("a",),), (("a",), ("b",)), (("a", "b"), ("c",))])
BOUNDS = st.builds(Bounds, st.integers(1, 8), st.integers(1, 20), st.integers(1, 20))
RULES = st.builds(Rules, LADDERS, BOUNDS)
SPECIMENS = st.builds(Specimen, st.integers(0, 4), st.just({"a": (2, 5)}), st.just({}))


@settings(deadline=None, max_examples=150)
@given(RULES, SPECIMENS, st.floats(0.05, 0.95), st.floats(0, 1), st.integers(0, 2**32))
def test_a_simulated_problem_keeps_the_plans_limits(
    rules: Rules, specimen: Specimen, mean: float, repeats: float, seed: int
) -> None:
    spreads = dict.fromkeys("abc", Spread(mean, 1.0))
    played = play(rules, policy_of(rules), specimen, spreads, repeats, np.random.default_rng(seed))
    assert len(played.attempts) == len(rules.teachers)
    assert sum(played.attempts) <= rules.bounds.max_attempts
    assert specimen.recorded <= played.paths <= specimen.recorded + sum(played.attempts)
    if specimen.recorded >= rules.bounds.target_correct:
        assert sum(played.attempts) == 0
    if played.paths == 0:
        assert sum(played.attempts) <= rules.bounds.give_up_after


def test_who_is_always_right_is_asked_once_for_each_path_and_who_never_is_until_the_problem_is_given_up() -> None:
    rules, chance = Rules((("a",),), Bounds(6, 16, 8)), np.random.default_rng(0)
    policy = policy_of(rules)
    assert play(rules, policy, Specimen(), {"a": Spread(1 - 1e-9, 1e6)}, 0.0, chance).attempts == (6,)
    assert play(rules, policy, Specimen(2), {"a": Spread(1 - 1e-9, 1e6)}, 0.0, chance).attempts == (4,)
    assert play(rules, policy, Specimen(), {"a": Spread(1e-9, 1e6)}, 0.0, chance).attempts[0] in (6, 7, 8)


@pytest.mark.parametrize(("mean", "strength"), [(0.6, 1.0), (0.3, 4.0), (0.8, 16.0)])
def test_the_spread_is_found_again_though_the_plan_stops_early_where_problems_are_easy(
    mean: float, strength: float
) -> None:
    rules, chance = Rules((("a",),), Bounds(4, 16, 8)), np.random.default_rng(7)
    truth, policy = {"a": Spread(mean, strength)}, policy_of(rules)
    played = [play(rules, policy, Specimen(), truth, 0.0, chance) for _ in range(600)]
    fitted = fit_spread((one.paths, one.attempts[0]) for one in played)
    assert fitted is not None
    assert fitted.mean == pytest.approx(mean, abs=0.06)
    assert strength / 2 <= fitted.strength <= strength * 2
