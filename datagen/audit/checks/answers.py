"""Answers: what paths and summaries close with, and whether they agree.

Two answers agree when the verifier takes one for the other, whichever of them is the gold, or both for the reference
answer: it is neither symmetric nor transitive. Where it can't decide, or not in time, the dataset's own verdict on a
path stands: a judge, a person or a faster machine may have given it. Where it gives none, a path that rules can't match
is another answer, as it is wherever datagen verifies; what timed out, or can't be read as a gold, agrees.

A box is an answer. Prose says it in too many ways for one reading to be trusted: there, what the words state, the
result that stands at the end, or else any number of the last sentence may be meant, and a path disagrees only with all
of them. Where words state nothing, but the last sentence holds a number, that can agree, and never disagrees.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from datagen.audit.checks.endings import is_cut, is_finished
from datagen.audit.checks.tally import Hit, Tally, of_example
from datagen.audit.example import AuditedExample
from datagen.screen.wording import shorten
from datagen.tables import VerdictKind
from datagen.verify.closing import closing_answer
from datagen.verify.gold import read_gold
from datagen.verify.pair import UNDECIDED, Judgement, Pair
from datagen.verify.verifier import Verifier

_SHOWN = 60
"""Characters of an answer in a detail."""

_LAST_SENTENCE, _MOST_READINGS = 300, 8
_SENTENCE_BEGINS = re.compile(r"(?<=[.!?])\s|\n")
_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:\s?/\s?[0-9]+)?")
_RESULT = re.compile(rf"=\s*[$€£]?({_NUMBER.pattern})(?:\s*[A-Za-z%]+){{0,2}}[.)\s]*$")
"""A text that ends in a result states it, whether or not it says so."""

_Sameness = Literal["same", "different", "unmatched", "unknown"]
"""Of two answers: what rules decide; `unmatched` where they fall short of a decision, `unknown` without any verdict."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The answer that a text closes with.

    Attributes:
        readings: what it may be, the likeliest first; none where there is no answer.
        is_stated: whether it is plain that one of them is meant.
    """

    readings: tuple[str, ...] = ()
    is_stated: bool = True

    def __str__(self) -> str:
        return " or ".join(shorten(reading, _SHOWN) for reading in self.readings)


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """How a path closes: its number, its answer, whether it is finished, and the dataset's verdict on it."""

    number: int
    closing: Closing
    is_finished: bool
    verdict: VerdictKind | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What an example closes with.

    Attributes:
        problem: whose options and rounding count.
        reference: the dataset's answer.
        summary: the summary's.
        paths: of its paths, in their order.
    """

    problem: str
    reference: Closing
    summary: Closing
    paths: tuple[PathAnswer, ...]

    @property
    def witness(self) -> str | None:
        """The answer by which the problem is told from others: the reference, else the summary's."""
        return next(iter((*self.reference.readings, *self.summary.readings)), None)


def answers_of(example: AuditedExample) -> Answers:
    """Read off what an example closes with."""
    paths = (PathAnswer(path.number, closing_of(path.text), is_finished(path), path.verdict) for path in example.paths)
    reference = Closing((example.answer,)) if example.answer else Closing()
    return Answers(example.problem, reference, closing_of(example.summary or ""), tuple(paths))


def closing_of(text: str) -> Closing:
    """The answer that a text closes with."""
    answer = closing_answer(text)
    if "\\boxed" in text or "\\fbox" in text:
        return Closing((answer,) if answer else ())
    last = text.rstrip()[-_LAST_SENTENCE:]
    end = _SENTENCE_BEGINS.split(last)[-1]
    result, numbers = _RESULT.search(end), _NUMBER.findall(end)[-_MOST_READINGS:]
    if answer is None and result is None:
        return Closing(tuple(numbers[-1:]), is_stated=False) if numbers and not is_cut(text) else Closing()
    found = [*filter(None, [answer]), *([result[1]] if result else numbers)]
    is_stated = result is not None or str(answer) in end or "answer" in last.lower()
    return Closing(tuple(dict.fromkeys(found)), is_stated)


