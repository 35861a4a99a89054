"""How fast a teacher is asked: as its limits were told, or as its refusals teach.

`Rate` keeps a told limit in every minute there is. `Window` learns how many requests an endpoint takes at a time:
additive increase, multiplicative decrease. Both know no clock; they are told the time, and so replay in tests.
"""

from dataclasses import dataclass

_BURST_S = 0.1
"""A rate may run ahead by what it allows in this time, so that a loop that wakes late loses nothing."""
_NEXT_TO_NOTHING = 1e-6
"""What rounding may leave missing: waiting for that would not move the clock."""
_STEPS = 20
"""Round trips from nothing to full concurrency; the additive part."""
_DECREASE = 0.7
"""The multiplicative part, as in CUBIC: a window that has found its limit stays near it."""
_NOISE = 0.25
"""Share of refusals up to which they are taken as the endpoint's own noise. A refusal at random, however busy the
endpoint is, is no sign of load: a decrease for each would hold the window near 1 / share, which at 10 % leaves 10
requests in flight of 256. A limit that is really met is overrun by more than this within a few steps, and refusals are
free, so that the window ends up around the limit and not below it."""
_MEMORY = 64
"""Answers over which the share is smoothed, so that refusals of 10 % at random practically never pass `_NOISE`, and an
endpoint that refuses everything is noticed after 19 of them."""


class Rate:
    """A limit per minute: a bucket that holds `_BURST_S` of it and refills so that no minute exceeds it.

    A take that is larger than the bucket waits until the bucket is full and then leaves a debt.

    Args:
        per_minute: the limit.
    """

    def __init__(self, per_minute: float) -> None:
        self._size = max(1.0, per_minute / 60 * _BURST_S)
        self._per_second = (per_minute - self._size + 1) / 60  # the bucket's content comes on top of what a minute adds
        self._content = self._size
        self._at = 0.0

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until this much may be taken; 0 when it may be now."""
        missing = min(amount, self._size) - self._filled(now)
        return missing / self._per_second if missing > _NEXT_TO_NOTHING else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take it, whether it is there or not."""
        self._content = self._filled(now) - amount
        self._at = now

    def _filled(self, now: float) -> float:
        return min(self._size, self._content + (now - self._at) * self._per_second)


class TokenGuess:
    """What a request will cost in tokens, before anybody knows: a quarter of its bytes, and the mean answer so far.

    Until the first answer tells, an answer is as long as it may be, so that a told limit holds from the start.
    """

    def __init__(self) -> None:
        self._answers = 0
        self._tokens = 0

    def of(self, prompt_bytes: int, max_tokens: int) -> float:
        """Tokens of a request."""
        answer = min(max_tokens, self._tokens / self._answers) if self._answers else max_tokens
        return prompt_bytes / 4 + answer

    def learn(self, completion_tokens: int) -> None:
        """Take an answer's length in."""
        self._answers += 1
        self._tokens += completion_tokens


@dataclass(slots=True)
class Window:
    """How many requests may be in flight, learnt from how they end.

    Only requests that were sent after the last change count, so that one overload is answered once, and each change is
    judged by what followed from it.

    Attributes:
        most: what the recipe allows; where it starts, since a teacher that never refuses shall never wait.
        size: requests that may be in flight now; fractions add up.
    """

    most: int
    size: float = 0.0
    _sent: int = 0
    _changed_at: int = 0
    _taken: int = 0
    _refused_share: float = 0.0

    def __post_init__(self) -> None:
        self.size = float(self.most)

    def send(self) -> int:
        """Number a request that is sent now."""
        self._sent += 1
        return self._sent

    def taken(self, number: int) -> None:
        """A request was not refused."""
        if number <= self._changed_at:
            return
        self._refused_share *= 1 - 1 / _MEMORY
        self._taken += 1
        if self._taken >= self.size and self.size < self.most:
            self._change(min(float(self.most), self.size + self.most / _STEPS))

    def refused(self, number: int) -> bool:
        """A request was refused for now.

        Returns:
            Whether refusals are the rule by now, and the window was made smaller.
        """
        if number <= self._changed_at:
            return False
        self._refused_share += (1 - self._refused_share) / _MEMORY
        if self._refused_share <= _NOISE:
            return False
        self._change(max(1.0, self.size * _DECREASE))
        self._refused_share = 0.0
        return True

    def _change(self, size: float) -> None:
        self.size, self._changed_at, self._taken = size, self._sent, 0
