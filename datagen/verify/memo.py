"""Judgements that were given before, by any run on this machine, so that the same pair is never computed twice."""

from datagen.verify.pair import Judgement, Pair


class Memo:
    """Judgements by pair; safe to use from any thread."""

    def get(self, pair: Pair) -> Judgement | None:
        """The judgement of a pair, if it is known."""
        return None

    def put(self, pair: Pair, judgement: Judgement) -> None:
        """Keep a judgement."""

    def close(self) -> None:
        """Write what is not yet written."""
