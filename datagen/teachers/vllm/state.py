"""How a managed worker stands: what the one who starts it tells the one who sends requests to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker at one moment.

    Attributes:
        url: its base URL, the same over all its restarts.
        is_up: whether it answers requests.
        restarts: how often it was started again.
    """

    url: str
    is_up: bool
    restarts: int
