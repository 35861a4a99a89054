r"""What a problem asks for: a proof and nothing else, or several things of which the answer answers one.

"Show that … and find n" has an answer and stays. So do several parts that end in one number ("… give the sum of the
answers to (a) and (b)"), parts that are conditions and ask nothing, and an answer that has a part for each.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from datagen.verify.reading import Group, readings
from datagen.verify.tidy import tidy
from datagen.verify.words import has_parts

_TO_PROVE = re.compile(
    r"(?:^|[.!?:;,)\]}$*\n]|\b(?:and|then|to|us|please|also|hence|or|thus))\s*"
    r"(?:prove(?![sdn]|\s+or\s+disprove)\b|(?:show|demonstrate|verify)\s*,?\s+(?:algebraically\s+|also\s+)?that\b)",
    re.IGNORECASE,
)
_ASKS_FOR_ANSWER = re.compile(
    r"\?|_{2,}|\\(?:underline|qquad\s*\\?text)|\b(?:how\s+(?:many|much)|which\s+of|what|whether|disprove)\b"
    r"|(?P<ability>\b(?:can|could|may|might|cannot|always|never|not|one|we|they|will|would)\s+)?"
    r"\b(?:find|determine|calculate|compute|evaluate|solve|express|give|list|state|simplify|identify|describe|obtain"
    r"|estimate|construct|choose|select|write|count|enter|answer|decide)\b",
    re.IGNORECASE,
)

_SECOND_MARKS = ("b) ", "2) ", "ii) ", "2. ", "b. ", "ii. ")
_MARK = re.compile(
    r"(?:^|(?<=[\s.;:,?!$\]*]))\(?(?:(?P<letter>[a-h])|(?P<digit>[1-9])|(?P<roman>i{1,3}|iv|vi{0,3}))[).](?=[\s*$])"
)
_NUMBERINGS: dict[str, Sequence[str]] = {
    "letter": "abcdefgh",
    "digit": "123456789",
    "roman": ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"),
}
_PART_ASKS = re.compile(
    r"\?|(?:(?:^|[.,;:!$])\s*|\b(?:then|and|also|hence|please)\s+)(?:find|determine|calculate|compute|evaluate|solve|prove"
    r"|show\s+that|express|simplify|factor|what\s+(?:is|are)|how\s+many)\b",
    re.IGNORECASE,
)
_ONE_ANSWER = re.compile(
    r"\b(?:sums?\s+of|product\s+of\s+(?:the|all|your|both)|provide|please|give\s+the|add(?:ing)?|answers?|combin\w+)\b",
    re.IGNORECASE,
)
_NUMBERED_ANSWERS = re.compile(r"^\W*1\s?[.)]\s.*\s2\s?[.)]\s", re.DOTALL)


def asks_only_for_proof(problem: str, lowered: str) -> bool:
    """Whether proving something is the whole demand of a problem.

    Args:
        problem: the raw text.
        lowered: the same in lower case.
    """
    if "prove" not in lowered and not (
        "that" in lowered and ("show" in lowered or "demonstrate" in lowered or "verify" in lowered)
    ):
        return False
    lines = "\n".join(filter(None, map(str.strip, problem.splitlines())))  # keeps the search linear
    if not _TO_PROVE.search(lines):
        return False
    return not any(match.group("ability") is None for match in _ASKS_FOR_ANSWER.finditer(lines))


def unanswered_parts(problem: str, lowered: str, answer: str) -> str | None:
    """Why the answer is not one answer to one question; None when it is.

    Args:
        problem: the raw text.
        lowered: the same in lower case.
        answer: the reference answer.
    """
    if len(answer) > 3 and ((has_parts(answer) and has_parts(tidy(answer))) or _NUMBERED_ANSWERS.match(answer)):
        return f'the answer has several parts: "{" ".join(answer.split())[:160]}"'
    if not any(mark in lowered for mark in _SECOND_MARKS):
        return None
    parts = _parts(problem)
    asking = [text for text in parts if _PART_ASKS.search(text)]
    if len(asking) < 2 or _ONE_ANSWER.search(parts[-1]) or _values(answer) >= len(asking):
        return None
    heads = "; ".join(f'"{" ".join(text[:120].split())[:60]}…"' for text in asking[:4])
    return f"{len(asking)} questions ({heads}), one answer: {' '.join(answer.split())[:60]}"


def _parts(problem: str) -> list[str]:
    """The longest run of numbered parts: (a) … (b) …, 1. … 2. …, i) … ii) …; empty when there is none."""
    marks = list(_MARK.finditer(problem))
    runs: list[list[re.Match[str]]] = []
    for style, names in _NUMBERINGS.items():
        run: list[re.Match[str]] = []
        for mark in marks:
            if len(run) < len(names) and mark[style] == names[len(run)]:
                run.append(mark)
        runs.append(run)
    longest = max(runs, key=len)
    if len(longest) < 2:
        return []
    texts = [problem[one.end() : other.start()] for one, other in pairwise(longest)]
    return [*texts, problem[longest[-1].end() :]]


def _values(answer: str) -> int:
    """How many values an answer has at most, in any of its readings."""
    return max(len(node.items) if isinstance(node, Group) else 1 for node in readings(tidy(answer)))
