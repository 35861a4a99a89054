r"""The final answer of a solution, as text.

What is said in the form "The final answer is $5$. I hope it is correct" after every box; else the last non-empty box
after the reasoning ends; else the last box of the reasoning; else an answer that the text states
in words ("The final answer is 5", "#### 5"). Boxes that stand together at the end ("$\boxed{2}$ and $\boxed{3}$") are
one answer. Extraction only picks the text; whether it is right is decided elsewhere.
"""

import re
from collections.abc import Sequence

from datagen.verify.stated import answer_by_form, stated_answer

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z](?![A-Za-z])|\\text\{[^{}]*\}")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_FRAME = re.compile(r"\\(?:text|mathrm|quad|qquad|[,;!:()\[\]]|(?![A-Za-z]))|[${}\s,;()*+&-]+|\.\s")
_NAMED = re.compile(r"[A-Za-z](?:_\{?[0-9A-Za-z]+\}?)?(?:\([a-z]\))?\s*=")
_OPERATOR = re.compile(r"\s*(\+|-|\*|/|\\cdot|\\times)\s*")
_ATTACHED_BEFORE = re.compile(r"(?:^|[=$({\[\s])(-|[0-9]+\s*\\(?:cdot|times)\s*)$")
_ATTACHED_AFTER = re.compile(r"\^(?:\{[^{}]*\}|[0-9a-z])|!|\\(?:pi|frac\{[^{}]*\}\{[^{}]*\}|sqrt\{[^{}]*\})(?![a-z])")
_NEXT_TURN = re.compile(r"<\|im_end\|>|<\|im_start\|>\s*(?:user|system)|<\|endoftext\|>|<\|eot_id\|>")
_ASKED_ON = re.compile(r"\n[ \t]*\n[ \t]*(?:Human|User|Problem|Question|Q) ?[0-9]{0,3} ?:")
_FEW_WORDS = 4
_MOST_BETWEEN = 60
"""Characters between two boxes that can still be one answer."""
_LAST = 16
"""Boxes that are looked at first: texts hold them by the thousand."""


def final_answer(reasoning: str, content: str) -> str | None:
    """The answer that a solution ends with.

    Args:
        reasoning: the thought; may be empty.
        content: what follows it; may be empty.

    Returns:
        The answer's raw text without its box, or None when there is none.
    """
    reasoning, content = _own_turn(reasoning), _own_turn(content)
    asked_on = _ASKED_ON.search(content)
    if asked_on and (first := final_answer("", content[: asked_on.start()])) is not None:
        return first
    by_form = answer_by_form(content)
    if by_form and "boxed" not in by_form[0] and not _BOX.search(content, by_form[1]):
        return by_form[0]
    return last_box(content) or last_box(reasoning) or stated_answer(content) or stated_answer(reasoning)


def _own_turn(text: str) -> str:
    """A text up to where its writer went on with the next turn of the talk: what follows answers another question."""
    return _NEXT_TURN.split(text, maxsplit=1)[0]


def last_box(text: str) -> str | None:
    r"""The content of the last `\boxed{…}` or `\fbox{…}` whose braces balance and that is not empty.

    Boxes before it belong to it when nothing but "and", "or", a comma or LaTeX frame stands between; they are joined by
    commas in their order, each different one once.
    """
    boxes = [(match.start(), match.end()) for match in _BOX.finditer(text)]
    return _last_of(text, boxes[-_LAST:]) or (_last_of(text, boxes) if len(boxes) > _LAST else None)


def _last_of(text: str, boxes: Sequence[tuple[int, int]]) -> str | None:
    if not boxes:
        return None
    closings = _closings(text, boxes[0][1])
    found: list[str] = []
    following: int | None = None
    named = False
    for start, opening in reversed(boxes):
        content, end = _content(text, opening, closings)
        if not content:
            continue
        if following is not None:
            if end > following:  # a box around the one that was taken
                continue
            between = text[end:following]
            if operator := _OPERATOR.fullmatch(between):
                found[-1] = f"{content}{operator[1]} {found[-1]}"
                following = start
                continue
            if not _joined(between):
                break
            named = named or bool(_NAMED.search(between))
        before, after = _ATTACHED_BEFORE.search(text[max(0, start - 12) : start]), _ATTACHED_AFTER.match(text, end)
        found.append(f"{before[1] if before else ''}{content}{after.group() if after else ''}")
        following = start
    answers = found[::-1] if named else list(dict.fromkeys(reversed(found)))
    return ", ".join(answers) or None


def _content(text: str, opening: int, closings: dict[int, int]) -> tuple[str, int]:
    """What a box holds, without boxes inside it, and where it ends."""
    if text[opening : opening + 1] == "{":
        closing = closings.get(opening)
        if closing is None:
            return "", opening
        return text[opening + 1 : closing].strip(), closing + 1
    bare = _BARE.match(text, opening)
    return (bare.group(), bare.end()) if bare else ("", opening)


def _joined(between: str) -> bool:
    """Whether two boxes with this between them are one answer: "and", "papers and", a comma, no word at all."""
    if len(between) > _MOST_BETWEEN or "\n\n" in between:
        return False
    words = _FRAME.sub(" ", _NAMED.sub(" ", between)).split()
    return not words or (len(words) <= _FEW_WORDS and words[-1] in {"and", "or"})


def _closings(text: str, start: int) -> dict[int, int]:
    """Each opening brace from `start` that closes, with its closing one: in one pass, since boxes come by thousands."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for brace in _BRACE.finditer(text, start):
        if brace.group() == "{":
            opened.append(brace.start())
        elif brace.group() == "}" and opened:
            closings[opened.pop()] = brace.start()
    return closings
