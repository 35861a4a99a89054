"""Paid attempts for each served problem: ours beside fixed and constant rules, on real and on made-up distributions.

The real ones are the recorded outcomes of `../shared`: each problem's rate is the share of models that solved it. Our
policy knows nothing of a distribution when a draw begins; the best constant rule is chosen for each with hindsight.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from datagen.sampling.policy import Bounds
from tests.benchmarks.plotting import Line, line_chart
from tests.benchmarks.replaying import Draw, Ends, Played, Rates, constant, fixed, one_by_one, ours, recorded_rates

_BOUNDS = Bounds(target_correct=4, max_attempts=16, give_up_after=8)
_YIELD = 0.995
_OF_OTHERS = 10
"""Made-up distributions get a draw for so many of the real one."""
_TOKENS = 2_600
"""The mean of the recorded outputs, at four characters a token."""

Rule = Callable[[Draw], Ends]


@dataclass(frozen=True)
class World:
    """Problems that are alike in some way.

    Attributes:
        name: for people.
        rates: of each problem.
        bounds: of the plans.
    """

    name: str
    rates: Rates
    bounds: Bounds = _BOUNDS


def measure(draws: int = 200, rates: Path | None = None, plot: Path | None = None) -> Iterator[str]:
    """Print the figures.

    Args:
        draws: of the real outcomes; the others get a tenth.
        rates: a Parquet, CSV or JSONL file with a column of rates, to be measured instead of all these.
        plot: where an SVG of the real ones is written.
    """
    if rates is not None:
        yield from _rules(World(rates.name, _read(rates)), draws)
        return
    real = World("real", recorded_rates())
    if plot is not None:
        plot.write_text(_plotted(real))
    yield from _rules(real, draws)
    yield ""
    yield ("| attempts a served problem, yield | fixed | constant, 8 | best constant | ours | to the best | ours, 8 |")
    yield "|---|---|---|---|---|---|---|"
    for world in (real, *_worlds(real.rates)):
        yield _row(world, max(draws // _OF_OTHERS, 1))


def _rules(world: World, draws: int) -> Iterator[str]:
    """A world's table, a line a rule."""
    bounds = world.bounds
    target, most = bounds.target_correct, bounds.max_attempts
    everything, tuned = f"fixed, {most}", "constant, given up after {}"
    rules: dict[str, Rule] = {
        everything: lambda draw: fixed(draw, target, most),
        f"fixed, {most // 2}": lambda draw: fixed(draw, target, most // 2),
        "after each answer": lambda draw: one_by_one(draw, target, most),
        **{tuned.format(limit): _constant(bounds, limit) for limit in range(target, most + 1)},
        f"ours, give_up_after {bounds.give_up_after}": lambda draw: ours(draw, bounds),
        f"ours, give_up_after {most}": lambda draw: ours(draw, replace(bounds, give_up_after=most)),
    }
    played = _played(world, rules, draws)
    limit = _best(played, {limit: tuned.format(limit) for limit in range(target, most + 1)}, everything)
    shown = [*list(rules)[:3], tuned.format(bounds.give_up_after), tuned.format(limit), *list(rules)[-2:]]
    yield (
        f"{world.name}: {len(world.rates)} problems, {draws} draws; {target} paths wanted of at most {most} attempts. "
        f"The best constant rule with at least {_YIELD:.1%} of the yield gives up after {limit}."
    )
    yield ""
    yield "| | attempts for each served problem | yield | waves, median | mean |"
    yield "|---|---|---|---|---|"
    for name in dict.fromkeys(shown):
        one = played[name]
        share = one.yield_of(played[everything])
        yield f"| {name} | {one.each:.2f} | {share:.2%} | {one.median_waves} | {one.mean_waves:.2f} |"


def _row(world: World, draws: int) -> str:
    bounds = world.bounds
    target, most = bounds.target_correct, bounds.max_attempts
    limits = {limit: str(limit) for limit in range(target, most + 1)}
    rules: dict[str, Rule] = {
        "fixed": lambda draw: fixed(draw, target, most),
        **{name: _constant(bounds, limit) for limit, name in limits.items()},
        "ours": lambda draw: ours(draw, replace(bounds, give_up_after=most)),
        "within": lambda draw: ours(draw, bounds),
    }
    played = _played(world, rules, draws)
    best = limits[_best(played, limits, "fixed")]

    def cell(name: str) -> str:
        return f"{played[name].each:.2f} {played[name].yield_of(played['fixed']):.2%}"

    return (
        f"| {world.name} | {played['fixed'].each:.1f} | {cell(limits[bounds.give_up_after])} | {best}: {cell(best)} | "
        f"{cell('ours')} | {played['ours'].each / played[best].each - 1:+.1%} | {cell('within')} |"
    )


def _played(world: World, rules: dict[str, Rule], draws: int) -> dict[str, Played]:
    played = {name: Played() for name in rules}
    for number in range(draws):
        draw = Draw(world.rates[:, None], world.bounds.max_attempts, number)
        for name, rule in rules.items():
            played[name].add(rule(draw))
    return played


def _constant(bounds: Bounds, limit: int) -> Rule:
    return lambda draw: constant(draw, replace(bounds, give_up_after=limit))


def _best(played: dict[str, Played], limits: dict[int, str], everything: str) -> int:
    good = [limit for limit, name in limits.items() if played[name].yield_of(played[everything]) >= _YIELD]
    return min(good, key=lambda limit: played[limits[limit]].each)


def _worlds(real: Rates) -> Iterator[World]:
    draw, count = np.random.default_rng(5), len(real)
    half = draw.random(count) < 0.5
    yield World("easy: Beta(9, 1)", draw.beta(9, 1, count))
    yield World("hard: Beta(1, 6)", draw.beta(1, 6, count))
    yield World("two humps", np.where(half, draw.beta(2, 18, count), draw.beta(18, 2, count)))
    yield World("Beta(0.5, 0.5)", draw.beta(0.5, 0.5, count))
    yield World("uniform", draw.random(count))
    yield World("all or nothing: 0.95 or 0", np.where(half, 0.95, 0.0))
    yield World("all alike: 0.3", np.full(count, 0.3))
    yield World("very hard: Beta(1, 15)", draw.beta(1, 15, count))
    yield World("nearly never: 0.02, or 0.5", np.where(half, 0.02, 0.5))
    yield World("three humps: 0.05, 0.4, 0.9", draw.choice([0.05, 0.4, 0.9], count))
    yield World("one in twenty: 0.9, else 0", np.where(draw.random(count) < 0.05, 0.9, 0.0))
    yield World("real, 100 of them", draw.choice(real, 100))
    yield World("hard, 100 of them", draw.beta(1, 6, 100))
    yield World("real, 2,000 of them", draw.choice(real, 2000))
    yield World("real, 6 of 16", real, Bounds(6, 16, 8))
    yield World("real, 2 of 8", real, Bounds(2, 8, 8))
    yield World("real, 6 of 32", real, Bounds(6, 32, 8))
    yield World("hard, 6 of 32", draw.beta(1, 6, count), Bounds(6, 32, 8))


def _read(path: Path) -> Rates:
    """The first column that holds rates."""
    readers = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".jsonl": lambda name: pd.read_json(name, lines=True)}
    if path.suffix not in readers:
        raise SystemExit(f"{path}: rates come as {', '.join(readers)}")
    table = readers[path.suffix](path)
    for name in table.select_dtypes("number"):
        if len(table) and table[name].between(0, 1).all():
            return table[name].to_numpy(np.float64)
    raise SystemExit(f"{path}: no column holds a number from 0 to 1 in every row")


def _plotted(world: World) -> str:
    """Paid tokens over served problems as a run goes on, in one draw."""
    draw = Draw(world.rates[:, None], world.bounds.max_attempts, 0)
    target, most = world.bounds.target_correct, world.bounds.max_attempts
    rules = {
        f"fixed, {most}": fixed(draw, target, most),
        f"fixed, {most // 2}": fixed(draw, target, most // 2),
        "constant, given up after 8": constant(draw, world.bounds),
        "datagen": ours(draw, world.bounds),
    }
    lines = [
        Line(name, ends.served.cumsum().tolist(), (ends.paid.cumsum() * _TOKENS / 1e6).tolist())
        for name, ends in rules.items()
    ]
    return line_chart(lines, "served problems (four correct paths)", "paid tokens, millions")
