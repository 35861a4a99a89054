r"""The final answer of a solution, as text.

The last non-empty box after the reasoning ends; else the last box of the reasoning; else an answer that the text states
in words ("The final answer is 5", "#### 5"). Extraction only picks the text; whether it is right is decided elsewhere.
"""

import re

_BOX = re.compile(r"\\(?:boxed|fbox)\s*")
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
    for match in reversed(list(_BOX.finditer(text))):
        content = _group(text, match.end())
        if content is not None and content.strip():
            return content.strip()
    return None


def _group(text: str, start: int) -> str | None:
    if start >= len(text):
        return None
    if text[start] != "{":
        bare = re.match(r"[0-9A-Za-z]", text[start:])
        return bare.group() if bare else None
    depth = 0
    escaped = False
    for position in range(start, len(text)):
        character = text[position]
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return text[start + 1 : position]
    return None


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
