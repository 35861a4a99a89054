"""Answers: what paths and summaries close with, and whether they agree.

Two answers agree when the verifier takes one for the other, whichever of them is the gold, or both for the reference
answer: it is neither symmetric nor transitive. Where its rules can't decide, the dataset's own verdict on a path
stands, since a judge or a person may have given it; where it gives none, a path that rules can't match is another
answer, as it is wherever datagen verifies. What timed out, or can't be read as a gold answer, agrees.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from datagen.audit.checks.endings import is_finished
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

_Sameness = Literal["same", "different", "unmatched", "unknown"]
"""Of two answers: what rules decide; `unmatched` where they fall short of a decision, `unknown` without any verdict."""


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """How a path closes: its number, its answer, whether it is finished, and the dataset's verdict on it."""

    number: int
    answer: str | None
    is_finished: bool
    verdict: VerdictKind | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What an example closes with.

    Attributes:
        problem: whose options and rounding count.
        reference: the dataset's answer; None without one.
        summary: the answer that the summary closes with; None without one.
        paths: of its paths, in their order.
    """

    problem: str
    reference: str | None
    summary: str | None
    paths: tuple[PathAnswer, ...]


def answers_of(example: AuditedExample) -> Answers:
    """Read off what an example closes with."""
    paths = (
        PathAnswer(path.number, closing_answer(path.text), is_finished(path), path.verdict) for path in example.paths
    )
    summary = closing_answer(example.summary) if example.summary else None
    return Answers(example.problem, example.answer or None, summary, tuple(paths))


class Agreement:
    """The answers of one example, being compared: asked for at once, told when it is asked.

    Args:
        answers: of the example.
        verifier: compares them.
    """

    def __init__(self, answers: Answers, verifier: Verifier) -> None:
        self._answers = answers
        self._judged: dict[tuple[str, str], Future[Judgement]] = {}
        summary, reference = answers.summary, answers.reference
        for one, other in {(summary, path.answer) for path in answers.paths} | {(reference, summary)}:
            if one is not None and other is not None:
                self._ask(one, other, verifier)
                self._ask(other, one, verifier)
        for answer in {path.answer for path in answers.paths}:
            if reference is not None and answer is not None:
                self._ask(reference, answer, verifier)

    def tallies(self) -> Iterator[Tally]:
        """What was found of answers; waits until all are compared."""
        answers = self._answers
        missing = [Hit(f"path {path.number} closes with no answer") for path in answers.paths if path.answer is None]
        yield Tally("paths_without_answer", len(answers.paths), tuple(missing))
        agrees = [self._agrees(path) for path in answers.paths]
        if answers.summary is not None:
            answering = [(path, said) for path, said in zip(answers.paths, agrees, strict=True) if path.answer]
            against = [
                Hit(f"path {path.number}: {self._versus(path.answer)}", is_marked=path.verdict == "wrong")
                for path, said in answering
                if not said
            ]
            yield Tally("paths_against_summary", len(answering), tuple(against))
        yield of_example("without_two_agreeing_paths", self._alone(agrees))
        if answers.reference is not None:
            yield of_example("summary_against_reference", self._missed())

    def _alone(self, agrees: list[bool]) -> Iterator[Hit]:
        """The example, unless two of its paths are finished and agree with its summary."""
        paths = self._answers.paths
        good = [path.is_finished and said for path, said in zip(paths, agrees, strict=True)]
        if sum(good) >= 2:
            return
        told = f"{sum(good)} of {len(paths)} finished with the summary's answer"
        # what one path has nobody to agree with, and a wrong path that says so was admitted as such
        admitted = all(one or path.verdict == "wrong" for one, path in zip(good, paths, strict=True))
        yield Hit(told, is_marked=bool(paths) and admitted)

    def _missed(self) -> Iterator[Hit]:
        reference, summary = self._answers.reference, self._answers.summary
        if summary is None:
            yield Hit("the summary closes with no answer", "no answer")
        elif reference is not None and self._sameness(reference, summary) == "different":
            yield Hit(f"{_shown(summary)} in the summary, {_shown(reference)} in the reference", "another answer")

    def _agrees(self, path: PathAnswer) -> bool:
        """Whether a path closes with the summary's answer; one without an answer does not."""
        summary, reference = self._answers.summary, self._answers.reference
        if summary is None or path.answer is None:
            return False
        said = self._sameness(summary, path.answer)
        if said == "unmatched":
            return path.verdict == "correct"
        if said != "different" or reference is None or self._sameness(reference, summary) != "same":
            return said != "different"
        with_reference = self._judge(reference, path.answer)
        return with_reference == "same" or (with_reference != "different" and path.verdict == "correct")

    def _versus(self, answer: str | None) -> str:
        return f"{_shown(answer or '')}, the summary {_shown(self._answers.summary or '')}"

    def _ask(self, gold: str, answer: str, verifier: Verifier) -> None:
        read = read_gold(gold).text
        if read is not None and (gold, answer) not in self._judged:
            self._judged[gold, answer] = verifier.compare(Pair.of(read, answer, self._answers.problem))

    def _sameness(self, one: str, other: str) -> _Sameness:
        told = {self._judge(one, other), self._judge(other, one)}
        order: tuple[_Sameness, ...] = ("same", "different", "unmatched", "unknown")
        return next(said for said in order if said in told)

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


def _shown(answer: str) -> str:
    return shorten(answer, _SHOWN)
