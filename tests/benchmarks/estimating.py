"""What a pilot of 20 problems says that a run will take, beside what the run then took."""

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from datagen.estimate.assumptions import Stated
from datagen.estimate.estimating import estimate_run
from datagen.estimate.evidence import read_evidence
from datagen.pipeline import Options
from datagen.spending.ledger import ledger_of
from tests.building import build
from tests.spending.billing import Endpoint, recipe

_PILOT, _PROBLEMS, _WORLDS = 20, 400, 4
_SAMPLING = {"target_correct": 4, "max_attempts": 12, "give_up_after": 6}


def measure() -> Iterator[str]:
    yield f"| {_PILOT} of {_PROBLEMS} problems | figure | low | expected | high | the run took | within |"
    yield "|---|---|---|---|---|---|---|"
    for world in range(_WORLDS):
        with tempfile.TemporaryDirectory() as folder, Endpoint().serving() as endpoint:
            endpoint.rate = _rates(world)
            yield from _one(f"world {world + 1}", endpoint, Path(folder))


def _rates(world: int) -> Callable[[int], float]:
    """Problems that differ much: many nearly always solved, many hardly ever."""
    return lambda problem: random.Random(f"{world} {problem}").betavariate(0.8, 0.6)


def _one(world: str, endpoint: Endpoint, folder: Path) -> Iterator[str]:
    whole = recipe(folder, endpoint.base_url, _PROBLEMS, 64, **_SAMPLING)
    few = whole.sources[0].model_copy(update={"limit": _PILOT})
    pilot = build(whole.model_copy(update={"sources": (few,)}), folder / "pilot", Options(until="sample"))
    estimate = estimate_run(whole, folder / "run", read_evidence(pilot.folder, whole), Stated())
    asked = endpoint.asked.total()
    run = build(whole, folder / "run", Options(until="sample", reuse=pilot.folder))
    ledger, _ = ledger_of(run)
    took = ledger.total + sum(ledger.taken_over.values(), type(ledger.total)())
    assert ledger.total.completions == endpoint.asked.total() - asked
    in_all = estimate.in_all
    assert in_all.usd is not None
    for name, figure, value, shown in (
        ("completions", in_all.completions, took.completions, "{:,.0f}"),
        ("prompt tokens", in_all.prompt_tokens, took.prompt_tokens, "{:,.0f}"),
        ("completion tokens", in_all.completion_tokens, took.completion_tokens, "{:,.0f}"),
        ("USD", in_all.usd, took.usd, "{:,.4f}"),
    ):
        cells = [shown.format(one) for one in (figure.low, figure.expected, figure.high, value)]
        within = "yes" if figure.low <= value <= figure.high else "no"
        yield f"| {world} | {name} | {' | '.join(cells)} | {within} |"
