"""What two teachers cost as a ladder, side by side, and each alone: money for each problem that gets its paths.

Both are taken from the recorded outcomes. A model answered each problem once there, so its rate at a problem is the
share of right answers among three models of nearly its skill, with the share among all models as one answer more.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datagen.sampling.policy import Bounds
from tests.benchmarks.replaying import RECORDED_OUTCOMES, Draw, Played, fixed, ours

_BOUNDS = Bounds(target_correct=4, max_attempts=16, give_up_after=16)
_PRICES = (1.0, 8.0)
_SHORT = "icml_models__Sky-T1-math-correct-5K-32B-short-ckpts"
_TEACHERS = {
    "gemma-2-27b-it": ("google__gemma-2-27b-it", "Qwen__Qwen2.5-Math-7B", "Sky-T1-math-correct-5K-27B"),
    "Qwen2.5-14B-Instruct": ("Qwen__Qwen2.5-14B-Instruct", _SHORT, f"{_SHORT}.f408c36"),
}
_WAYS: dict[str, Sequence[Sequence[int]]] = {
    "the cheap one alone": ((0,),),
    "the dear one alone": ((1,),),
    "side by side": ((0, 1),),
    "ladder": ((0,), (1,)),
}


def measure(draws: int = 200) -> Iterator[str]:
    """Print the figures.

    Args:
        draws: to average over.
    """
    rates = teachers_rates()
    cheap, dear = _TEACHERS
    yield (
        f"{len(rates)} problems, {draws} draws; {cheap} for {_PRICES[0]:g} (right in {rates[:, 0].mean():.0%}), {dear} "
        f"for {_PRICES[1]:g} ({rates[:, 1].mean():.0%}); four paths wanted of at most 16 attempts. Yield is relative "
        "to 16 attempts by the dear one."
    )
    yield ""
    yield "| | money for each served problem | yield | waves, median | mean |"
    yield "|---|---|---|---|---|"
    everything, played = Played(), {way: Played() for way in _WAYS}
    for number in range(draws):
        draw = Draw(rates, _BOUNDS.max_attempts, number)
        everything.add(fixed(draw, _BOUNDS.target_correct, _BOUNDS.max_attempts, teacher=1))
        for way, ladder in _WAYS.items():
            played[way].add(ours(draw, _BOUNDS, ladder, _PRICES))
    everything.paid *= _PRICES[1]
    for way, one in ({"the dear one, 16 each": everything} | played).items():
        yield f"| {way} | {one.each:.1f} | {one.yield_of(everything):.2%} | {one.median_waves} | {one.mean_waves:.2f} |"


def teachers_rates() -> NDArray[np.float64]:
    """Problems × teachers: how often each is right."""
    rows = pd.read_parquet(RECORDED_OUTCOMES, columns=["problem", "model", "judged_correct"])
    by_all = rows.groupby("problem").judged_correct.mean()
    columns = []
    for group in _TEACHERS.values():
        by_group = rows[rows.model.isin(group)].groupby("problem").judged_correct.agg(["sum", "count"])
        columns.append((by_group["sum"] + by_all) / (by_group["count"] + 1))
    return pd.concat(columns, axis=1).to_numpy(np.float64)
