"""How different the chosen paths are, beside random ones of the same budget; what the budget costs; memory.

Real outputs for AIME 2024 and AMC 2023, up to 37 a problem. How different four paths are is measured by what the choice
does not go by: the numbers in them and the formulas between their delimiters, as they stand, 1 - Jaccard of each pair.
The most that any four could reach by that measure is told too, since no choice can go beyond it.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from datagen.approaches import read_path
from datagen.formats.rendering import summary_text, tokens_of_frame
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.path_rule import PathRule
from datagen.select.choice import Candidate, PathBudget, choose_paths, distinct
from datagen.select.spread import Pool, most_spread
from datagen.solutions import recorded_solution
from datagen.tables import Problem, Verdict
from datagen.verify import verify_solution
from tests.benchmarks import selecting

_OUTPUTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "solutions" / "skythought.parquet"
_TAGS = {"<|begin_of_thought|>": "<think>", "<|end_of_thought|>": "</think>"}
_SOLUTION_TAGS = re.compile(r"<\|(?:begin|end)_of_solution\|>")
_BUDGET, _FOUR, _DRAWS, _RESAMPLED = 28_672, 4, 200, 2_000
_CHARACTERS_A_TOKEN = 3.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Solved:
    """A problem with all its correct, finished paths, and those of them that say something of their own."""

    problem: Problem
    paths: list[Candidate]
    distinct: list[Candidate]
    frame: Callable[[int], int]

    def budget(self, fewest: int, most: int, tokens: int) -> PathBudget:
        return PathBudget(fewest, most, tokens, self.frame, lambda paths: 0)


@dataclass(frozen=True)
class _Spread:
    """Mean distance of the pairs of four paths of a problem, by one measure."""

    any_random: float
    distinct_random: float
    chosen: float
    most: float


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: measure memory on an Nth of the examples only.
    """
    tokenizer = load_tokenizer("bundled")
    solved = _read(tokenizer)
    yield from _differences(solved)
    yield ""
    yield from _budgets(solved)
    yield ""
    yield from selecting.measure(share)


def _read(tokenizer: ExampleTokenizer) -> list[_Solved]:
    rows = pq.read_table(_OUTPUTS, filters=[("benchmark", "in", ["aime24", "amc23"])]).to_pylist()
    rule = PathRule("both", None, tokenizer.forbidden_in)
    found: defaultdict[str, list[Candidate]] = defaultdict(list)
    problems: dict[str, Problem] = {}
    for number, row in enumerate(rows):
        name = f"{row['benchmark']}#{row['idx']}"
        problem = Problem(name, name, row["problem"], row["answer"], row["benchmark"], name, "", "")
        text = row["output"]
        for tag, ours in _TAGS.items():
            text = text.replace(tag, ours)
        text = _SOLUTION_TAGS.sub("", text)
        judged = verify_solution(problem.answer, text, problem.problem)
        solution = recorded_solution(name, problem.problem, text, model=row["model"], index=number)
        verdict = Verdict(solution.id, problem.answer, judged.answer, judged.verdict, judged.method, "")
        path = rule.read(problem, solution, verdict)
        if path is not None and path.is_path:
            problems[name] = problem
            read = read_path(path.text, problem.problem)
            found[name].append(Candidate(solution, verdict, path.text, tokenizer.count(path.text), read))
    return [
        _Solved(
            problem,
            found[name],
            distinct(found[name]),
            partial(tokens_of_frame, problem.problem, summary_text(problem.answer), tokenizer=tokenizer),
        )
        for name, problem in problems.items()
    ]


def _differences(solved: Sequence[_Solved]) -> Iterator[str]:
    """Four chosen paths beside four random ones."""
    spreads: dict[str, list[_Spread]] = {name: [] for name in _MEASURES}
    tokens: Counter[str] = Counter()
    for one in solved:
        chosen = choose_paths(one.distinct, one.budget(_FOUR, _FOUR, _BUDGET))
        if len(one.distinct) > _FOUR and chosen:
            draws = {name: _random_fours(one, of) for name, of in (("all", one.paths), ("distinct", one.distinct))}
            tokens["chosen"] += sum(path.tokens for path in chosen)
            tokens["random"] += round(float(np.mean([sum(path.tokens for path in four) for four in draws["all"]])))
            for name, features in _MEASURES.items():
                spreads[name].append(_spread(one, chosen, draws, features))
    number = len(spreads["numbers and formulas"])
    yield (
        f"{number} problems with five or more distinct correct paths of which four fit {_BUDGET:,} tokens; "
        f"{_DRAWS} random draws of each. In the mean a random four has {tokens['random'] / number:,.0f} tokens, the "
        f"chosen four {tokens['chosen'] / number:,.0f}; intervals are 95% of a bootstrap over problems."
    )
    yield ""
    yield "| 1 - Jaccard of | random four | random distinct four | chosen | chosen / random | the most of any four |"
    yield "|---|---|---|---|---|---|"
    for name, found in spreads.items():
        table = np.array([[one.any_random, one.distinct_random, one.chosen, one.most] for one in found])
        at_random, of_distinct, chosen_, most = table.mean(axis=0)
        yield (
            f"| {name} | {at_random:.3f} | {of_distinct:.3f} | {chosen_:.3f} "
            f"| {chosen_ / at_random:.2f} ({_interval(table)}) | {most:.3f}, {most / at_random:.2f} times |"
        )


