"""What a task that failed is tried again for."""

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from datagen.errors import RefusedError, StoppedError, UnwritableError, UsageError

RETRY_DELAY_S = 10


def worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """What a user must mend, or asked to stop, is not tried again."""
    try:
        state.result()
    except (UsageError, RefusedError, StoppedError, UnwritableError):
        return False
    except Exception:
        return True
    return False