class Agreement:
    """The answers of one example, being compared: asked for at once, told when it is asked.

    Args:
        answers: of the example.
        verifier: compares them.
    """

    def __init__(self, answers: Answers, verifier: Verifier) -> None:
        self._answers = answers
        self._judged: dict[tuple[str, str], Future[Judgement]] = {}
        summary, reference = answers.summary.readings, answers.reference.readings
        closings = {reading for path in answers.paths for reading in path.closing.readings}
        for one, other in [*product(summary, closings), *product(reference, summary)]:
            self._ask(one, other, verifier)
            self._ask(other, one, verifier)
        for one, other in product(reference, closings):
            self._ask(one, other, verifier)

    def tallies(self) -> Iterator[Tally]:
        """What was found of answers; waits until all are compared."""
        answers = self._answers
        missing = [path.number for path in answers.paths if not path.closing.readings]
        yield Tally("paths_without_answer", len(answers.paths), tuple(map(_no_answer, missing)))
        agrees = [self._agrees(path) for path in answers.paths]
        if answers.summary.readings:
            told = zip(answers.paths, agrees, strict=True)
            against = [self._against(path) for path, agreeing in told if path.closing.readings and not agreeing]
            yield Tally("paths_against_summary", len(answers.paths) - len(missing), tuple(against))
        yield of_example("without_two_agreeing_paths", self._alone(agrees))
        if answers.reference.readings:
            yield of_example("summary_against_reference", self._missed())

    def _against(self, path: PathAnswer) -> Hit:
        told = f"path {path.number}: {path.closing}, the summary: {self._answers.summary}"
        return Hit(told, is_marked=path.verdict == "wrong")

    def _alone(self, agrees: Sequence[bool]) -> Iterator[Hit]:
        """The example, unless two of its paths are finished and agree with its summary."""
        paths = self._answers.paths
        good = [path.is_finished and said for path, said in zip(paths, agrees, strict=True)]
        if sum(good) >= 2:
            return
        # one path has nobody to agree with, and a wrong path that says so was admitted as such
        admitted = all(one or path.verdict == "wrong" for one, path in zip(good, paths, strict=True))
        told = f"{sum(good)} of {len(paths)} finished with the summary's answer"
        yield Hit(told, is_marked=bool(paths) and admitted)

    def _missed(self) -> Iterator[Hit]:
        reference, summary = self._answers.reference, self._answers.summary
        if not summary.readings:
            yield Hit("the summary closes with no answer", "no answer")
        elif summary.is_stated and self._sameness(reference, summary) == "different":
            yield Hit(f"the summary: {summary}, the reference: {reference}", "another answer")

    def _agrees(self, path: PathAnswer) -> bool:
        """Whether a path closes with the summary's answer; one without an answer does not."""
        summary, reference = self._answers.summary, self._answers.reference
        if not summary.readings or not path.closing.readings:
            return False
        said = self._sameness(summary, path.closing)
        if not (summary.is_stated and path.closing.is_stated):
            return True
        if said in ("unmatched", "unknown"):
            return path.verdict == "correct" or (said == "unknown" and path.verdict != "wrong")
        if said == "same" or self._sameness(reference, summary) != "same":
            return said == "same"
        with_reference = self._best(product(reference.readings, path.closing.readings))
        return with_reference == "same" or (with_reference != "different" and path.verdict == "correct")

    def _ask(self, gold: str, answer: str, verifier: Verifier) -> None:
        read = read_gold(gold).text
        if read is not None and (gold, answer) not in self._judged:
            self._judged[gold, answer] = verifier.compare(Pair.of(read, answer, self._answers.problem))

    def _sameness(self, one: Closing, other: Closing) -> _Sameness:
        """What is known of two answers, taken both ways round."""
        return self._best([*product(one.readings, other.readings), *product(other.readings, one.readings)])

    def _best(self, pairs: Iterable[tuple[str, str]]) -> _Sameness:
        """What some comparisons come to: one that finds the same is enough."""
        told = (self._judge(gold, answer) for gold, answer in pairs)
        return min(told, key=get_args(_Sameness).index, default="unknown")

    def _judge(self, gold: str, answer: str) -> _Sameness:
        judged = self._judged.get((gold, answer))
        if judged is None:
            return "unknown"
        judgement = judged.result()
        if judgement.verdict == "correct":
            return "same"
        if judgement.verdict != "wrong":
            return "unknown"
        return "unmatched" if judgement.method in UNDECIDED else "different"


def _no_answer(number: int) -> Hit:
    return Hit(f"path {number} closes with no answer")
