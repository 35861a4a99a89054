"""Reference answers that look wrong: most of several independent solutions agree on one answer that is not the gold.

Solutions that err do so each in its own way; where most of them meet in one answer, the reference is the likelier
error.
Only whole solutions count, and a text only once. What a majority is depends on the problem's solutions as a set, never
on their order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass

from datagen.journal import Journal
from datagen.same_words import words_of
from datagen.solutions import is_whole, path_text
from datagen.tables import GoldTrouble, Problem, Solution, Verdict
from datagen.texts import digest
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.gold import read_gold
from datagen.verify.pair import Judgement, Pair
from datagen.verify.tidy import tidy
from datagen.verify.verifier import Verifier
from datagen.verify.words import as_words

FEWEST_AGREEING = 3
"""Independent solutions that must agree. Two that fall into the same trap are common; a third makes it a pattern."""
_ANSWERED = frozenset({"correct", "wrong", "bad_gold", "timeout"})
_AGAINST = frozenset({"wrong", "bad_gold"})

Judged = tuple[Solution, Verdict]


@dataclass(frozen=True, slots=True)
class Majority:
    """An answer that most solutions of a problem give and that is not the gold.

    Attributes:
        answer: in its shortest form, of those the first by letters.
        agreeing: independent solutions that give it.
        answered: independent solutions that give any answer.
        trouble: what is wrong with the gold.
    """

    answer: str
    agreeing: int
    answered: int
    trouble: GoldTrouble


class Majorities:
    """Finds majorities against gold answers; what was found once is kept with the verdicts.

    Safe to use from several threads.

    Args:
        verifier: compares answers.
        journal: of the run's verdicts.
    """

    def __init__(self, verifier: Verifier, journal: Journal) -> None:
        self._verifier = verifier
        self._journal = journal

    def against_gold(self, problem: Problem, judged: Iterable[Judged]) -> Majority | None:
        """The answer other than the gold on which most independent solutions agree, if there is one.

        A solution whose comparison with the gold timed out gives an answer, which may be the gold: it counts among all
        that answer and never among those that agree. An answer that the gold equals when the two change places, as one
        that is more exact does, is not another one. Where the gold can't be read, an answer in words is no majority:
        whoever is asked for a proof ends with the same few words.

        Args:
            problem: the problem.
            judged: all its solutions with the verdicts against its gold; any order.

        Raises:
            CancelledError: the verifier was closed meanwhile.
        """
        told = independent(judged)
        against = Counter(answer for answer, kind in told if kind in _AGAINST)
        needed = max(FEWEST_AGREEING, len(told) // 2 + 1)
        if against.total() < needed:
            return None
        answer, agreeing = self._other(problem, against, needed)
        trouble: GoldTrouble = "unreadable" if all(kind == "bad_gold" for _, kind in told) else "contradicted"
        if answer is None or (trouble == "unreadable" and as_words(tidy(answer)) is not None):
            return None
        return Majority(answer, agreeing, len(told), trouble)

    def _other(self, problem: Problem, against: Mapping[str, int], needed: int) -> tuple[str | None, int]:
        """The other answer that at least `needed` solutions give, and how many do; None and 0 when there is none."""
        asked = [problem.problem, problem.answer, sorted(against.items()), needed]
        key = digest("majority", asked, VERIFIER_VERSION, asdict(self._verifier.limits))
        kept = self._journal.get(key)
        if kept is None:
            groups = self._groups(problem, against, needed)
            answer, agreeing = next((group for group in groups if group[1] >= needed), (None, 0))
            if answer is not None and self._is_gold(problem, answer):
                answer, agreeing = None, 0
            kept = {"answer": answer, "agreeing": agreeing}
            self._journal.append(key, kept)
        return kept["answer"], kept["agreeing"]

    def _is_gold(self, problem: Problem, answer: str) -> bool:
        gold = read_gold(problem.answer).text
        return gold is not None and self._same(problem, answer, gold).result().verdict == "correct"

    def _same(self, problem: Problem, one: str, other: str) -> Future[Judgement]:
        return self._verifier.compare(Pair.of(one, other, problem.problem))

    def _groups(self, problem: Problem, against: Mapping[str, int], needed: int) -> Iterator[tuple[str, int]]:
        """Equal answers together, each group by its shortest, as long as what is left can still be a majority.

        Equality as the verifier sees it need not be transitive (roundings, units). So a group is what equals its
        shortest answer directly, and an answer belongs to the first such group, in the order of length and letters.
        """
        left = sorted(against, key=lambda answer: (len(answer), answer))
        while sum(against[answer] for answer in left) >= needed:
            first, *others = left
            compared = [self._same(problem, first, answer) for answer in others]
            is_equal = [judgement.result().verdict == "correct" for judgement in compared]
            same = [first, *(answer for answer, equal in zip(others, is_equal, strict=True) if equal)]
            yield first, sum(against[answer] for answer in same)
            left = [answer for answer, equal in zip(others, is_equal, strict=True) if not equal]


def independent(judged: Iterable[Judged]) -> Sequence[tuple[str, str]]:
    """Answer and kind of verdict of each whole solution that gives one; those that say the same words count once."""
    told: dict[str, tuple[str, str]] = {}
    for solution, verdict in sorted(judged, key=lambda one: one[0].id):
        answer = (verdict.answer or "").strip()
        if answer and verdict.verdict in _ANSWERED and is_whole(solution):
            told.setdefault(" ".join(words_of(path_text(solution, "both"))), (answer, verdict.verdict))
    return list(told.values())
