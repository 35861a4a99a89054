r"""Answers that the problem itself states: "The answer is 5." at its end, a box, a claim ("Prove that x = 3. Find x.").

A number that happens to stand in the text is no statement, nor is the answer to an earlier question, nor one that
hangs on a condition ("if there is none, the answer is 0"), nor one option among several.
"""

import re
from collections import deque
from itertools import islice

from datagen.verify.equivalence import decide
from datagen.verify.pair import Pair

_MOST_CHARACTERS = 120
_MOST = 20
"""Statements looked at: a text that makes more is hostile, or a list of exercises."""
_BOX = re.compile(r"\\boxed\s?\{([^{}]{0,60}(?:\{[^{}]{0,60}\}[^{}]{0,60}){0,4})\}")
_ANSWER_IS = re.compile(
    r"answer\s?(?::|=|is\b\s?:?|equals\b)\s?(?!in\s|of\s|given\b|an?\s|the\s|expressed\b)([^\n;]{1,120}?)"
    r"(?=\.\s|\.?$|\n|;|,\s)"
)
_CONDITION = re.compile(r"\b(?:if|when|where|then|suppose|unless|otherwise|else|example)\b[^.!?]*$")
_CLAIM = re.compile(
    r"\b(?:prove|show|verify|demonstrate)\s(?:[^.?!\n]{0,80}?\s)?that\s(?P<claim>[^?!\n]{1,300}?)"
    r"(?=[.;]\s|[.;]?$|\n|,?\s(?:and|then|hence)\s(?:find|determine|compute|calculate)\b)"
)
_EQUALS = re.compile(r"=|\bis\s(?:equal\sto\b)?|\bequals?\b(?:\sto\b)?|\bbe\b")
_DEMAND = re.compile(r"\?|\b(?:find|determine|compute|calculate|evaluate|solve|what|how\s(?:many|much)|give|express)\b")
_DRESS = re.compile(r"[\s$]|\\[()\[\]]")


def stated_answer(lowered: str, answer: str) -> str | None:
    """The words of the problem that state its answer; None when none do.

    Args:
        lowered: the problem in lower case.
        answer: the reference answer.
    """
    wanted = answer.lower()
    if not wanted or len(wanted) > _MOST_CHARACTERS or wanted not in lowered:
        return None
    if "answer" in lowered or "\\boxed" in lowered:
        asked = _last_demand(lowered)
        for said in (
            *islice(_BOX.finditer(lowered, asked), _MOST),
            *islice(_ANSWER_IS.finditer(lowered, asked), _MOST),
        ):
            if _is(said[1], wanted) and not _is_conditional(lowered, said):
                return said.group()
    if " that " in lowered and ("prove" in lowered or "show" in lowered or "verify" in lowered):
        for claim in islice(_CLAIM.finditer(lowered), _MOST):
            sides = _EQUALS.split(claim["claim"])
            if len(sides) > 1 and _is(sides[-1], wanted) and _is_what_is_asked(sides[0], lowered, claim.end()):
                return claim.group()
    return None


def _is(said: str, answer: str) -> bool:
    judged = decide(Pair.of(answer, said.strip().rstrip(".").strip()))
    return judged is not None and judged.verdict == "correct"


def _last_demand(lowered: str) -> int:
    """Where the last question ends: what is said before it answers an earlier one."""
    last = deque(_DEMAND.finditer(lowered), maxlen=1)
    return last[0].end() if last else 0


def _is_conditional(lowered: str, said: re.Match[str]) -> bool:
    return _CONDITION.search(lowered[max(0, said.start() - 160) : said.start()]) is not None


def _is_what_is_asked(subject: str, lowered: str, claimed: int) -> bool:
    """Whether a claim's subject is what the rest of the problem asks for, or nothing else is asked."""
    if _last_demand(lowered) <= claimed:
        return True
    named = _DRESS.sub("", subject)
    return bool(named) and _DRESS.sub("", lowered[claimed : claimed + 400]).rstrip(".?").endswith(named)
