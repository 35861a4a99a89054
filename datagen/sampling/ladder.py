"""The recipe's teachers as rungs of a ladder, and what an attempt by each rung costs.

Teachers are asked in the recipe's order, the next only for what is still missing; those that `sampling.mix` names form
one rung, at the place of the first of them.
"""

from collections.abc import Sequence

from datagen.recipe import Recipe
from datagen.recipe_teachers import PaidTeacher, asks_in_batches
from datagen.sampling.blocks import FIRST, FIRST_IN_BATCHES, Usage
from datagen.sampling.plan import Rules
from datagen.sampling.policy import Bounds
from datagen.spending.cost import Tariff, is_priced

_PROMPT_TOKENS, _COMPLETION_TOKENS = 500, 4000
"""Of an attempt, as long as nothing was seen: the same for every rung."""
_CHEAPEST = 0.02
"""What an attempt on the user's own machines is taken to cost, of the dearest rung's: it takes time, at least."""


def rungs_of(recipe: Recipe) -> tuple[tuple[PaidTeacher, ...], ...]:
    """The paid teachers, rung by rung."""
    mixed = recipe.sampling.mix
    rungs: list[tuple[PaidTeacher, ...]] = []
    for teacher in recipe.paid_teachers:
        if teacher.name not in mixed:
            rungs.append((teacher,))
        elif not any(one.name in mixed for rung in rungs for one in rung):
            rungs.append(tuple(one for one in recipe.paid_teachers if one.name in mixed))
    return tuple(rungs)


def rules_of(recipe: Recipe) -> Rules:
    """The recipe's settings as rules of the plan."""
    sampling, fewest = recipe.sampling, recipe.paths.fewest_correct
    bounds = Bounds(recipe.target_correct, sampling.max_attempts, sampling.give_up_after, fewest)
    return Rules(tuple(tuple(teacher.name for teacher in rung) for rung in rungs_of(recipe)), bounds)


def first_block(recipe: Recipe) -> int:
    """How many problems the first block has; see `datagen.sampling.blocks`."""
    return FIRST_IN_BATCHES if any(map(asks_in_batches, recipe.paid_teachers)) else FIRST


def costs_of(recipe: Recipe, used: Sequence[Usage]) -> tuple[float, ...]:
    """What an attempt by each rung costs in the mean, relative to the dearest; from 0.02 to 1.

    Args:
        recipe: has the prices. Where an endpoint's price is unknown, it is taken to be as dear as the dearest.
        used: what attempts took so far, by rung.
    """
    costs = [_mean_usd(rung, usage) for rung, usage in zip(rungs_of(recipe), used, strict=True)]
    dearest = max((cost for cost in costs if cost is not None), default=0.0)
    if not dearest:
        return (1.0,) * len(costs)
    return tuple(1.0 if cost is None else max(round(cost / dearest, 3), _CHEAPEST) for cost in costs)


def _mean_usd(rung: Sequence[PaidTeacher], usage: Usage) -> float | None:
    if not all(map(is_priced, rung)):
        return None
    seen = usage if usage.attempts else Usage(1, _PROMPT_TOKENS, _COMPLETION_TOKENS)
    usd = [Tariff.of(teacher).amount(seen.prompt_tokens, seen.completion_tokens).usd for teacher in rung]
    return sum(usd) / len(usd) / seen.attempts
