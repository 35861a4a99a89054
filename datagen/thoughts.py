"""Where a raw output's thought ends and its answer begins.

A thought that opens and does not close was cut off. A text without thought tags is a solution without reasoning.
Nothing heavy is loaded here: whoever only verifies answers loads no tables.
"""

from dataclasses import dataclass

OPEN, CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class SplitText:
    """A raw output taken apart: the thought without its tags, what follows, and whether the thought never closed."""

    reasoning: str
    content: str
    cut: bool


def split_thought(text: str) -> SplitText:
    """Take a raw output apart at its thought tags.

    The opening tag may be missing (chat templates put it into the prompt). What stands before an opening tag belongs
    to the content; tags that remain in the content are left there, for the screen of control tokens to refuse.
    """
    before, opened, rest = text.partition(OPEN)
    if not opened:
        thought, closed, content = text.partition(CLOSE)
        if not closed:
            return SplitText("", text.strip(), cut=False)
        return SplitText(thought.strip(), content.strip(), cut=False)
    if CLOSE in before:
        thought, _, content = text.partition(CLOSE)
        return SplitText(thought.strip(), content.strip(), cut=_opens_without_closing(content))
    thought, closed, content = rest.partition(CLOSE)
    if not closed:
        return SplitText(thought.strip(), before.strip(), cut=True)
    content = f"{before.strip()}\n\n{content.strip()}".strip()
    return SplitText(thought.strip(), content, cut=_opens_without_closing(content))


def _opens_without_closing(text: str) -> bool:
    return text.rfind(OPEN) > text.rfind(CLOSE)
