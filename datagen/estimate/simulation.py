"""One problem through the real plan, again and again: the rules of sampling with the answers drawn by chance.

Problems differ in how often a teacher solves them, and that is what decides how many attempts they take. So each
problem has a solve rate of its own, drawn from what was seen of it and of the others (a Beta distribution, fitted by
maximum likelihood, which the plan's stopping early does not bias).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from datagen.sampling.plan import NextStep, Outcome, Rules, next_wave

_MEANS = tuple(step / 40 for step in range(1, 40))
_STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """How often problems are solved: Beta(mean × strength, (1 − mean) × strength)."""

    mean: float
    strength: float

    def draw(self, correct: int, attempts: int, chance: np.random.Generator) -> float:
        """A solve rate of a problem with so many correct attempts out of so many."""
        right = self.mean * self.strength + correct
        return float(chance.beta(right, (1 - self.mean) * self.strength + attempts - correct))


@dataclass(frozen=True, slots=True)
class Specimen:
    """A problem that was seen and stands for others like it.

    Attributes:
        recorded: different correct paths that its recorded solutions hold.
        tried: correct attempts and attempts, by teacher.
        tokens: of the prompt and of one completion in the mean, by teacher.
    """

    recorded: int = 0
    tried: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    tokens: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Played:
    """How a problem went: attempts by teacher, in the ladder's order, and different correct paths in the end."""

    attempts: tuple[int, ...]
    paths: int


def fit_spread(tried: Iterable[tuple[int, int]]) -> Spread | None:
    """The likeliest spread of solve rates, given correct attempts and attempts of each problem; None without any."""
    counted = Counter((correct, attempts) for correct, attempts in tried if attempts)
    if not counted:
        return None
    spreads = [Spread(mean, strength) for mean in _MEANS for strength in _STRENGTHS]
    return max(spreads, key=lambda spread: sum(n * _log_likelihood(spread, *seen) for seen, n in counted.items()))


def play(
    rules: Rules,
    policy: NextStep,
    specimen: Specimen,
    spreads: Mapping[str, Spread],
    repeats: float,
    chance: np.random.Generator,
) -> Played:
    """Take a problem like a specimen through the plan.

    Args:
        rules: whom to ask, and what no plan goes beyond.
        policy: how often to ask whom.
        specimen: what was seen of the problem.
        spreads: of the solve rates, by teacher.
        repeats: share of further correct answers that say what an earlier one says.
        chance: draws.
    """
    rates = {name: spreads[name].draw(*specimen.tried.get(name, (0, 0)), chance) for name in rules.teachers}
    outcomes = [Outcome("", f"{number}") for number in range(1, specimen.recorded + 1)]
    paths = specimen.recorded
    while wave := next_wave(rules, outcomes, policy):
        for ask in wave:
            path = None
            if chance.random() < rates[ask.teacher]:
                paths += not paths or chance.random() >= repeats
                path = f"{paths}"
            outcomes.append(Outcome(ask.teacher, path))
    asked = Counter(outcome.teacher for outcome in outcomes)
    return Played(tuple(asked[name] for name in rules.teachers), paths)


def _log_likelihood(spread: Spread, correct: int, attempts: int) -> float:
    right, wrong = spread.mean * spread.strength, (1 - spread.mean) * spread.strength
    return _log_beta(right + correct, wrong + attempts - correct) - _log_beta(right, wrong)


def _log_beta(right: float, wrong: float) -> float:
    return math.lgamma(right) + math.lgamma(wrong) - math.lgamma(right + wrong)
