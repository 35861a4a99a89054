"""A circuit breaker: an endpoint that is down is left alone but for one probe at a time, until it answers again.

It knows no clock; it is told the time.
"""

FAILURES = 5
"""Failures in a row that open it. At 7 % of failures at random that happens once in 600,000 requests, and then costs
the first probe's delay or less."""
FIRST_PROBE_S, LONGEST_PROBE_S = 0.25, 2.0
"""Seconds between probes, doubling: an endpoint that comes back waits for at most the last."""
PROBE_TAKEN_S = 5.0
"""A probe that has not failed by then is being worked on, and the endpoint is up: answers may take minutes, refused
connections and gateway errors don't."""
NEVER_SERVED_S = 60.0
"""How long an endpoint that never gave an answer may be down: it is more likely misnamed than rebooting."""
SERVED_S = 600.0
"""How long one that did may be down: enough for a node to be rebooted and a large model to be loaded."""


class Breaker:
    """Tells whether an endpoint may be asked."""

    def __init__(self) -> None:
        self._failures = 0
        self._has_served = False
        self._opened_at = 0.0
        self._delay = FIRST_PROBE_S
        self._next_at = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the endpoint counts as down."""
        return self._failures >= FAILURES

    def wait(self, now: float) -> float:
        """Seconds until the endpoint may be asked; 0 when it may be now."""
        if self._probing and now >= self._next_at:
            self.answered()
        return max(0.0, self._next_at - now) if self.is_open else 0.0

    def send(self, now: float) -> bool:
        """A request is sent now; whether it is a probe."""
        if self.is_open:
            self._probing = True
            self._next_at = now + PROBE_TAKEN_S
        return self.is_open

    def answered(self) -> None:
        """The endpoint answered something: it is up."""
        self._failures = 0
        self._probing = False

    def served(self) -> None:
        """The endpoint gave what it was asked for."""
        self._has_served = True
        self.answered()

    def failed(self, now: float, *, probe: bool) -> None:
        """A request failed as requests do when the endpoint is down."""
        self._failures += 1
        if self._failures == FAILURES:
            self._opened_at, self._delay = now, FIRST_PROBE_S
            self._next_at = now + self._delay
        elif probe and self._probing:
            self._delay = min(self._delay * 2, LONGEST_PROBE_S)
            self.withdrawn(now + self._delay)

    def withdrawn(self, now: float) -> None:
        """A probe told nothing; another one may be sent from this time on."""
        if self._probing:
            self._probing = False
            self._next_at = now

    def is_hopeless(self, now: float) -> bool:
        """Whether the endpoint has been down for too long."""
        return self.is_open and now - self._opened_at >= (SERVED_S if self._has_served else NEVER_SERVED_S)
