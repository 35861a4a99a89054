"""The kinds of problems that the demo teacher knows, and how a prompt is recognised as one of them."""

import re
from functools import lru_cache

from datagen.teachers.demo.kinds import algebra, counting, geometry, number_theory, probability, rates, series
from datagen.teachers.demo.kinds.kind import Kind, Recognised, numbers, pattern, plain

KINDS: tuple[Kind, ...] = (
    *algebra.KINDS,
    *series.KINDS,
    *number_theory.KINDS,
    *counting.KINDS,
    *probability.KINDS,
    *geometry.KINDS,
    *rates.KINDS,
)

_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, pattern(phrasing)) for kind in KINDS for phrasing in kind.phrasings
)


@lru_cache(maxsize=4096)
def recognise(prompt: str) -> Recognised | None:
    """Find a problem of a known kind anywhere in a prompt.

    Returns:
        The problem with the longest sentence; None when there is none, or when its numbers make no sense.
    """
    text = plain(prompt)
    found: Recognised | None = None
    for kind, phrasing in _PATTERNS:
        match = phrasing.search(text)
        if match is None or (found and len(match.group()) <= len(found.problem)):
            continue
        given = kind.derive(**numbers(match))
        if given is not None:
            found = Recognised(kind, match.group(), given)
    return found
