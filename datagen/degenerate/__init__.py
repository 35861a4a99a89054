"""Whether a text is degenerate: a student that reads it learns a fault of its writer, however right the answer is.

A closed list of faults, each told with words that a person can check. Precision goes before recall: a path that is lost
for nothing costs another answer of a teacher, a fault that is missed is one text of many. Every text is read from left
to right a fixed number of times, so that none takes longer than its length, whatever it holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from datagen.degenerate.found import Found
from datagen.degenerate.openings import boxed_first, empty_thought
from datagen.degenerate.phrases import as_an_ai, of_the_prompt, of_the_reference
from datagen.degenerate.repeats import repetition
from datagen.degenerate.tongues import other_tongue

DEGENERATE_VERSION = "1"
"""Goes up when the same text has another fault, or none."""

FaultName = Literal[
    "repeats",
    "other_language",
    "as_an_ai",
    "speaks_of_reference",
    "speaks_of_prompt",
    "box_before_reasoning",
    "empty_reasoning",
]
FAULTS: dict[FaultName, str] = {
    "repeats": "go round in circles",
    "other_language": "go on in another language",
    "as_an_ai": "speak as an assistant, refuse or apologise",
    "speaks_of_reference": "follow a solution that their reader does not see",
    "speaks_of_prompt": "repeat an instruction or speak of whoever asks",
    "box_before_reasoning": "answer before they reason",
    "empty_reasoning": "have an empty thought",
}
"""What degenerate texts do, in the order in which faults are looked for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is degenerate, and where a person sees it.

    Attributes:
        name: which fault.
        place: of what gives it away, in characters from the start of the text: thought, blank line, content.
        words: what gives it away, on one line.
    """

    name: FaultName
    place: int
    words: str

    def __str__(self) -> str:
        return f"{self.name} at character {self.place}: {self.words!r}"


def fault_of(problem: str, thought: str, content: str) -> Fault | None:
    """The first fault of a text, in the order of `FAULTS`; None when it has none.

    Args:
        problem: what the text solves; what stands there is no fault of the text.
        thought: without tags; empty when the text has none, or it is not read.
        content: what follows the thought; empty when it is not read.
    """
    for name, found in _looked_for(problem, thought, content):
        if found is not None:
            return Fault(name, found.place, found.words)
    return None


def _looked_for(problem: str, thought: str, content: str) -> Iterator[tuple[FaultName, Found | None]]:
    parts = [part for part in (thought, content) if part]
    text = "\n\n".join(parts)
    yield "repeats", repetition(parts)
    yield "other_language", other_tongue(problem, text)
    yield "as_an_ai", as_an_ai(problem, text)
    yield "speaks_of_reference", of_the_reference(problem, text)
    yield "speaks_of_prompt", of_the_prompt(problem, text, content)
    yield "box_before_reasoning", boxed_first(problem, text)
    yield "empty_reasoning", empty_thought(thought)
