"""What runs of one Prefect server share at a teacher's endpoint: a global concurrency limit of the endpoint's name.

A run takes as many slots as it may have requests in flight there, once, before it samples, and gives them back when it
has sampled: Prefect is not asked for each request. Where the limit has too few free slots the run waits for another one
to end. An endpoint without a limit is not limited.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound
from yarl import URL

from datagen.errors import UsageError
from datagen.recipe import Recipe
from datagen.stopping import refuse_when_stopped

_LOGGER = logging.getLogger("datagen")
_LEASE_S = 60
"""How long the slots of a run that was killed stay taken; Prefect renews the lease of one that lives."""
_TRY_S = 5.0


@contextlib.contextmanager
def endpoint_slots(recipe: Recipe) -> Iterator[None]:
    """Hold the slots of a recipe's teachers at their endpoints while the block lasts; waits until they are free.

    Raises:
        UsageError: a teacher may have more requests in flight than its endpoint's limit allows.
        StoppedError: the run was told to stop while it waited.
    """
    wanted = slots_of(recipe)
    limits = _limits(wanted)
    for name, limit in limits.items():
        if wanted[name] > limit:
            raise UsageError(
                f"Prefect's concurrency limit {name!r} has {limit:,} slots, and the recipe's teachers there ask for "
                f"{wanted[name]:,}; lower their concurrency, or raise the limit"
            )
    with contextlib.ExitStack() as held:
        for name in sorted(limits):  # all runs in the same order, so that no two wait for each other
            _hold(held, name, wanted[name])
        yield


def slots_of(recipe: Recipe) -> dict[str, int]:
    """Requests that a recipe may have in flight, by the name of the endpoint's limit: `teacher-HOST-PORT`.

    Servers that a run starts for itself are its own, and not among them.
    """
    wanted: Counter[str] = Counter()
    for teacher in recipe.paid_teachers:
        for url in map(URL, teacher.base_urls):
            wanted[f"teacher-{url.host}-{url.port}"] += teacher.concurrency
    return dict(wanted)


def _limits(wanted: Mapping[str, int]) -> dict[str, int]:
    """The limits that are there and active."""
    limits = {}
    with get_client(sync_client=True) as client:
        for name in wanted:
            with contextlib.suppress(ObjectNotFound):
                limit = client.read_global_concurrency_limit_by_name(name)
                if limit.active:
                    limits[name] = limit.limit
    return limits


def _hold(held: contextlib.ExitStack, name: str, slots: int) -> None:
    is_told = False
    while True:
        refuse_when_stopped()
        try:
            held.enter_context(concurrency(name, slots, timeout_seconds=_TRY_S, lease_duration=_LEASE_S))
        except TimeoutError:
            if not is_told:
                _LOGGER.info("sample: waits for %d slots of Prefect's concurrency limit %s", slots, name)
                is_told = True
        else:
            return
