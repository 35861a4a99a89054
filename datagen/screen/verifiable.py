"""Problems that no verifier can settle: the answer is missing, a guess or one of several, or no answer is asked for.

Each reason is one rule with one setting. The rules are precise rather than complete: what is dropped here is lost for
good, what slips through costs attempts and then has no correct solution. Rules about the answer work in any language;
those about the problem's words read English alone, so that no text in another language is dropped for its words.
"""

import re
from collections.abc import Callable

from datagen.recipe import Screening
from datagen.screen.demands import asks_only_for_proof, unanswered_parts
from datagen.screen.figures import missing_figure
from datagen.screen.stated import stated_answer
from datagen.screen.subjects import other_subject
from datagen.screen.wording import shorten
from datagen.tables import DropReason, Problem
from datagen.verify.binary import is_binary
from datagen.verify.words import is_placeholder

Reason = tuple[DropReason, str]
"""Why a problem is dropped, and what a person can check."""

_ENDING = 160
_PROVED = re.compile(r"\W*(?:\\text\{)?\W*(?:proof|proved?|q\.?\s?e\.?\s?d)\b", re.IGNORECASE)


def why_unverifiable(problem: Problem, settings: Screening) -> Reason | None:
    """The first reason why the problem's answer can't be verified, of those that the recipe drops.

    Looks at the row alone and takes time linear in its text.

    Args:
        problem: the row.
        settings: of the recipe; a reason that it keeps is not looked for.

    Returns:
        The reason and a detail; None when none holds.
    """
    lowered = problem.problem.lower()
    for setting, rule in _RULES:
        if getattr(settings, setting) == "drop" and (reason := rule(problem, lowered)) is not None:
            return reason
    return None


def _missing_answer(problem: Problem, lowered: str) -> Reason | None:
    answer = problem.answer.strip()
    if is_placeholder(answer) and not _PROVED.match(answer):
        return "no_answer", f'the answer only points elsewhere: "{shorten(answer)}"'
    if not answer.strip("?.-–—_*/ "):
        return "no_answer", f'the answer says nothing: "{shorten(answer)}"'
    return None


def _binary_answer(problem: Problem, lowered: str) -> Reason | None:
    if is_binary(problem.answer):
        return "binary_answer", f'the answer is "{shorten(problem.answer)}": half of all guesses hit it'
    return None


def _stated_answer(problem: Problem, lowered: str) -> Reason | None:
    said = stated_answer(lowered, problem.answer)
    return None if said is None else ("stated_answer", f'the problem itself says "{shorten(said)}"')


def _proof(problem: Problem, lowered: str) -> Reason | None:
    if _PROVED.match(problem.answer):
        return "proof", f'the answer is "{shorten(problem.answer)}"'
    if not asks_only_for_proof(problem.problem, lowered):
        return None
    ending = " ".join(problem.problem[-4 * _ENDING :].split())[-_ENDING:]
    return "proof", f'the problem asks for a proof and nothing else: "…{ending}"'


def _multi_part_answer(problem: Problem, lowered: str) -> Reason | None:
    found = unanswered_parts(problem.problem, lowered, problem.answer)
    return None if found is None else ("multi_part_answer", found)


def _missing_figure(problem: Problem, lowered: str) -> Reason | None:
    found = missing_figure(problem.problem, lowered)
    return None if found is None else ("missing_figure", found)


def _not_mathematics(problem: Problem, lowered: str) -> Reason | None:
    found = other_subject(lowered, problem.answer)
    return None if found is None else ("not_mathematics", found)


_RULES: tuple[tuple[str, Callable[[Problem, str], Reason | None]], ...] = (
    ("missing_answers", _missing_answer),
    ("binary_answers", _binary_answer),
    ("stated_answers", _stated_answer),
    ("proofs", _proof),
    ("multi_part_answers", _multi_part_answer),
    ("missing_figures", _missing_figure),
    ("not_mathematics", _not_mathematics),
)
"""Each setting of the recipe's `screen` with its rule, in the order in which they are asked: the answer, what is asked,
what it is asked about."""
