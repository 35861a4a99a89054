"""What a demo server did, for whoever rehearses a run: what would have been paid, and what was asked again."""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b

from datagen.teachers.demo.faults import FAULTS


class Stats:
    """Counts requests; about a hundred bytes of memory for each different one.

    Two requests are the same when their bodies are: attempts without a seed can't be told apart.

    Attributes:
        abandoned: answers that nobody waited for any more.
        unknown: problems that the teacher did not know.
        refused: requests that were wrong.
        faults: faults by name, and `rate_limit`.
    """

    def __init__(self) -> None:
        self.abandoned = self.unknown = self.refused = 0
        self.faults = Counter[str](dict.fromkeys((*FAULTS, "rate_limit"), 0))
        self._requests = self._in_flight = self._most_in_flight = 0
        self._answered = self._repeated = 0
        self._answers: dict[int, int] = {}

    def arrived(self, body: bytes) -> int:
        """Count a request; the name under which to count its answer."""
        name = int.from_bytes(blake2b(body, digest_size=8).digest())
        self._answers.setdefault(name, 0)
        self._requests += 1
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        return name

    def answered(self, name: int) -> None:
        """Count an answer that was sent in full."""
        self._answered += 1
        self._repeated += self._answers[name] > 0
        self._answers[name] += 1

    def left(self) -> None:
        """Count a request as no longer in flight."""
        self._in_flight -= 1

    def figures(self) -> Mapping[str, int | Mapping[str, int]]:
        """What `GET /stats` shows."""
        return {
            "requests": self._requests,
            "distinct_requests": len(self._answers),
            "answered": self._answered,
            "repeated_answers": self._repeated,
            "abandoned": self.abandoned,
            "unknown_problems": self.unknown,
            "refused": self.refused,
            "in_flight": self._in_flight,
            "most_in_flight": self._most_in_flight,
            "faults": self.faults,
        }
