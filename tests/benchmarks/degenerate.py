"""What it takes to look for faults: in real outputs, and in megabytes that a careless rule would take minutes over.

Each unit is repeated until the text has 1,000,000 characters. What a unit aims at stands beside it. The slowest are
printed, and the time for a tenth of the text: a tenth of the time when the rules read from left to right.
"""

import random
import time
from collections.abc import Iterator
from statistics import quantiles

from datagen.degenerate import fault_of
from datagen.degenerate.openings import boxed_first, empty_thought
from datagen.degenerate.phrases import as_an_ai, of_the_prompt, of_the_reference
from datagen.degenerate.repeats import repetition
from datagen.degenerate.tongues import other_tongue
from tests.degenerate.outputs import DATA, Output, outputs

_CHARACTERS = 1_000_000
_SHOWN = 10
_EVERY = 4
_UNITS = {
    "one letter": "a",
    "blanks": " ",
    "line breaks": "\n",
    "points": ".",
    "points and blanks": ". ",
    "one sentence": "But wait, is that so? Let me see, 12 times 12 is 144. ",
    "opening boxes": "\\boxed{",
    "boxes": "\\boxed{1} ",
    "braces": "{}",
    "an instruction that never ends": "Please use ",
    "instructions on end": "Please put your answer in the place where it is asked for, and nowhere else. ",
    "begun phrases": "as an as an AI I cannot provide a ",
    "phrases of the problem": "As an AI model, ",
    "begun references": "based on the given problem and the steps of the given ",
    "Han": "或者也许我需要",
    "Han and Latin letters": "或者 the 也许 of ",
    "all scripts": "或가жبאกक ",
    "lone surrogates": "\ud800",
    "capitals that grow in lower case": "İ",
    "common words": "the der le el il os ",
}


def measure() -> Iterator[str]:
    """Print both tables; the real outputs only where they are here."""
    fault_of("", "", "warm up")
    if DATA.is_dir():
        yield from _real()
    tenths = _texts(_CHARACTERS // 10)
    cost = {name: (_cpu_s(text), _cpu_s(tenths[name])) for name, text in _texts(_CHARACTERS).items()}
    yield f"| a megabyte of, slowest of {len(cost)} | seconds of CPU | a tenth of it |"
    yield "|---|---|---|"
    for name, (whole, tenth) in sorted(cost.items(), key=lambda item: -item[1][0])[:_SHOWN]:
        yield f"| {name} | {whole:.2f} | {tenth:.3f} |"


def _real() -> Iterator[str]:
    taken = [output for number, output in enumerate(outputs()) if number % _EVERY == 0]
    costs = [_milliseconds(output) for output in taken]
    characters = sum(len(output.thought) + len(output.content) for output in taken)
    yield f"| one in {_EVERY} of the real outputs | milliseconds of CPU |"
    yield "|---|---|"
    mean = sum(costs) / characters * 15_000
    yield f"| 15,000 characters, in the mean of {characters / 1e6:.1f} million | {mean:.2f} |"
    yield f"| an output, median | {quantiles(costs, n=100)[49]:.2f} |"
    yield f"| an output, longest of a hundred | {quantiles(costs, n=100)[98]:.2f} |"
    yield ""


def _milliseconds(output: Output) -> float:
    begun = time.process_time()
    fault_of(output.problem, output.thought, output.content)
    return (time.process_time() - begun) * 1000


def _texts(size: int) -> dict[str, str]:
    texts = {name: (unit * (size // len(unit) + 1))[:size] for name, unit in _UNITS.items()}
    texts["a mixture"] = "".join(random.Random(0).choices([chr(code) for code in range(32, 127)], k=size))
    return texts


def _cpu_s(text: str) -> float:
    """The time for all faults, the first of which would have ended the search."""
    problem = "As an AI model, solve."
    begun = time.process_time()
    repetition([text])
    other_tongue(problem, text)
    as_an_ai(problem, text)
    of_the_reference(problem, text)
    of_the_prompt(problem, text, text)
    boxed_first(problem, text)
    empty_thought(text)
    return time.process_time() - begun