def _random_fours(one: _Solved, paths: Sequence[Candidate]) -> list[list[Candidate]]:
    draw, room = random.Random(one.problem.id), _BUDGET - one.frame(_FOUR)
    fours: list[list[Candidate]] = []
    while len(fours) < _DRAWS:
        four = draw.sample(paths, _FOUR)
        if sum(path.tokens for path in four) <= room:
            fours.append(four)
    return fours


def _spread(
    one: _Solved,
    chosen: Sequence[Candidate],
    draws: Mapping[str, Sequence[Sequence[Candidate]]],
    features: Callable[[str], frozenset[str]],
) -> _Spread:
    holds = {path.solution.id: features(path.text) for path in one.paths}

    def mean_apart(paths: Sequence[Candidate]) -> float:
        pairs = combinations([holds[path.solution.id] for path in paths], 2)
        return float(np.mean([_unshared(*pair) for pair in pairs]))

    parts = 1_000_000
    apart = [
        [round(parts * _unshared(holds[a.solution.id], holds[b.solution.id])) for b in one.distinct]
        for a in one.distinct
    ]
    pool = Pool(np.array(apart), np.array([path.tokens for path in one.distinct]), np.zeros(len(apart), np.int64))
    best = most_spread(pool, [_FOUR], _BUDGET - one.frame(_FOUR))
    at_random = {name: float(np.mean([mean_apart(four) for four in fours])) for name, fours in draws.items()}
    most = mean_apart([one.distinct[place] for place in best])
    return _Spread(at_random["all"], at_random["distinct"], mean_apart(chosen), most)


def _unshared(one: frozenset[str], other: frozenset[str]) -> float:
    return 1 - len(one & other) / max(1, len(one | other))


def _interval(table: Numbers) -> str:
    draw = np.random.default_rng(0)
    resampled = table[draw.integers(len(table), size=(_RESAMPLED, len(table)))].mean(axis=1)
    low, high = np.quantile(resampled[:, 2] / resampled[:, 0], (0.025, 0.975))
    return f"{low:.2f} to {high:.2f}"


def _budgets(solved: Sequence[_Solved]) -> Iterator[str]:
    """What the budget takes from examples of two to six paths."""
    of_all = [path for one in solved for path in one.paths]
    characters = sum(len(path.text) for path in of_all) / sum(path.tokens for path in of_all)
    enough = [one for one in solved if len(one.distinct) >= 2]
    scaled = round(_BUDGET * _CHARACTERS_A_TOKEN / characters)
    yield (
        f"{len(enough)} problems with two or more distinct correct paths, examples of 2 to 6, tokens of the bundled "
        f"tokenizer, which has {characters:.2f} characters a token on them; with one that has {_CHARACTERS_A_TOKEN:g}, "
        f"{_BUDGET:,} tokens are as long as {scaled:,} of these."
    )
    yield ""
    yield "| tokens allowed | examples | over it | share used, mean | most | fewer paths for it | no example for it |"
    yield "|---|---|---|---|---|---|---|"
    for tokens in (_BUDGET, scaled, 8_192):
        used, fewer = [], 0
        for one in enough:
            chosen = choose_paths(one.distinct, one.budget(2, 6, tokens))
            if chosen:
                used.append((one.frame(len(chosen)) + sum(path.tokens for path in chosen)) / tokens)
                fewer += len(chosen) < min(6, len(one.distinct))
        over = sum(share > 1 for share in used)
        yield (
            f"| {tokens:,} | {len(used)} | {over} | {np.mean(used):.0%} | {max(used):.1%} | {fewer} "
            f"| {len(enough) - len(used)} |"
        )


def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(text))


def _formulas(text: str) -> frozenset[str]:
    found = (next(filter(None, match.groups())) for match in _FORMULA.finditer(text))
    return frozenset("".join(formula.split()) for formula in found)


_MEASURES: dict[str, Callable[[str], frozenset[str]]] = {
    "numbers and formulas": lambda text: _numbers(text) | _formulas(text),
    "numbers alone": _numbers,
    "formulas alone": _formulas,
}
