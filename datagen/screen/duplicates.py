"""Which rows state the same problem, which of them stays, and whether they agree on the answer.

Rows with one id are one problem. Problems with alike texts (`datagen.screen.similarity`) are near duplicates. Groups
are stars, not chains: problems are ranked, and each one in turn either joins the best one that stays and that it is
itself alike to, or stays. So no problem is dropped for one that it does not resemble, and with a~b~c the best decides.
A disagreement goes further: where two texts say the same and their answers differ, all that is alike to them, and to
that, is in doubt.

The rank is, in this order: most whole recorded solutions; the source that stands first in the recipe; the content. It
never is the order of the rows, which decides nothing here. Groups whose answers disagree are dropped as a whole. Alike
texts that need their answers as a witness and disagree are two problems, both of which stay.

Problems are read twice here. What is held of all of them is the key of the id and 8 bytes a band (264 bytes); texts and
answers are held only of those that have a twin. A run that is told to stop stops within one comparison.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, islice

import numpy as np

from datagen.screen.similarity import Likeness, Wording, certainly_one, likeness
from datagen.screen.sketches import BANDS, BATCH_TEXTS, Words, candidates, sketch
from datagen.screen.trimmings import without_trimmings
from datagen.screen.wording import shorten
from datagen.stopping import refuse_when_stopped
from datagen.tables import Problem
from datagen.texts import digest

SHOWN_ANSWERS = 6
ANSWER_CHARACTERS = 60
_WORDINGS_HELD = 4096
_SKETCHING = 2
"""Batches of texts that are sketched at once; most of that runs outside of Python's lock."""

SameAnswer = Callable[[str, str], bool]
UsableSolutions = Callable[[Collection[str]], Mapping[str, int]]
Witnesses = dict[str, str]  # each answer of a group, and the first row that gives it
Rank = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides between rows.

    Attributes:
        same_answer: whether two answers are the same; asked both ways round, since verifiers are not symmetric.
        near: the similarity from which two texts are alike; None looks for equal texts only.
        sources: the sources as the recipe lists them; others come after them.
        usable: for some ids, how many whole recorded solutions each problem has; none when left out.
        is_out: whether a row leaves for another reason, so that it can't be the one that stays.
    """

    same_answer: SameAnswer
    near: float | None
    sources: Sequence[str] = ()
    usable: UsableSolutions = field(default=lambda ids: {})
    is_out: Callable[[Problem], bool] = field(default=lambda problem: False)


@dataclass(frozen=True, slots=True)
class Keeper:
    """The row that stands for several, and where a person finds it."""

    row_id: str
    place: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What became of the problems that have a twin; of an id that is not named here, all rows stay.

    Attributes:
        keepers: for each id with several rows, the one that stays.
        conflicts: for each id whose answers, or whose group's, disagree, who says what.
        joined: for each id that is a near duplicate of one that stays, how that is said to people.
        adopted: for each id whose recorded solutions speak of the variables of the one that stays, that one's id.
    """

    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    adopted: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Twin:
    """A problem that has a twin: its best row, and the answers of all its rows."""

    rank: Rank
    best: Problem
    witnesses: Witnesses
    rows: int = 1


def find_duplicates(problems: Callable[[], Iterable[Problem]], rules: Rules) -> Duplicates:
    """Find the rows that state the same problem, and decide which of them stay.

    Args:
        problems: opens the rows to compare; read twice, or once when none has a twin.
        rules: what decides.

    Raises:
        StoppedError: the run was told to stop.
    """
    index = _Index.of(problems(), with_sketches=rules.near is not None)
    pairs = index.pairs()
    named = frozenset(np.union1d(index.repeated, pairs).tolist())
    if not named:
        return Duplicates()
    twins = _twins(problems(), named, rules)
    alike = _alike(pairs, twins, rules)
    return _decide(twins, alike, rules)


def alike_problems(problems: Callable[[], Iterable[Problem]], rules: Rules) -> dict[str, dict[str, Likeness]]:
    """For the id of each problem that others are alike to, theirs, and how alike they are; nothing is decided.

    Args:
        problems: opens the rows to compare; read twice, or once when none may have a twin.
        rules: what texts are alike, and whose answers are the same.

    Raises:
        StoppedError: the run was told to stop.
    """
    pairs = _Index.of(problems(), with_sketches=True).pairs()
    named = frozenset(np.unique(pairs).tolist())
    return _alike(pairs, _twins(problems(), named, rules), rules) if named else {}


