"""Faults to plant in a clean example, several kinds of each, each with all that an audit must then say of it.

A path that ends early has no answer either, and an example with two such paths no two that agree: what follows from a
fault is part of what it must be found by, and nothing else is.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.finding import FindingName
from datagen.screen.benchmarks import BenchmarkProblem, BenchmarkSet

Change = Callable[[AuditedExample], AuditedExample]
Expected = Mapping[FindingName, int]

EXAM = BenchmarkSet(
    "exam",
    "0" * 64,
    (
        BenchmarkProblem(
            0,
            "A lighthouse keeper counts 17 gulls at dawn, and every hour the flock grows by 4 gulls until the fog bell "
            "rings at noon. How many gulls sit on the harbour wall when the bell has rung for the third time?",
            "45",
        ),
        BenchmarkProblem(
            1,
            "Three clockmakers share a workshop whose 240 springs are sorted into brass boxes of 16. If one clockmaker "
            "takes 5 boxes more than another, and the third takes none, how many springs has the luckiest one?",
            "160",
        ),
    ),
)
_LONG_AGO = (
    "Consider what is given, since the numbers are small, and every quantity that is named can be written down. "
)
_CHINESE = (
    "我们先来看这个问题的条件，然后把每个数都写下来，再逐步进行计算，最后检查结果是否正确，"
    "这里没有别的办法，所以继续往下做"
)


@dataclass(frozen=True)
class Plant:
    """A fault: what it does to a clean example, and what it must come to.

    Attributes:
        change: of the example.
        expected: how many hits of which findings.
        copies: what it makes of a second example, where it takes two; that one has the fault.
        part: the kind under which it must be counted, where there are kinds.
    """

    name: str
    change: Change
    expected: Expected
    copies: Change | None = None
    part: str = ""


def plants() -> Iterator[Plant]:
    """All of them."""
    yield from _forms()
    yield from _ends()
    yield from _answers()
    yield from _samenesses()
    yield from _problems()
    yield from _overlaps()
    yield from _degenerates()
    yield from _origins()


def _forms() -> Iterator[Plant]:
    for line in ("</think2> stands twice", "path 1 does not close"):
        yield Plant(f"broken: {line}", lambda one, line=line: replace(one, broken=(line,)), {"broken_form": 1})
    for line in ("</think2> in path 1", "<summary> in the problem", "<think> in path 3"):
        yield Plant(
            f"structure: {line}", lambda one, line=line: replace(one, structure=(line,)), {"structure_in_text": 1}
        )
    yield Plant(
        "one path",
        lambda one: replace(one, paths=one.paths[:1]),
        {"fewer_than_two_paths": 1, "without_two_agreeing_paths": 1},
    )
    yield Plant(
        "no path", lambda one: replace(one, paths=()), {"fewer_than_two_paths": 1, "without_two_agreeing_paths": 1}
    )
    yield Plant("seven paths", _with_seven, {"more_than_six_paths": 1})
    yield Plant("too long", lambda one: replace(one, n_tokens=28_673), {"over_token_limit": 1})


def _ends() -> Iterator[Plant]:
    unfinished: Expected = {"unfinished_paths": 1}
    unanswered: Expected = {"unfinished_paths": 1, "paths_without_answer": 1}
    yield Plant("not closed", lambda one: _path(one, 1, is_closed=False), unfinished, part="not closed")
    for reason in ("length", "content_filter"):
        yield Plant(
            f"ends by {reason}",
            lambda one, reason=reason: _path(one, 2, finish_reason=reason),
            unfinished,
            part=f"finish reason {reason}",
        )
    yield Plant(
        "verdict truncated", lambda one: _path(one, 0, verdict="truncated"), unfinished, part="verdict truncated"
    )
    yield Plant(
        "open thought", lambda one: _path(one, 0, text=f"<think>\n{one.paths[0].text}"), unfinished, part="open thought"
    )
    for end in ("since", "we get x =", "that is \\(a + b", "\\frac{", "Then the rest of it follows from what we sa"):
        yield Plant(
            f"cut: {end}",
            lambda one, end=end: _untold(one, _LONG_AGO * 4 + f"Now look again: {end}"),
            unanswered,
            part="cut in the middle",
        )
    yield Plant("two unfinished", _two_unfinished, {"unfinished_paths": 2, "without_two_agreeing_paths": 1})


def _answers() -> Iterator[Plant]:
    against: Expected = {"paths_against_summary": 1}
    for answer in ("987654", "\\frac{987654}{5}", "x + 987654", "\\{1, 987654\\}", "987654\\pi"):
        yield Plant(f"answers {answer}", lambda one, answer=answer: _answering(one, (1,), answer), against)
    yield Plant(
        "says it in words",
        lambda one: _path(
            one, 1, text=_without_box(one.paths[1].text) + "\n\nThe final answer is 987654.", verdict=None
        ),
        against,
    )
    two: Expected = {"paths_against_summary": 2, "without_two_agreeing_paths": 1}
    yield Plant("two of three disagree", lambda one: _answering(one, (0, 2), "987654"), two)
    yield Plant(
        "no answer",
        lambda one: _path(one, 0, text=_LONG_AGO * 3 + "That is all that can be said of it."),
        {"paths_without_answer": 1},
    )
    yield Plant("another reference", lambda one: replace(one, answer="987654"), {"summary_against_reference": 1})
    yield Plant(
        "a summary without answer",
        lambda one: replace(one, summary="All of these paths come to the same."),
        {"summary_against_reference": 1, "without_two_agreeing_paths": 1},
    )


def _samenesses() -> Iterator[Plant]:
    yield Plant("same path", lambda one: _path(one, 2, text=one.paths[0].text), {"same_paths": 1})
    yield Plant("same words", lambda one: _path(one, 1, text=_respaced(one.paths[0].text)), {"same_paths": 1})
    yield Plant(
        "three of a kind",
        lambda one: _path(_path(one, 1, text=one.paths[0].text), 2, text=_respaced(one.paths[0].text)),
        {"same_paths": 2},
    )
    yield Plant(
        "reworded", lambda one: _path(one, 1, text=f"Well, then.\n\n{one.paths[0].text}"), {"nearly_same_paths": 1}
    )


def _problems() -> Iterator[Plant]:
    duplicate: Expected = {"duplicate_problems": 1}
    near: Expected = {"near_duplicate_problems": 1}
    unchanged = replace
    yield Plant("twice", unchanged, duplicate, unchanged)
    yield Plant(
        "twice in another dress", unchanged, duplicate, lambda one: replace(one, problem=f"  {one.problem.upper()} ")
    )
    yield Plant("in both splits", unchanged, duplicate, lambda one: replace(one, split="other"))
    yield Plant("reworded problem", unchanged, near, lambda one: replace(one, problem=f"Now: {one.problem}"))
    yield Plant(
        "reworded, no reference",
        lambda one: replace(one, answer=None),
        near,
        lambda one: replace(one, answer=None, problem=f"Now: {one.problem}"),
    )


def _overlaps() -> Iterator[Plant]:
    gulls, springs = (problem.problem for problem in EXAM.problems)
    reworded = gulls.replace("A lighthouse keeper counts", "The keeper of a lighthouse counts")
    changes: tuple[tuple[str, str, Change], ...] = (
        ("exact", "the exam's problem", lambda one: replace(one, problem=gulls)),
        ("coverage", "within a text", lambda one: replace(one, problem=f"{springs} Give your answer in words.")),
        ("coverage", "in other words", lambda one: replace(one, problem=reworded)),
        ("quote", "in a path", lambda one: _path(one, 1, text=f"This recalls: {gulls}\n\n{one.paths[1].text}")),
        ("quote", "in the summary", lambda one: replace(one, summary=f"As in: {springs} {one.summary}")),
    )
    for layer, name, change in changes:
        yield Plant(f"overlap: {name}", change, {"benchmark_overlap": 1}, part=f"exam {layer}")


def _degenerates() -> Iterator[Plant]:
    degenerate: Expected = {"degenerate_paths": 1}
    faults = (
        ("repeats", "I wonder whether this can be right, or whether I have missed a case. " * 80),
        ("other_language", _LONG_AGO * 6 + _chinese(24)),
        ("as_an_ai", "As an AI language model, I go through the steps one by one."),
        ("as_an_ai", "I apologize for the confusion above."),
        ("speaks_of_reference", "This closely follows the original solution, step by step."),
        ("speaks_of_prompt", "Please reason step by step, and put your final answer within \\boxed{}."),
    )
    for fault, text in faults:
        yield Plant(
            f"{fault}: {text[:20]}",
            lambda one, text=text: _path(one, 1, text=_interrupted(one.paths[1].text, text)),
            degenerate,
            part=fault,
        )
    yield Plant(
        "box first",
        lambda one: _path(one, 1, text=f"\\boxed{{5}}\n\n{one.paths[1].text}"),
        degenerate,
        part="box_before_reasoning",
    )


def _origins() -> Iterator[Plant]:
    for licence in ("", "unknown", " Unknown "):
        yield Plant(
            f"licence {licence!r}", lambda one, licence=licence: replace(one, licence=licence), {"without_licence": 1}
        )
    provenance: Expected = {"without_provenance": 1}
    yield Plant("no source", lambda one: replace(one, source=""), provenance)
    yield Plant("no writer", lambda one: _path(one, 0, writer=""), provenance)
    yield Plant("nobody knows who", lambda one: _path(_path(one, 0, writer="unknown"), 2, writer="unknown"), provenance)


def _path(one: AuditedExample, place: int, **changes: object) -> AuditedExample:
    paths = list(one.paths)
    paths[place] = replace(paths[place], **changes)
    return replace(one, paths=tuple(paths))


def _untold(one: AuditedExample, text: str) -> AuditedExample:
    """With a first path of which nothing is stated, ending as a text does."""
    return _path(one, 0, text=text, finish_reason=None, verdict=None, answer=None)


def _two_unfinished(one: AuditedExample) -> AuditedExample:
    return _path(_path(one, 0, finish_reason="length"), 2, is_closed=False)


def _answering(one: AuditedExample, places: tuple[int, ...], answer: str) -> AuditedExample:
    for place in places:
        one = _path(one, place, text=f"{_without_box(one.paths[place].text)}\n\nSo it is $\\boxed{{{answer}}}$.")
    return one


def _with_seven(one: AuditedExample) -> AuditedExample:
    added = [
        AuditedPath(number, f"{_distinct_text(number)} So it is \\boxed{{{one.answer}}}.", writer="demo")
        for number in range(4, 8)
    ]
    return replace(one, paths=(*one.paths, *added))


def _distinct_text(number: int) -> str:
    words = (
        f"harbour lantern meadow pebble thicket orchard anchor window kettle ladder mirror basket {_LONG_AGO}".split()
    )
    return " ".join(random.Random(number).sample(words, len(words)))


def _without_box(text: str) -> str:
    """A text whose answer is gone: all lines with a box, and what is said after them."""
    return text[: text.index("\\boxed")].rpartition("\n")[0]


def _respaced(text: str) -> str:
    return f"  {text.replace(' ', '  ')}\n"


def _chinese(sentences: int) -> str:
    clauses, draw = _CHINESE.split("，"), random.Random(0)
    return "".join("，".join(draw.sample(clauses, len(clauses))) + "。" for _ in range(sentences))


def _interrupted(text: str, by: str) -> str:
    first, _, rest = text.partition("\n\n")
    return f"{first}\n\n{by}\n\n{rest}"
