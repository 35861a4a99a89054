"""What faults come to: a call is tried again, or given up, or nothing that its endpoint is asked for will ever work."""

from collections import Counter
from collections.abc import Callable

from datagen.errors import DatagenError, NoMoreError, RequestFailedError
from datagen.recipe_teachers import PaidTeacher
from datagen.teachers.faults import Fault, explain
from datagen.teachers.gate import Gate, Ticket

_GARBAGE_FROM_THE_START = 10
"""Answers that are none, before the first that is one: from then on the endpoint is taken for something else."""


class Trying:
    """Takes the ends of a teacher's calls to its gate, and says which faults end more than one try.

    Args:
        teacher: who is asked.
        gate: where its calls wait.
        key: of the teacher, which no message shows.
        end: is called with the reason when nothing more shall be sent.
        outlasts_outages: whether a call is tried as long as the endpoint may come back, however often it failed.
    """

    def __init__(
        self,
        teacher: PaidTeacher,
        gate: Gate,
        key: str | None,
        end: Callable[[Exception], None],
        *,
        outlasts_outages: bool = False,
    ) -> None:
        self.faults: Counter[str] = Counter()
        self._teacher = teacher
        self._gate = gate
        self._key = key
        self._end = end
        self._outlasts_outages = outlasts_outages
        self._has_served = False
        self._garbage = 0

    def served(self, ticket: Ticket, tokens: int | None = None) -> None:
        """A call got what it asked for, and makes room for others; `tokens` as in `Gate.served`."""
        self._has_served = True
        self._gate.served(ticket, tokens)

    def failed(self, ticket: Ticket, fault: Fault, times: int) -> None:
        """A call met a fault, and makes room for others.

        Args:
            ticket: what it held.
            fault: what went wrong.
            times: how often a fault of its sort met this call.

        Raises:
            RequestFailedError: trying this call again is no use; others are answered.
            NoMoreError: the endpoint does not take this call for more of an answer.
            DatagenError: no call is any use; nothing more is sent.
        """
        self.faults[fault.name] += 1
        is_hopeless = fault.kind in ("never", "no more")
        if fault.kind == "later":
            is_hopeless = self._gate.refused(ticket, fault.wait_s or 0.0)
        elif fault.is_outage:
            is_hopeless = self._gate.failed(ticket)
        elif fault.name == "timeout":
            self._gate.withdraw(ticket)
        else:
            self._gate.answered(ticket)
        self._garbage += fault.kind == "garbage"
        is_no_endpoint = not self._has_served and self._garbage >= _GARBAGE_FROM_THE_START
        is_given_up = times == fault.tries and not (fault.is_outage and self._outlasts_outages)
        if not (is_hopeless or is_no_endpoint or is_given_up):
            return
        why = explain(fault, self._teacher, ticket.endpoint.url, self._key, times)
        if fault.kind == "no more":
            raise NoMoreError(why)
        if is_given_up and self._has_served:
            raise RequestFailedError(why)
        error = DatagenError(why)
        self._end(error)
        raise error
