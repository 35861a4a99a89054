"""How well the distance between paths tells approaches apart, beside plain overlap of words and characters; its speed.

The judged pairs are those of `tests/approaches`. Intervals are 95% of a bootstrap over problems, since pairs of one
problem are not independent.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from datagen.approaches import approach_of, distance, is_same_path, read_path
from datagen.approaches.approach import Approach
from datagen.same_words import counted_words, say_the_same, words_of
from tests.approaches.judged import JudgedPair, judged_pairs, recorded_solutions

_DRAWS = 2_000
_PATHS, _CHARACTERS, _PATHS_A_PROBLEM, _ROUNDS = 80, (12_000, 18_000), 4, 5
Numbers = npt.NDArray[np.float64]
T = TypeVar("T")


def measure() -> Iterator[str]:
    """Print the figures."""
    pairs = judged_pairs()
    for half in ("tuning", "held out"):
        yield from _separation(half, [pair for pair in pairs if pair.half == half])
    yield from _merged(pairs)
    yield from _speed()


def _separation(half: str, pairs: Sequence[JudgedPair]) -> Iterator[str]:
    different = np.array([pair.label == "different" for pair in pairs])
    problems = [pair.problem for pair in pairs]
    yield (
        f"{half}: {len(pairs)} pairs of {len(set(problems))} problems, {different.sum()} of them different approaches, "
        f"in {len({pair.problem for pair in pairs if pair.label == 'different'})} problems.  "
    )
    yield ""
    yield "| separates same from different | AUC | 95% | the distance's is higher by | within a problem | 95% |"
    yield "|---|---|---|---|---|---|"
    draws = list(_draws(problems))
    found = {name: np.array([measured(pair) for pair in pairs]) for name, measured in _MEASURES.items()}
    curves = {name: [_area(far[draw], different[draw]) for draw in draws] for name, far in found.items()}
    for name, far in found.items():
        gain = "" if name == _OURS else _interval(np.subtract(curves[_OURS], curves[name]))
        shown = (f"{_area(far, different):.3f}", _interval(curves[name]), gain, *_within(far, different, problems))
        yield f"| {name} | {' | '.join(shown)} |"
    yield ""


def _interval(values: Sequence[float] | Numbers) -> str:
    low, high = np.nanquantile(values, (0.025, 0.975))
    return f"{low:.2f} to {high:.2f}"


def _draws(problems: Sequence[str]) -> Iterator[list[int]]:
    """Indices of pairs, of as many problems as there are, each drawn as often as luck has it."""
    draw, places = random.Random(0), {}
    for place, problem in enumerate(problems):
        places.setdefault(problem, []).append(place)
    names = sorted(places)
    for _ in range(_DRAWS):
        yield [place for name in draw.choices(names, k=len(names)) for place in places[name]]


def _area(far: Numbers, different: npt.NDArray[np.bool_]) -> float:
    """The chance that a different pair lies farther apart than a same one; a tie is half of one."""
    if different.all() or not different.any():
        return float("nan")
    above = far[different][:, None] - far[~different]
    return float(np.mean((above > 0) + (above == 0) / 2))


def _within(far: Numbers, different: npt.NDArray[np.bool_], problems: Sequence[str]) -> tuple[str, str]:
    """The mean area over the problems that have pairs of both kinds: what a choice among the paths of one rests on."""
    named = np.array(problems)
    areas = [_area(far[named == problem], different[named == problem]) for problem in sorted(set(problems))]
    known = [area for area in areas if not np.isnan(area)]
    draw = random.Random(0)
    return f"{np.mean(known):.3f}", _interval(
        [float(np.mean(draw.choices(known, k=len(known)))) for _ in range(_DRAWS)]
    )


def _merged(pairs: Sequence[JudgedPair]) -> Iterator[str]:
    yield "| one path by | one derivation | one approach | different approaches |"
    yield "|---|---|---|---|"
    of_each = Counter(pair.label for pair in pairs)
    ways: dict[str, Callable[[JudgedPair], bool]] = {
        "words": lambda pair: say_the_same(*(counted_words(text) for text in pair.texts)),
        "words or mathematics": lambda pair: is_same_path(*(read_path(text, pair.statement) for text in pair.texts)),
    }
    for name, is_one in ways.items():
        counts = Counter(pair.label for pair in pairs if is_one(pair))
        shown = (f"{counts[label]} of {of_each[label]}" for label in ("identical", "same", "different"))
        yield f"| {name} | {' | '.join(shown)} |"
    yield ""


def _speed() -> Iterator[str]:
    few, many = _CHARACTERS
    real = sorted({(problem, text) for problem, text in recorded_solutions() if few <= len(text) <= many})
    paths = random.Random(0).sample(real, _PATHS)
    read, seconds = _timed(lambda: [approach_of(text, problem) for problem, text in paths])
    size = sum(len(text) for _, text in paths)
    groups = [read[at : at + _PATHS_A_PROBLEM] for at in range(0, _PATHS, _PATHS_A_PROBLEM)]
    found, compared = _timed(lambda: [distance(*pair) for group in groups for pair in combinations(group, 2)])
    yield (
        f"{_PATHS} real paths of {size / _PATHS / 1e3:.1f} KB in the mean, CPU time of one core, best of {_ROUNDS}: "
        f"read at {size / seconds / 1e6:.1f} MB/s, compared at {len(found) / compared:,.0f} pairs/s; "
        f"{_PATHS_A_PROBLEM} paths a problem, read once each and all compared, "
        f"{len(found) / (seconds + compared):,.0f} pairs/s."
    )


def _timed(work: Callable[[], list[T]]) -> tuple[list[T], float]:
    best = float("inf")
    for _ in range(_ROUNDS):
        begin = time.process_time()
        done = work()
        best = min(best, time.process_time() - begin)
    return done, best


def _unshared(one: Collection[str], other: Collection[str]) -> float:
    first, second = set(one), set(other)
    return 1 - len(first & second) / max(1, len(first | second))


def _fives(text: str) -> list[str]:
    plain = " ".join(words_of(text))
    return [plain[at : at + 5] for at in range(len(plain) - 4)]


def _approaches(pair: JudgedPair) -> tuple[Approach, Approach]:
    one, other = pair.texts
    return approach_of(one, pair.statement), approach_of(other, pair.statement)


_OURS = "distance"
_MEASURES: dict[str, Callable[[JudgedPair], float]] = {
    _OURS: lambda pair: distance(*_approaches(pair)),
    "words, 1 - Jaccard": lambda pair: _unshared(*map(words_of, pair.texts)),
    "5 characters, 1 - Jaccard": lambda pair: _unshared(*map(_fives, pair.texts)),
    "characters, 1 - rapidfuzz ratio": lambda pair: 1 - fuzz.ratio(*pair.texts) / 100,
}
