r"""The final answer of a solution, as text.

The last non-empty box after the reasoning ends; else the last box of the reasoning; else an answer that the text states
in words ("The final answer is 5", "#### 5"). Extraction only picks the text; whether it is right is decided elsewhere.
"""

import re

_BOX = re.compile(r"\\(?:boxed|fbox)\s*")
_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z](?![A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_STATED = re.compile(
    r"(?:final\s+answer|the\s+answer)(?:\s+is)?\s*[:=]?\s*(?P<words>[^\n]{1,300})|^####\s*(?P<hashes>[^\n]{1,300})",
    re.IGNORECASE | re.MULTILINE,
)
_STATED_WITHIN = 600
"""Characters from the end in which a stated answer counts as the closing one."""
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"))


def final_answer(reasoning: str, content: str) -> str | None:
    """The answer that a solution ends with.

    Args:
        reasoning: the thought; may be empty.
        content: what follows it; may be empty.

    Returns:
        The answer's raw text without its box, or None when there is none.
    """
    return last_box(content) or last_box(reasoning) or _stated(content) or _stated(reasoning)


def last_box(text: str) -> str | None:
    r"""The content of the last `\boxed{…}` or `\fbox{…}` whose braces balance and that is not empty."""
    boxes = list(_BOX.finditer(text))
    closings = _closings(text) if boxes else {}
    for match in reversed(boxes):
        start = match.end()
        if text[start : start + 1] == "{":
            content = text[start + 1 : closings.get(start, start)]
        else:
            bare = _BARE.match(text, start)
            content = bare.group() if bare else ""
        if content.strip():
            return content.strip()
    return None


def _closings(text: str) -> dict[int, int]:
    """Each opening brace that closes, with its closing one: in one pass, since texts hold boxes by the thousand."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for brace in _BRACE.finditer(text):
        if brace.group() == "{":
            opened.append(brace.start())
        elif brace.group() == "}" and opened:
            closings[opened.pop()] = brace.start()
    return closings


def _stated(text: str) -> str | None:
    matches = list(_STATED.finditer(text[-_STATED_WITHIN:]))
    if not matches:
        return None
    words = matches[-1].group("words") or matches[-1].group("hashes") or ""
    words = re.split(r"\.(?:\s|$)", words.strip(), maxsplit=1)[0].strip()
    for opening, closing in _WRAPPERS:
        if words.startswith(opening):
            words = words[len(opening) :].split(closing, 1)[0].strip()
    return words or None
