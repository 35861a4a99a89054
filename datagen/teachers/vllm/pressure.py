"""How many requests a vLLM server is given at a time, from what it says of itself: it never refuses one.

A server is kept full, with a short queue that is never empty. What is given beyond waits there instead of going to
another server. Where the KV cache is too small for all that runs, vLLM throws work away and does it again
(preemption): then it is given less than it runs. Whatever can't be known opens up again: a server is never starved for
a figure. Nothing here knows a clock; a reading is taken every half second or so.
"""

from collections import deque

from datagen.teachers.vllm.readings import Reading

LEAST_MARGIN = 8
"""Requests that wait in a server's queue so that it never runs out of them, at least."""
MARGIN_SHARE = 8
"""Or one for so many that run."""
STEADY = 4
"""Readings that have to say the same before it counts: waves come and go in between."""
LOST = 8
"""Readings in a row that are lost, or say nothing new, before nothing is known any more."""
_DECREASE = 0.95
"""Of what runs when too much work is thrown away: little, for each request that the KV cache holds counts."""
_TOLERATED = 0.1
"""Preemptions a request, up to which doing work again is cheaper than a smaller batch."""
_FULL = 0.9
"""KV use up to which there is no question that more will fit."""
_STEPS = 32
"""Readings from nothing to full concurrency, where there is no question."""
_PROBE = 32
"""Where there is, one more for so many, once as many requests as there is room for went through: it is only then that
the KV cache shows what the last step came to, since an answer takes the more of it the longer it gets."""


class Pressure:
    """Steers one server.

    Args:
        most: requests that it may be given at a time; where it starts.

    Attributes:
        room: requests that it is given at a time.
        preempted: preemptions that were seen since it was first read.
        last: the last reading; None when nothing is known.
    """

    def __init__(self, most: int) -> None:
        self.room = most
        self.preempted = 0
        self.last: Reading | None = None
        self._most = most
        self._recent: deque[Reading] = deque(maxlen=STEADY)
        self._lost = 0
        self._each = 0.0
        self._thrown_out = self._finished = self._leaving = 0

    def read(self, reading: Reading, in_flight: int) -> int:
        """Take a reading in.

        Args:
            reading: what the server says.
            in_flight: requests that we have there.

        Returns:
            The room that follows from it.
        """
        last = self.last
        if last is None or _is_another(reading, last):
            self._open()
            last = reading
        elif reading == last and in_flight:
            return self.lose()
        thrown_out, finished = reading.preemptions - last.preemptions, reading.finished - last.finished
        self.preempted += thrown_out
        self.last, self._lost = reading, 0
        self._learn(reading, finished)
        if not _is_ours_alone(reading, in_flight):
            self._recent.clear()
        elif self._has_settled(finished, in_flight):
            self._recent.append(reading)
            self._thrown_out += thrown_out
            self._finished += finished
            self._change(reading, in_flight)
        return self.room

    def lose(self) -> int:
        """A reading did not come, or said nothing new; the room that follows from it."""
        self._lost += 1
        if self._lost >= LOST:
            self._open()
            self.last = None
        return self.room

    def _has_settled(self, finished: int, in_flight: int) -> bool:
        """Whether what was in flight beyond the room has gone: before, nothing is seen of what the last change did."""
        self._leaving -= min(finished, self._leaving)
        return not self._leaving or in_flight <= self.room

    def _learn(self, reading: Reading, finished: int) -> None:
        """What share of the KV cache a request takes: as it is now, and over the requests that went through lately."""
        if reading.running:
            each, new = reading.kv_use / reading.running, min(1.0, finished / reading.running)
            self._each = each if not self._each else self._each + new * (each - self._each)

    def _change(self, reading: Reading, in_flight: int) -> None:
        running = max(one.running for one in self._recent)
        queue = min(one.waiting for one in self._recent)
        is_short = not queue and in_flight >= self.room
        if self._thrown_out > _TOLERATED * max(running, self._finished):
            self._shrink(min(self.room - 1, int(reading.running * _DECREASE)), in_flight)
        elif len(self._recent) == STEADY and queue > _margin(running):
            self._shrink(running + _margin(running), in_flight)
        elif is_short and self.room * self._each < _FULL:
            self._set(self.room + max(1, self._most // _STEPS))
        elif self._finished >= self.room:
            self._set(self.room + (max(1, self.room // _PROBE) if is_short else 0))

    def _shrink(self, room: int, in_flight: int) -> None:
        self._set(min(room, self.room))
        self._leaving = max(0, in_flight - self.room)

    def _set(self, room: int) -> None:
        self.room = min(max(room, 1), self._most)
        self._thrown_out = self._finished = self._leaving = 0

    def _open(self) -> None:
        self._set(self._most)
        self._recent.clear()


def _margin(running: int) -> int:
    return max(LEAST_MARGIN, running // MARGIN_SHARE)


def _is_another(reading: Reading, last: Reading) -> bool:
    """Whether a server was started again since the last reading: its counters began anew."""
    new, old = ((one.generated, one.finished, one.preemptions) for one in (reading, last))
    return any(now < before for now, before in zip(new, old, strict=True))


def _is_ours_alone(reading: Reading, in_flight: int) -> bool:
    """Whether a page tells of what we sent, and of nothing else.

    A server may be one of several behind a router, or have other clients: then it says nothing of what we may send.
    """
    told = reading.running + reading.waiting
    return abs(told - in_flight) <= max(LEAST_MARGIN, in_flight // 4)
