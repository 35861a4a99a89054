"""Answers that were cut off: how many, what they cost, what was asked for more of them, and what that brought."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from datagen.recipe import OnTruncated
from datagen.sampling.following import CutAttempt
from datagen.spending.cost import NOTHING, from_usd, shown_usd

_COUNTS = (
    "answers",
    "repeating",
    "asked_again",
    "refused",
    "begun_anew",
    "finished",
    "correct",
    "new_paths",
)
_DONE = {"accept": "left as they are", "raise_limit": "asked for with a raised limit", "continue": "continued"}


class CutFigures:
    """What became of answers that were cut off.

    Args:
        policy: the recipe's.
    """

    def __init__(self, policy: OnTruncated) -> None:
        self._policy = policy
        self._counted: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
        self._paid = self._again = NOTHING

    def add(self, cut: Iterable[CutAttempt]) -> None:
        """Count a problem's in."""
        for one in cut:
            was_asked = one.cut.then in ("raised", "continued", "begun_anew")
            self._counted["answers"] += 1
            self._counted["repeating"] += one.cut.repeats
            self._counted["asked_again"] += was_asked
            self._counted["refused"] += one.cut.then == "refused"
            self._counted["begun_anew"] += one.cut.then == "begun_anew"
            self._counted["finished"] += was_asked and one.has_ended
            self._counted["correct"] += was_asked and one.is_correct
            self._counted["new_paths"] += was_asked and one.is_new
            self._paid += from_usd(one.cut.paid_usd, one.cut.paid_tokens)
            self._again += from_usd(one.cut.again_usd, one.cut.again_tokens)

    def figures(self) -> dict[str, Any]:
        """For `run.json`.

        Returns:
            `policy`; `answers` that were cut off, with the `tokens` and `usd` that they cost, and how many of them are
            `repeating` themselves; `asked_again`: for how many more was asked for, with the `tokens_again` and
            `usd_again` that this cost, and how many of these came out `finished`, `correct`, as `new_paths`, or were
            not continued but `begun_anew`; `refused`: for how many the endpoint did not take that. All prompts are
            counted, and money as it was when it was paid.
        """
        return {
            "policy": self._policy,
            **self._counted,
            "tokens": self._paid.tokens,
            "usd": self._paid.usd,
            "tokens_again": self._again.tokens,
            "usd_again": self._again.usd,
        }


def cut_lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures for people; none where nothing was cut off."""
    told = figures.get("truncated")
    if not told or not told["answers"]:
        return []
    repeating = f", {told['repeating']:,} of them repeat themselves" if told["repeating"] else ""
    lines = [f"  {told['answers']:,} answers{repeating}; {_paid(told['tokens'], told['usd'])}"]
    if told["policy"] == "accept":
        return [*lines, f"  {_DONE['accept']}: sampling.on_truncated"]
    brought = f"{told['finished']:,} finished, {told['correct']:,} correct, {told['new_paths']:,} new paths"
    others = "".join(
        f", {told[name]:,} {what}"
        for name, what in (("begun_anew", "begun anew by the endpoint"), ("refused", "not taken by the endpoint"))
        if told[name]
    )
    again = _paid(told["tokens_again"], told["usd_again"])
    each = f", {shown_usd(told['usd_again'] / told['new_paths'])} a path" if told["new_paths"] else ""
    return [*lines, f"  {told['asked_again']:,} {_DONE[told['policy']]}: {brought}{others}; {again}{each}"]


def _paid(tokens: int, usd: float) -> str:
    return f"{tokens:,} tokens, {shown_usd(usd)} USD"
