"""The worlds that an estimate draws from: problems played through the plan, by source, and what is believed of each.

They are many, and differ by what is not known: which problems an earlier run happened to see, or, where nothing was
measured, how far assumptions are off.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datagen.estimate.assumptions import (
    OFF_BY,
    PROMPT_TOKENS,
    REPEATS,
    SOLVE_RATE,
    SOLVE_RATE_OFF,
    SPREAD,
    TOKENS,
    Stated,
    known_of,
)
from datagen.estimate.evidence import Evidence
from datagen.estimate.simulation import Specimen, Spread, fit_spread, play
from datagen.recipe import Recipe
from datagen.sampling.blocks import Usage, fitted_policy
from datagen.sampling.ladder import costs_of, first_block, rules_of
from datagen.sampling.plan import NextStep, Nobody
from datagen.sampling.record import Record, Tally
from datagen.sampling.truncation import most_tokens

_WORLDS, _PLAYS = 40, 150
"""Worlds, and plays of each source in each."""
_POLICY_PLAYS = 400
"""Problems that a simulated run's policy rests on."""
_MOST_SPECIMENS = 250
"""Problems of a source in one world; more would not narrow the range by much."""

Plays = NDArray[np.float64]
"""Specimens × plays × columns: of each teacher completions, prompt and completion tokens; last, whether the problem
has paths enough for an example."""
World = Mapping[str, Plays]
"""By source."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is believed of a recipe's teachers.

    Attributes:
        spreads: of the solve rates, by teacher.
        tokens: of the prompt and of one completion, by teacher, for problems of which nothing was seen.
        repeats: share of further correct answers that say what an earlier one says.
    """

    spreads: Mapping[str, Spread]
    tokens: Mapping[str, tuple[float, float]]
    repeats: float


@dataclass(frozen=True, slots=True)
class _Policies:
    """The policies of a run: that of its first problems, which nothing was learned for, and one that it comes to.

    Attributes:
        first, later: the policies.
        share: of the first problems, of all.
    """

    first: NextStep
    later: NextStep
    share: float

    def draw(self, chance: np.random.Generator) -> NextStep:
        """The policy of some problem."""
        return self.first if chance.random() < self.share else self.later


def measured_worlds(
    recipe: Recipe, problems: float, evidence: Evidence, stated: Stated, chance: np.random.Generator
) -> tuple[list[World], list[str]]:
    """Worlds like the one that an earlier run saw, and what they rest on, for people; a run has about `problems`.

    Each takes its problems from those that were seen, with replacement (the bootstrap: others might have been seen),
    and believes what they say. A source that the run did not have is like all others together.
    """
    everything = [specimen for some in evidence.specimens.values() for specimen in some]
    beliefs, basis = _believed(recipe, everything, evidence, stated)
    stands = [_without_what_is_stated(specimen, stated) for specimen in everything]
    policies = _policies(recipe, problems, stands, beliefs, chance)
    worlds: list[World] = []
    for _ in range(_WORLDS):
        seen = {source: _again(specimens, chance) for source, specimens in evidence.specimens.items()}
        drawn = [specimen for some in seen.values() for specimen in some]
        beliefs, _ = _believed(recipe, drawn, evidence, stated)
        world = {}
        for source in recipe.sources:
            specimens = seen.get(source.label) or _again(drawn, chance) or [Specimen()]
            known = [_without_what_is_stated(specimen, stated) for specimen in specimens]
            world[source.label] = _plays(recipe, policies, known, beliefs, math.ceil(_PLAYS / len(known)), chance)
        worlds.append(world)
    return worlds, basis


def _again(specimens: Sequence[Specimen], chance: np.random.Generator) -> list[Specimen]:
    number = min(len(specimens), _MOST_SPECIMENS)
    return [specimens[place] for place in chance.integers(len(specimens), size=number)] if number else []


def _believed(
    recipe: Recipe, specimens: Sequence[Specimen], evidence: Evidence, stated: Stated
) -> tuple[Beliefs, list[str]]:
    spreads, tokens, basis = {}, {}, []
    for teacher in recipe.paid_teachers:
        spreads[teacher.name], told = _spread(teacher.name, specimens, evidence, stated)
        tokens[teacher.name], how = _tokens(recipe, teacher.name, specimens, stated)
        basis += [told, how]
    again, further = evidence.repeats
    return Beliefs(spreads, tokens, (again + REPEATS) / (further + 1)), basis


def assumed_worlds(
    recipe: Recipe, problems: float, stated: Stated, chance: np.random.Generator
) -> tuple[list[World], list[str]]:
    """Worlds as they may be when nothing was measured, and what they rest on, for people; for about `problems`."""
    rate, basis = stated.solve_rate or SOLVE_RATE, []
    if recipe.paid_teachers:
        told = "assumed" if stated.solve_rate is None else "as stated"
        basis.append(f"solve rate of every teacher: {rate:.2f} ± {_off(rate):.2f}, {told} (spread {SPREAD:g})")
    tokens = {}
    for teacher in recipe.paid_teachers:
        tokens[teacher.name], how = _tokens(recipe, teacher.name, (), stated)
        basis.append(how)
    if recipe.uses_recorded:
        for source in recipe.sources:
            known = known_of(source)
            basis.append(f"{source.label}: {known.carried} recorded solutions a row, {known.right:.2f} right, assumed")
    carried = [known_of(source).carried * known_of(source).right for source in recipe.sources if recipe.uses_recorded]
    specimens = [Specimen(round(number)) for number in carried]
    beliefs = Beliefs(dict.fromkeys(tokens, Spread(min(rate, 0.99), SPREAD)), tokens, REPEATS)
    policies = _policies(recipe, problems, specimens, beliefs, chance)
    return [_assumed_world(recipe, policies, rate, tokens, chance) for _ in range(_WORLDS)], basis


