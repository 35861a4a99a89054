"""An estimate for people, as aligned lines, and for programs, as JSON."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from datagen.estimate.figures import HIGH, LOW, RUNS, Estimate, Range, Usage
from datagen.spending.cost import shown_usd

_RANGE = f"low and high are the {LOW}th and {HIGH}th percentile of {RUNS} simulated runs, expected is their mean"


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """The estimate as JSON; money is null where no price is known."""
    tree: dict[str, Any] = {"range": _RANGE, **asdict(estimate)}
    tree["paid"] = [{**paid, "folder": str(paid["folder"])} for paid in tree["paid"]]
    return tree


def estimate_lines(estimate: Estimate) -> Iterator[str]:
    """The estimate for people."""
    yield f"  {'':12} {'':20} {'low':>16} {'expected':>16} {'high':>16}"
    yield _line("problems", "after screening", estimate.problems)
    if len(estimate.by_source) > 1:
        for source, problems in estimate.by_source.items():
            yield _line("", source, problems)
    for name, usage in estimate.teachers.items():
        yield from _usage(name, usage)
    if len(estimate.teachers) > 1:
        yield from _usage("in all", estimate.in_all)
    yield _line("time", "of sampling", estimate.hours, _time)
    yield _line("examples", "at most", estimate.examples)
    yield ""
    yield f"  {_RANGE}"
    yield ""
    yield "what it rests on"
    yield from (f"  {basis}" for basis in estimate.basis)
    if estimate.reaches:
        yield ""
        yield "budgets"
    for reach in estimate.reaches:
        limit = f"{shown_usd(reach.limit)} USD" if reach.setting == "budget_usd" else f"{reach.limit:,.0f} tokens"
        share = f"{reach.share.expected:.0%} ({reach.share.low:.0%} to {reach.share.high:.0%})"
        yield f"  {reach.setting:14} {limit} pay for {share} of the run; enough in {reach.enough:.0%} of simulated runs"
    if estimate.paid:
        yield ""
        yield "paid already, and not asked for again"
    for paid in estimate.paid:
        yield f"  {paid.folder}: {paid.completions:,} completions, {shown_usd(paid.usd)} USD"


def _usage(name: str, usage: Usage) -> Iterator[str]:
    yield _line(name, "completions", usage.completions)
    yield _line("", "prompt tokens", usage.prompt_tokens)
    yield _line("", "completion tokens", usage.completion_tokens)
    if usage.usd is None:
        yield f"  {'':12} {'USD':20} {'unknown: the recipe names no price':>50}"
    else:
        yield _line("", "USD", usage.usd, shown_usd)


def _line(name: str, what: str, figure: Range, shown: Callable[[float], str] = "{:,.0f}".format) -> str:
    cells = (shown(value) for value in (figure.low, figure.expected, figure.high))
    return f"  {name:12} {what:20} " + " ".join(f"{cell:>16}" for cell in cells)


def _time(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 1 else f"{hours * 3600:.0f} s"
