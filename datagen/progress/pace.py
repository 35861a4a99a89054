"""How fast a stage goes, and how long it will still take: from counts and a clock, and nothing else."""

import math
import time
from collections import deque
from collections.abc import Callable

from datagen.progress.counts import Asking, Progress, View

_WINDOW_S, _WINDOW_COUNTS = 60.0, 20
"""A speed is taken over the last minute, and over the last twenty where these took longer: the end of a stage is slower
than its middle, and some answers take half an hour."""
_ENOUGH_S, _ENOUGH = 10.0, 10
"""What must have been seen before a time left is named."""
_SPEED_AFTER_S = 2.0


class Pace:
    """The speed of counts that only grow.

    Args:
        window_s: seconds that it is taken over.
        fewest: counts that it is taken over when they took longer than that.
    """

    def __init__(self, window_s: float = _WINDOW_S, fewest: int = _WINDOW_COUNTS) -> None:
        self._window_s = window_s
        self._fewest = fewest
        self._seen: deque[tuple[float, tuple[int, ...]]] = deque()
        self._at = 0.0

    def add(self, at: float, *counts: int) -> None:
        """Take note of counts; the first of them rules how far back the window reaches.

        Args:
            at: seconds on a clock that never goes back.
            counts: how many there are by now; always as many counts.
        """
        self._at = at
        if not self._seen or counts != self._seen[-1][1]:
            self._seen.append((at, counts))
        while len(self._seen) > 2 and self._reaches_back_far_enough(*self._seen[1]):
            self._seen.popleft()

    def _reaches_back_far_enough(self, since: float, counts: tuple[int, ...]) -> bool:
        return self._at - since >= self._window_s and self._seen[-1][1][0] - counts[0] >= self._fewest

    @property
    def seconds(self) -> float:
        """How far back the window reaches."""
        return self._at - self._seen[0][0] if self._seen else 0.0

    def gained(self, which: int = 0) -> int:
        """How much a count grew in the window."""
        return self._seen[-1][1][which] - self._seen[0][1][which] if self._seen else 0

    def per_second(self, which: int = 0) -> float | None:
        """A count's speed; None while too little was seen."""
        return self.gained(which) / self.seconds if self.seconds >= _SPEED_AFTER_S else None


class Watcher:
    """Looks at a stage's progress.

    Args:
        progress: what the stage keeps up to date.
        clock: seconds; never goes back.
    """

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._began = clock()
        self._done, self._answers = Pace(), Pace()

    def look(self) -> View:
        """The picture of this moment; to be called every second or so."""
        progress, now = self._progress, self._clock()
        if progress.traffic is None or progress.completions:  # a resumed run first goes through what it has
            self._done.add(now, progress.done)
            self._answers.add(now, progress.completions, progress.completion_tokens)
        return View(
            stage=progress.stage,
            things=progress.things,
            total=progress.total,
            done=progress.done,
            elapsed_s=now - self._began,
            left_s=self._left_s(),
            verdicts=dict(progress.verdicts) if progress.judges else None,
            asking=self._asking(),
        )

    def _left_s(self) -> float | None:
        """The mean of two estimates that meet in a long run.

        Problems promise too little: the first are through late, and then many at once. Completions promise too much:
        the problems that are through first are those that take few.
        """
        progress = self._progress
        remaining = progress.total - progress.done
        if remaining <= 0:
            return 0.0
        by_problems = _seconds_for(remaining, self._done)
        if by_problems is None or progress.traffic is None:
            return by_problems
        by_completions = _seconds_for(self._completions_wanted(remaining), self._answers)
        return None if by_completions is None else math.sqrt(by_problems * by_completions)

    def _completions_wanted(self, remaining: int) -> float:
        """How many completions are still to come when every problem takes as many as those that are through."""
        progress = self._progress
        under_way = progress.completions + progress.kept + progress.reused - progress.settled
        return max(remaining * progress.settled / progress.done - under_way, remaining)  # each wants one more at least

    def _asking(self) -> Asking | None:
        progress = self._progress
        if progress.traffic is None:
            return None
        return Asking(
            completions=progress.completions,
            reused=progress.kept + progress.reused,
            tokens=progress.completion_tokens,
            completions_per_second=self._answers.per_second(0),
            tokens_per_second=self._answers.per_second(1),
            traffic=progress.traffic(),
            spent=progress.spent() if progress.spent is not None else None,
        )


def _seconds_for(number: float, pace: Pace) -> float | None:
    """How long so many more will take; None while too little was seen."""
    gained = pace.gained()
    return None if pace.seconds < _ENOUGH_S or gained < _ENOUGH else number * pace.seconds / gained