def _assumed_world(
    recipe: Recipe,
    policies: _Policies,
    rate: float,
    tokens: Mapping[str, tuple[float, float]],
    chance: np.random.Generator,
) -> World:
    strength = rate * (1 - rate) / _off(rate) ** 2 - 1 if rate < 1 else 0.0
    mean = float(np.clip(chance.beta(rate * strength, (1 - rate) * strength), 0.01, 0.99)) if rate < 1 else 0.99
    longest = float(recipe.sampling.max_tokens)
    beliefs = Beliefs(
        spreads=dict.fromkeys(tokens, Spread(mean, SPREAD)),
        tokens={
            name: (prompt, min(written * float(np.exp(OFF_BY * chance.standard_normal())), longest))
            for name, (prompt, written) in tokens.items()
        },
        repeats=REPEATS,
    )
    world = {}
    for source in recipe.sources:
        known = known_of(source)
        recorded = chance.binomial(known.carried if recipe.uses_recorded else 0, known.right, _PLAYS)
        specimens = [Specimen(int(number)) for number in recorded]
        world[source.label] = _plays(recipe, policies, specimens, beliefs, 1, chance)
    return world


def _policies(
    recipe: Recipe, problems: float, specimens: Sequence[Specimen], beliefs: Beliefs, chance: np.random.Generator
) -> _Policies:
    """The policies that a run would come to if all were as believed."""
    rules = rules_of(recipe)
    if not rules.ladder:
        return _Policies(Nobody(), Nobody(), 0.0)
    wanted = rules.bounds.target_correct
    records: Counter[Record] = Counter()
    for place in range(_POLICY_PLAYS):
        specimen = specimens[place % len(specimens)] if specimens else Specimen()
        rungs = []
        for rung in rules.ladder:
            rates = [beliefs.spreads[name].draw(*specimen.tried.get(name, (0, 0)), chance) for name in rung]
            rungs.append(Tally(wanted, int(chance.binomial(wanted, sum(rates) / len(rates)))))
        records[Record(Tally(specimen.recorded, specimen.recorded), tuple(rungs))] += 1
    used = []
    for rung in rules.ladder:
        prompts, written = zip(*(beliefs.tokens[name] for name in rung), strict=True)
        used.append(Usage(len(rung), round(sum(prompts)), round(sum(written))))
    first = fitted_policy(rules.bounds, {}, costs_of(recipe, [Usage() for _ in used]))
    later = fitted_policy(rules.bounds, records, costs_of(recipe, used))
    return _Policies(first, later, min(1.0, 2 * first_block(recipe) / max(problems, 1.0)))


def _plays(
    recipe: Recipe,
    policies: _Policies,
    specimens: Sequence[Specimen],
    beliefs: Beliefs,
    number: int,
    chance: np.random.Generator,
) -> Plays:
    rules = rules_of(recipe)
    fewest = recipe.paths.fewest_correct
    table = np.zeros((len(specimens), number, 3 * len(rules.teachers) + 1))
    for row, specimen in enumerate(specimens):
        tokens = [specimen.tokens.get(name, beliefs.tokens[name]) for name in rules.teachers]
        for column in range(number):
            played = play(rules, policies.draw(chance), specimen, beliefs.spreads, beliefs.repeats, chance)
            cells: list[float] = []
            for (prompt, written), attempts in zip(tokens, played.attempts, strict=True):
                cells += [attempts, attempts * prompt, attempts * written]
            table[row, column] = [*cells, played.paths >= fewest]
    return table


def _spread(name: str, specimens: Sequence[Specimen], evidence: Evidence, stated: Stated) -> tuple[Spread, str]:
    tried = [specimen.tried[name] for specimen in specimens if name in specimen.tried]
    fitted = fit_spread(tried)
    if stated.solve_rate is not None or fitted is None:
        rate, told = (SOLVE_RATE, "assumed") if stated.solve_rate is None else (stated.solve_rate, "as stated")
        return Spread(min(rate, 0.99), SPREAD), f"{name}: solve rate {rate:.2f}, {told} (spread {SPREAD:g})"
    right, asked = (sum(numbers) for numbers in zip(*tried, strict=True))
    return fitted, (
        f"{name}: {right:,} of {asked:,} attempts at {len(tried):,} problems brought a path in {evidence.folder}; "
        f"fitted solve rate {fitted.mean:.2f} (spread {fitted.strength:g})"
    )


def _tokens(
    recipe: Recipe, name: str, specimens: Sequence[Specimen], stated: Stated
) -> tuple[tuple[float, float], str]:
    """Tokens of the prompt and of one completion in the mean over what was seen, and how they are known."""
    seen = [(one.tried[name][1], *one.tokens[name]) for one in specimens if name in one.tokens]
    prompt, written, told = float(PROMPT_TOKENS), float(TOKENS), "assumed"
    if seen:
        asked, prompts, completions = np.array(seen).T
        prompt, written, told = np.average(prompts, weights=asked), np.average(completions, weights=asked), "measured"
    if stated.tokens is not None:
        written, told = stated.tokens, "as stated"
    written = min(float(written), float(most_tokens(recipe.sampling)))
    return (float(prompt), written), f"{name}: {prompt:,.0f} + {written:,.0f} tokens a completion, {told}"


def _without_what_is_stated(specimen: Specimen, stated: Stated) -> Specimen:
    """What the user says counts for every problem, whatever was seen of it."""
    if stated.solve_rate is not None:
        specimen = replace(specimen, tried={})
    return specimen if stated.tokens is None else replace(specimen, tokens={})


def _off(rate: float) -> float:
    return min(SOLVE_RATE_OFF, rate / 2, (1 - rate) / 2)
