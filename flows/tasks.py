"""Tasks: what each of ours has of Prefect, and what it is tried again for when it failed."""

from collections.abc import Callable
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from datagen.errors import RefusedError, StoppedError, UnwritableError, UsageError

_Outcome = TypeVar("_Outcome")
_RETRY_DELAY_S = 10


def as_task(name: str, work: Callable[[], _Outcome], retries: int) -> Task[[], _Outcome]:
    """A task that takes nothing and keeps nothing, so that nothing of a run gets into Prefect's records.

    Args:
        name: of the task, and of its runs.
        work: can be done again; what stands is not done twice.
        retries: how often it is tried again.
    """
    made = task(
        name=name,
        task_run_name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=retries,
        retry_delay_seconds=_RETRY_DELAY_S,
        retry_condition_fn=_worth_a_retry,
    )
    return made(work)


def _worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """What a user must mend, or asked to stop, is not tried again."""
    try:
        state.result()
    except (UsageError, RefusedError, StoppedError, UnwritableError):
        return False
    except Exception:
        return True
    return False
