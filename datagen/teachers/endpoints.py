"""Which of a teacher's servers a request goes to: the one with the fewest in flight, and a whole wave to the same one.

A wave is what asks the same and is in the gate at the same time, as a problem's attempts do: a server that has read
their prompt once need not read it again. Nothing here knows a clock; it is told the time.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from datagen.teachers.breaker import Breaker


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server of a teacher.

    Attributes:
        url: its base URL.
        room: most requests in flight that it is given; the rest of a wave may go beyond.
        breaker: whether it may be asked, as far as its answers tell.
        in_flight: requests that were let in to it and have not left.
        paused_until: nothing is sent before this time, because it asked for that.
        is_up: what the one who runs it says; true where nobody does.
        is_managed: whether somebody runs it, and brings it back when it is down.
    """

    url: str
    room: float = math.inf
    breaker: Breaker = field(default_factory=Breaker)
    in_flight: int = 0
    paused_until: float = 0.0
    is_up: bool = True
    is_managed: bool = False

    def wait(self, now: float) -> float:
        """Seconds until it may be asked; 0 when it may be now, infinite when that hangs on something else than time."""
        return max(self.breaker.wait(now), self.paused_until - now, 0.0) if self.is_up else math.inf

    def is_hopeless(self, now: float) -> bool:
        """Whether it has been down for too long, and nobody is there to bring it back."""
        return not self.is_managed and self.breaker.is_hopeless(now)

    def came_up(self) -> None:
        """It is another server than the one that failed: nothing of that one counts against it."""
        self.is_up, self.paused_until = True, 0.0
        self.breaker.answered()


@dataclass(slots=True, eq=False)
class Wave:
    """Requests that ask the same and are in the gate.

    Attributes:
        key: what they ask.
        size: how many they are.
        home: where they go; None before the first went, and after that one failed.
    """

    key: Hashable
    size: int = 0
    home: Endpoint | None = None


class Endpoints:
    """The servers of a teacher, and the waves that are on their way to them.

    Args:
        urls: their base URLs.
        room: most requests in flight at each, to begin with.
    """

    def __init__(self, urls: Sequence[str], room: float = math.inf) -> None:
        self.all = tuple(Endpoint(url, room) for url in urls)
        self._by_url = {endpoint.url: endpoint for endpoint in self.all}
        self._waves: dict[Hashable, Wave] = {}

    def at(self, url: str) -> Endpoint:
        """The one with this base URL."""
        return self._by_url[url]

    def join(self, key: Hashable | None) -> Wave | None:
        """A request comes; None where it is in no wave, or there is nothing to choose."""
        if key is None or len(self.all) == 1:
            return None
        wave = self._waves.get(key)
        if wave is None:
            wave = self._waves[key] = Wave(key)
        wave.size += 1
        return wave

    def leave(self, wave: Wave | None) -> None:
        """A request of this wave goes; with the last one the wave is forgotten."""
        if wave is None:
            return
        wave.size -= 1
        if not wave.size:
            del self._waves[wave.key]

    def choose(self, now: float, wave: Wave | None, avoid: Endpoint | None) -> tuple[Endpoint, float]:
        """Where a request goes next, and in how many seconds.

        To the home of its wave when that may be asked, else to the one with the fewest in flight among those that may
        be asked and have room, else to the first that may be asked in time.

        Args:
            now: the time.
            wave: of the request.
            avoid: the endpoint that just failed it, which is taken when there is no other.
        """
        home = wave.home if wave is not None else None
        if home is not None and home is not avoid and not home.wait(now):
            return home, 0.0
        waits = ((one, one.wait(now) if one.in_flight < one.room else math.inf) for one in self.all)
        return min(waits, key=lambda found: (found[1], found[0] is avoid, found[0].in_flight))