class _Index:
    """Of every problem: the key of its id, and the bands of its sketch."""

    def __init__(self, ids: Words, bands: Words | None) -> None:
        # of rows with one id the sketch of one is enough, and the content says which
        order = np.argsort(ids) if bands is None else np.lexsort((bands.sum(axis=1), ids))
        ids = ids[order]
        is_first = np.concatenate((np.ones(min(len(ids), 1), bool), ids[1:] != ids[:-1]))
        self.repeated = np.unique(ids[~is_first])
        self._ids = ids[is_first]
        self._bands = None if bands is None else bands[order[is_first]]

    @classmethod
    def of(cls, problems: Iterable[Problem], with_sketches: bool) -> "_Index":
        """Read the rows once; sketches are made beside the reading."""
        ids: list[Words] = []
        bands: list[Words] = []
        under_way: deque[Future[Words]] = deque()
        with ThreadPoolExecutor(_SKETCHING, thread_name_prefix="sketch") as pool:
            for batch in _batches(problems):
                if with_sketches:
                    texts = [without_trimmings(problem.problem) for problem in batch]
                    under_way.append(pool.submit(sketch, texts))
                ids.append(np.array([_key(problem.id) for problem in batch], np.uint64))
                if len(under_way) > _SKETCHING:
                    bands.append(under_way.popleft().result())
            bands += [later.result() for later in under_way]
        every = np.concatenate([np.zeros(0, np.uint64), *ids])
        return cls(every, np.concatenate([np.zeros((0, BANDS), np.uint64), *bands]) if with_sketches else None)

    def pairs(self) -> Words:
        """Two columns of the keys of ids that may be near duplicates, in an order that hangs on the ids alone."""
        if self._bands is None:
            return np.zeros((0, 2), np.uint64)
        pairs: Words = self._ids[candidates(self._bands)]
        return pairs


def _key(problem_id: str) -> int:
    return int(problem_id, 16)  # an id is 16 hexadecimal digits (`datagen.texts.problem_id`)


