"""Edited benchmark problems among synthetic ones: what is found, what is hit by mistake, and how fast.

Beside the rules that others use: a text is out when it shares one n-gram of 13 or 8 words with a benchmark. All three
read the same texts in one process, in turns. The innocent texts are chains of words that follow each other
in real problems, a tenth of them with boilerplate at the end; among them stand siblings, benchmark problems with one
number changed, which are problems of their own.
"""

import gc
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq

from datagen.recipe import BENCHMARK_NAMES, Benchmark
from datagen.screen import BenchmarkSet, load_benchmark, resolve_benchmark
from datagen.screen.contamination import BenchmarkIndex
from tests.screen.edits import EDITS, change_a_number, two_edits

_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
_TEXTS, _EDITED, _SIBLINGS = 200_000, 10_000, 4_000
_MEAN_WORDS = 68
_BOILERPLATE = (
    "can be written in the form $\\frac{m}{n}$, where $m$ and $n$ are relatively prime positive integers. Find $m+n$.",
    "Express your answer as a common fraction in simplest form with a rational denominator.",
    "Enter your answer in the form $(r,\\theta),$ where $r > 0$ and $0 \\le \\theta < 2 \\pi.$",
)
_SEED, _TURN = 5, 2_000


@dataclass(frozen=True, slots=True)
class _Text:
    """A text and what it is: the name of its edit, `sibling`, or nothing for an innocent one."""

    text: str
    kind: str = ""
    place: tuple[str, int] | None = None

    @property
    def is_edited(self) -> bool:
        return self.place is not None


def measure() -> Iterator[str]:
    """Print the figures."""
    benchmarks = [_benchmark(name) for name in BENCHMARK_NAMES]
    texts = _texts(benchmarks)
    characters = sum(len(one.text) for one in texts) / len(texts)
    yield f"| {len(texts):,} texts of {characters:.0f} characters | a CPU second | ratio | recall | precision |"
    yield "|---|---|---|---|---|"
    problems = [problem.problem for benchmark in benchmarks for problem in benchmark.problems]
    index = BenchmarkIndex(benchmarks)
    rules = {
        "13-gram rule": _ngram_rule(problems, 13),
        "8-gram rule": _ngram_rule(problems, 8),
        "datagen": lambda text: index.find(text) is not None,
    }
    gc.freeze()  # nobody pays for looking through what the benchmark holds
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took, found = _in_turn(texts, rules)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    edited = sum(one.is_edited for one in texts)
    for name in rules:
        hits = [one for one, is_found in zip(texts, found[name], strict=True) if is_found]
        right = sum(one.is_edited for one in hits)
        yield (
            f"| {name} | {len(texts) / took[name]:,.0f} | {took['13-gram rule'] / took[name]:.2f} "
            f"| {right / edited:.3f} | {right / len(hits):.3f} |"
        )
    yield ""
    yield f"Looking through the texts took {more:.0f} MiB more than holding them."
    yield ""
    yield "| kind | texts | found |"
    yield "|---|---|---|"
    number = Counter(one.kind for one in texts)
    found_kinds = Counter(one.kind for one, is_found in zip(texts, found["datagen"], strict=True) if is_found)
    for kind in sorted(number, key=lambda kind: (kind in ("", "sibling"), kind)):
        yield f"| {kind or 'innocent'} | {number[kind]:,} | {found_kinds[kind]:,} |"


def _in_turn(
    texts: Sequence[_Text], rules: dict[str, Callable[[str], bool]]
) -> tuple[dict[str, float], dict[str, list[bool]]]:
    """CPU seconds and findings of each rule; they take turns, so that what else the machine does falls on all alike."""
    took = dict.fromkeys(rules, 0.0)
    found: dict[str, list[bool]] = {name: [] for name in rules}
    for start in range(0, len(texts), _TURN):
        some = [one.text for one in texts[start : start + _TURN]]
        for name, is_hit in rules.items():
            started = time.process_time()
            found[name] += [is_hit(text) for text in some]
            took[name] += time.process_time() - started
    return took, found


def _ngram_rule(problems: Sequence[str], size: int) -> Callable[[str], bool]:
    def ngrams(text: str) -> set[str]:
        words = text.lower().split()
        return {" ".join(words[start : start + size]) for start in range(len(words) - size + 1)}

    known = {ngram for problem in problems for ngram in ngrams(problem)}
    return lambda text: not known.isdisjoint(ngrams(text))


def _texts(benchmarks: Sequence[BenchmarkSet]) -> list[_Text]:
    draw = random.Random(_SEED)
    problems = [(benchmark.name, problem) for benchmark in benchmarks for problem in benchmark.problems]
    texts: list[_Text] = []
    edits = {**EDITS, "two of them": two_edits}
    names = sorted(edits)
    while len(texts) < _EDITED:
        benchmark, problem = draw.choice(problems)
        kind = draw.choice(names)
        if edited := edits[kind](draw, problem.problem):
            texts.append(_Text(edited, kind, (benchmark, problem.row)))
    while len(texts) < _EDITED + _SIBLINGS:
        if sibling := change_a_number(draw, draw.choice(problems)[1].problem):
            texts.append(_Text(sibling, "sibling"))
    chain = _Chain(draw)
    while len(texts) < _TEXTS:
        text = chain.text(max(12, int(draw.gauss(_MEAN_WORDS, 20))))
        texts.append(_Text(f"{text} {draw.choice(_BOILERPLATE)}" if draw.random() < 0.1 else text))
    draw.shuffle(texts)
    return texts


class _Chain:
    """Texts in which each word follows the one before it as in some real problem."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        follows: defaultdict[str, list[str]] = defaultdict(list)
        self._starts: list[str] = []
        for problem in pq.read_table(_DATA / "problems" / "math_train.parquet")["problem"].to_pylist():
            words = problem.split("[asy]")[0].split()
            self._starts += words[:1]
            for word, after in pairwise(words):
                follows[word].append(after)
        self._follows = dict(follows)

    def text(self, size: int) -> str:
        words = [self._draw.choice(self._starts)]
        while len(words) < size:
            words.append(self._draw.choice(self._follows.get(words[-1], self._starts)))
        return " ".join(words)


def _benchmark(name: str) -> BenchmarkSet:
    benchmark = Benchmark(name=name, path=str(_DATA / "benchmarks" / f"{name}.jsonl"))
    return load_benchmark(benchmark, resolve_benchmark(benchmark))
