"""Whether a raised limit is worth its price: what the lengths of earlier answers say of one that reached the limit.

The chance that it ends before twice the limit is taken to be the share that ended before the limit of those that
reached half of it: lengths of thoughts have a heavy tail, and a Pareto tail gives every octave the same share. (An
exponential or lognormal tail gives the next octave more, so this errs towards not raising.) What raised limits brought
takes the place of that guess as they are made. Against it stands another attempt at such a problem: what those beside
an answer that reached the limit brought, at the same problems.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import permutations

_FEWEST = 8
"""Answers of at least half the limit, and attempts beside one that reached it, without which nothing is known."""
_STRENGTH = 8.0
"""Raised limits that the guess from the tail counts for."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long the first answer of an attempt was, and what came of it.

    Attributes:
        tokens: that it has.
        has_ended: whether nothing cut it off.
        is_path: whether it has ended, and is a path that no answer before it was.
        is_cut: whether it reached the limit, and did not repeat itself to its end.
        raised_tokens: of the answer to the raised limit; None when it was not raised.
        raised_path: whether that is such a path.
    """

    tokens: int
    has_ended: bool
    is_path: bool
    is_cut: bool
    raised_tokens: int | None = None
    raised_path: bool = False


@dataclass(slots=True)
class Lengths:
    """What a teacher's answers came to, as far as they say whether to raise the limit; tokens are those written.

    Attributes:
        long, long_paths, long_tokens: answers of at least half the limit that ended or reached it.
        cut: of these, those that reached it.
        raised, raised_paths, raised_tokens: answers to a raised limit.
        beside, beside_paths, beside_tokens: attempts beside one that reached the limit, at the same problem; one for
            each such pair.
    """

    long: int = 0
    long_paths: int = 0
    long_tokens: int = 0
    cut: int = 0
    raised: int = 0
    raised_paths: int = 0
    raised_tokens: int = 0
    beside: int = 0
    beside_paths: int = 0
    beside_tokens: int = 0

    @classmethod
    def of(cls, limit: int, attempts: Iterable[Length]) -> "Lengths":
        """What one problem's attempts by a teacher came to.

        Args:
            limit: the most tokens that first answers were asked to have.
            attempts: in any order.
        """
        counted, seen = cls(), list(attempts)
        for one in seen:
            if 2 * one.tokens >= limit and (one.is_cut or one.has_ended):
                counted.long += 1
                counted.long_paths += one.is_path
                counted.long_tokens += one.tokens
                counted.cut += one.is_cut
            if one.raised_tokens is not None:
                counted.raised += 1
                counted.raised_paths += one.raised_path
                counted.raised_tokens += one.raised_tokens
        for one, other in permutations(seen, 2):
            if one.is_cut:
                counted.beside += 1
                counted.beside_paths += other.is_path
                counted.beside_tokens += other.tokens
        return counted

    def add(self, other: "Lengths") -> None:
        """Count another's in."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def is_raising_worth_it(self) -> bool:
        """Whether a token of an answer with a raised limit is expected to bring more paths than one of another attempt.

        Prompts count for nothing: they are short beside answers that reach a limit, and the same on both sides.
        """
        if min(self.long, self.beside) < _FEWEST:
            return False
        paths = _STRENGTH * self.long_paths / self.long + self.raised_paths
        tokens = _STRENGTH * 2 * self.long_tokens / self.long + self.raised_tokens
        return paths / tokens > (self.beside_paths + 0.5) / (self.beside_tokens + 1)
