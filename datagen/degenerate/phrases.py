"""What gives away that a text speaks as an assistant, of a solution that it was given, or of its prompt.

Phrases are told in whole, as texts that were read have them; a word alone ("the given equation", "the expected answer",
"the user" in a thought) tells nothing. A phrase that the problem holds is the problem's.
"""

import re
from dataclasses import dataclass
from itertools import islice

from datagen.degenerate.found import Found, excerpt

_MOST_LOOKED_AT = 100
"""Phrases of a text; where so many are the problem's, further ones are let be."""


@dataclass(frozen=True, slots=True)
class _Phrases:
    """Phrases, and words of which each of them holds one: few texts have any, and only those are searched."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def first(self, problem: str, text: str) -> Found | None:
        """The first phrase of a text that its problem does not hold, and the words that follow."""
        lowered = text.lower()
        if not any(word in lowered for word in self.words):
            return None
        known = problem.lower()
        for match in islice(self.pattern.finditer(text), _MOST_LOOKED_AT):
            if match.group().lower() not in known:
                return Found(match.start(), excerpt(text[match.start() :]))
        return None


_ASSISTANT = _Phrases(
    (
        *("an ai", "a language model", "large language model", "artificial intelligence", "virtual assistant"),
        *("sorry but", "sorry, but", "sorry for", "i apologi", "my apologies"),
        *("i can't assist", "i cannot assist", "i can't comply", "i cannot comply", "i can't help", "i cannot help"),
        *("i can't answer", "i cannot answer", "i can't provide", "i cannot provide", "i am unable", "i am not able"),
        *("my knowledge cutoff", "my training data", "as of my last"),
    ),
    re.compile(
        r"as an (?:AI (?:language )?(?:model|assistant)\b|AI,|artificial intelligence,)"
        r"|as a (?:large )?language model\b"
        r"|I(?:'m| am) (?:just |only )?(?:an AI\b|a (?:large )?language model\b|a virtual assistant\b)"
        r"|I(?:'m| am) sorry,? but\b|I apologi[sz]e\b|my apologies\b"
        r"|sorry for (?:the|any|my) (?:confusion|mistake|error|inconvenience|misunderstanding)\b"
        r"|I (?:can't|cannot|am unable to|am not able to) (?:assist|comply|help (?:you|with)"
        r"|answer (?:this|that|the|your) (?:question|problem)"
        r"|provide (?:an?|the|any) (?:[a-z]+ ){0,2}(?:answer|solution|value))\b"
        r"|my (?:knowledge cutoff|training data)\b|as of my last (?:knowledge )?update\b",
        re.IGNORECASE | re.ASCII,
    ),
)
_GIVEN = r"(?:given|provided|original|standard|reference|official)"
_REFERENCE = _Phrases(
    (
        *("given solution", "provided solution", "original solution", "standard solution"),
        *("reference solution", "official solution", "given answer", "provided answer", "reference answer"),
        *("official answer", "the answer key", "truth answer", "truth solution"),
    ),
    re.compile(
        r"(?:based on|follow(?:s|ing)?|align(?:ed)? with|related to|according to|provided in|outlined in|as (?:in|per)"
        r"|calculated in|use) (?:closely )?(?:the )?(?:given problem and the )?(?:steps (?:of|in) the )?"
        rf"{_GIVEN} solution\b"
        r"|(?:match(?:es)?|consistent with|consistency with) the (?:given|provided) (?:solution|answer)\b"
        r"(?! (?:choice|option|form))"
        rf"|the {_GIVEN} solution(?:'s (?:logic|approach|steps)| suggests| states| says| claims| indicates)\b"
        r"|the (?:reference|official) answer\b|the official solution\b|the answer key\b"
        r"|ground[- ]truth (?:answer|solution)\b",
        re.IGNORECASE | re.ASCII,
    ),
)
_INSTRUCTION = _Phrases(
    ("system prompt", "please ", "remember to ", "human:", "user:", "assistant:"),
    re.compile(
        r"(?:the|my) system prompt\b|(?<=\n)(?:Human|User|Assistant):"
        r"|(?<![\"'“‘`])Please (?:reason|think|provide|use|put|solve|show|answer)[^\"\n]{0,80}\\boxed"
        r"(?!\{\}[.,]?[\"'”’])"
        r"|Remember to (?:put|express|write) your (?:final )?answer (?:with)?in\b",
        re.ASCII,
    ),
)
_WHO_ASKS = _Phrases(
    ("the user ", "per the ", "per your ", "the prompt ", "the instruction"),
    re.compile(
        r"the user (?:asks|asked|wants|wanted|is asking|requested|provided)\b"
        r"|per (?:the|your) (?:instructions|request)\b"
        r"|the (?:prompt|instructions?) (?:says?|asks?|states?|tells?|requires?|specif(?:y|ies))\b",
        re.IGNORECASE | re.ASCII,
    ),
)


def as_an_ai(problem: str, text: str) -> Found | None:
    """Where a text speaks as an assistant: of itself as one, in a refusal, or in an apology."""
    return _ASSISTANT.first(problem, text)


def of_the_reference(problem: str, text: str) -> Found | None:
    """Where a text follows a solution that its reader does not see.

    A problem that speaks of a solution itself, as of a differential equation, lets its solver speak of it.
    """
    return None if "solution" in problem.lower() else _REFERENCE.first(problem, text)


def of_the_prompt(problem: str, text: str, content: str) -> Found | None:
    """Where a text says an instruction as its own, or speaks of whoever asks.

    The student too is told to box its answer, and a thought may weigh what it was told; what follows it may not.
    """
    found = _INSTRUCTION.first(problem, text)
    if found is None and (asks := _WHO_ASKS.first(problem, content)):
        return Found(len(text) - len(content) + asks.place, asks.words)
    return found
