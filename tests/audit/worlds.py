"""Clean examples, as many as a test wants: problems of the demo teacher's kinds, each with different right paths."""

import random
import re
from dataclasses import replace
from itertools import count

from datagen.approaches import ReadPath, is_same_path, read_path
from datagen.audit.example import AuditedExample, AuditedPath
from datagen.teachers.demo.kinds import KINDS, recognise
from datagen.teachers.demo.solver import work_out

_PLAIN = [phrasing for kind in KINDS for phrasing in kind.phrasings if not re.search(r"\{\w:", phrasing)]
_FIELD = re.compile(r"\{\w\}")
_VARIANTS = 12


def clean_examples(number: int, seed: int = 0, paths: int = 3) -> list[AuditedExample]:
    """Examples without a fault; no two of the same problem, and no two of one kind with the same numbers."""
    draw = random.Random(seed)
    made = (_example(draw, place, paths) for place in count())
    found: dict[object, AuditedExample] = {}
    while len(found) < number:
        example = next(made)
        if example is not None:
            known = recognise(example.problem)
            assert known is not None
            found.setdefault((known.kind.name, *sorted(known.given.items())), example)
    return [replace(example, id=f"row {row}") for row, example in enumerate(found.values())]


def _example(draw: random.Random, place: int, paths: int) -> AuditedExample | None:
    problem = _FIELD.sub(lambda _: str(draw.randint(2, 60)), draw.choice(_PLAIN))
    known = recognise(problem)
    if known is None or "solution" in problem:  # who is asked about solutions may speak of one
        return None
    texts: dict[str, tuple[ReadPath, ReadPath]] = {}
    for variant in range(_VARIANTS):
        worked = work_out(known, variant)
        text = f"{worked.reasoning}\n\n{worked.content}"
        read = read_path(text, problem), read_path(text, "")  # different whatever problem a test puts before them
        if len(texts) < paths and not any(any(map(is_same_path, read, other)) for other in texts.values()):
            texts[text] = read
    if len(texts) < paths:
        return None
    answer = work_out(known, 0).answer
    # some datasets state how a path ended and what it is worth, others state nothing
    said = {"finish_reason": "stop", "answer": answer, "verdict": "correct"} if place % 2 else {}
    return AuditedExample(
        id="",
        split=draw.choice(["train", "train", "test"]),
        problem=problem,
        paths=tuple(AuditedPath(number, text, writer="demo", **said) for number, text in enumerate(texts, start=1)),
        summary=f"By analyzing multiple reasoning processes above, the final answer is \\boxed{{{answer}}}",
        answer=answer,
        source="school",
        licence="Apache-2.0",
        n_tokens=draw.randint(100, 28_672),
    )
