"""What stopping costs while it is being learnt: next to what a constant rule costs that was chosen with hindsight."""

import numpy as np
import pytest

from datagen.sampling.policy import Bounds
from tests.benchmarks.replaying import Draw, Played, constant, fixed, ours

_TARGET, _MOST, _DRAWS = 4, 16, 4
_HALF = np.arange(600) % 2 == 0

WORLDS = {
    "all or nothing": np.where(_HALF, 0.95, 0.0),
    "hard": np.random.default_rng(1).beta(1, 6, 600),
    "two humps": np.where(_HALF, 0.1, 0.9),
}


@pytest.mark.parametrize("world", WORLDS)
def test_a_run_that_knows_nothing_beforehand_asks_hardly_more_than_the_best_constant_rule(world: str) -> None:
    everything, us, rules = Played(), Played(), {limit: Played() for limit in range(_TARGET, _MOST + 1)}
    for number in range(_DRAWS):
        draw = Draw(WORLDS[world][:, None], _MOST, number)
        everything.add(fixed(draw, _TARGET, _MOST))
        us.add(ours(draw, Bounds(_TARGET, _MOST, _MOST)))
        for limit, played in rules.items():
            played.add(constant(draw, Bounds(_TARGET, _MOST, limit)))
    assert us.yield_of(everything) > 0.99, "0.9965 is aimed at; a few draws scatter"
    good = [played.each for played in rules.values() if played.yield_of(everything) >= 0.995]
    assert us.each < 1.05 * min(good)