def _batches(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    rows = iter(problems)
    return iter(lambda: list(islice(rows, BATCH_TEXTS)), [])


def _twins(problems: Iterable[Problem], named: frozenset[int], rules: Rules) -> dict[str, _Twin]:
    """The problems that are named, in the order of their ids; those whose rows all leave come last in rank."""
    places = {source: place for place, source in enumerate(rules.sources)}
    twins: dict[str, _Twin] = {}
    for problem in problems:
        places.setdefault(problem.source, len(places))
        if _key(problem.id) not in named:
            continue
        content = digest(problem.problem, problem.answer)[:16]
        rank = (int(rules.is_out(problem)), places[problem.source], content, problem.row_id)
        twin = twins.get(problem.id)
        if twin is None:
            twins[problem.id] = _Twin(rank, problem, {problem.answer: _place(problem)})
            continue
        twin.rows += 1
        twin.witnesses.setdefault(problem.answer, _place(problem))
        if rank < twin.rank:
            twin.rank, twin.best = rank, problem
    return dict(sorted(twins.items()))


def _alike(pairs: Words, twins: Mapping[str, _Twin], rules: Rules) -> dict[str, dict[str, Likeness]]:
    """For each problem the near duplicates that can stay or go, and how alike they are."""
    by_key = {_key(problem_id): problem_id for problem_id, twin in twins.items() if twin.rank[0] == 0}
    wording = lru_cache(_WORDINGS_HELD)(lambda problem_id: Wording(without_trimmings(twins[problem_id].best.problem)))
    alike: defaultdict[str, dict[str, Likeness]] = defaultdict(dict)
    for one_key, other_key in pairs.tolist():
        refuse_when_stopped()
        one, other = by_key.get(one_key), by_key.get(other_key)
        if one is None or other is None:
            continue
        here, there = wording(one), wording(other)
        found = likeness(here, there, rules.near or 1.0)
        if found is None:
            continue
        answers = twins[one].best.answer, twins[other].best.answer
        if answers[0] == answers[1] or certainly_one(here, there) or _same(rules.same_answer, *answers):
            alike[one][other] = alike[other][one] = found
    return alike


def _decide(twins: Mapping[str, _Twin], alike: Mapping[str, Mapping[str, Likeness]], rules: Rules) -> Duplicates:
    usable = rules.usable(alike.keys()) if alike else {}
    ranked = sorted(alike, key=lambda one: (-usable.get(one, 0), *twins[one].rank[1:3], one))
    place = {one: number for number, one in enumerate(ranked)}
    stays: dict[str, str] = {}  # each near duplicate and the one that stands for it; itself when it stays
    for one in ranked:
        stays[one] = min(
            (other for other in alike[one] if stays.get(other) == other), key=place.__getitem__, default=one
        )
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for one in twins:
        groups[stays.get(one, one)].append(one)

    conflicts = _conflicts(groups, twins, alike, rules.same_answer)
    joined: dict[str, str] = {}
    adopted: dict[str, str] = {}
    for keeper, members in groups.items():
        refuse_when_stopped()
        best = twins[keeper].best
        for member in members:
            if member != keeper and member not in conflicts:
                found = alike[member][keeper]
                joined[member] = (
                    f"near duplicate of {_place(best)}, which stands for it: similarity {found.similarity:.2f}"
                )
                adopted |= {member: keeper} if found.shares_letters else {}
    keepers = {one: Keeper(twin.best.row_id, _place(twin.best)) for one, twin in twins.items() if twin.rows > 1}
    return Duplicates(keepers, conflicts, joined, adopted)


def _conflicts(
    groups: Mapping[str, Sequence[str]],
    twins: Mapping[str, _Twin],
    alike: Mapping[str, Mapping[str, Likeness]],
    same_answer: SameAnswer,
) -> dict[str, str]:
    """The ids of the groups in doubt, and who says what; of a group, its keeper is among the members."""
    conflicts: dict[str, str] = {}
    for keepers in _together(groups, alike):
        members = [member for keeper in keepers for member in sorted(groups[keeper], key=keeper.__ne__)]
        witnesses: Witnesses = {}
        for member in members:
            for answer, row in twins[member].witnesses.items():
                witnesses.setdefault(answer, row)
        if not _agree(witnesses, same_answer):
            texts = "same text" if len(members) == 1 else "near duplicates"
            conflicts |= dict.fromkeys(members, f"{texts}, different answers: {_describe(witnesses)}")
    return conflicts


def _together(groups: Mapping[str, Sequence[str]], alike: Mapping[str, Mapping[str, Likeness]]) -> Iterator[list[str]]:
    """The keepers of groups that are linked by alike texts."""
    keeper_of = {member: keeper for keeper, members in groups.items() for member in members}
    seen: set[str] = set()
    for first in groups:
        waiting = [] if first in seen else [first]
        seen.add(first)
        linked: list[str] = []
        while waiting:
            linked.append(waiting.pop())
            for member in groups[linked[-1]]:
                for other in sorted(alike.get(member, {})):
                    if keeper_of[other] not in seen:
                        seen.add(keeper_of[other])
                        waiting.append(keeper_of[other])
        if linked:
            yield linked


def _agree(witnesses: Witnesses, same_answer: SameAnswer) -> bool:
    # every pair: with the first answer alone, the order of the rows would decide
    return all(_same(same_answer, one, other) for one, other in combinations(witnesses, 2))


def _same(same_answer: SameAnswer, one: str, other: str) -> bool:
    return one == other or same_answer(one, other) or same_answer(other, one)


def _place(problem: Problem) -> str:
    return f"row {problem.row_id} of {problem.source}"


def _describe(witnesses: Witnesses) -> str:
    shown = [
        f'"{shorten(answer, ANSWER_CHARACTERS)}" in {row}' for answer, row in islice(witnesses.items(), SHOWN_ANSWERS)
    ]
    more = len(witnesses) - len(shown)
    return ", ".join(shown) + (f" and {more} more answers" if more else "")
