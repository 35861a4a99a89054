"""What an audit costs: examples of four paths of about 15 KB, recorded outputs where they are here."""

import random
import time
from collections.abc import Iterator, Sequence

from datagen.audit.auditing import audit
from datagen.audit.benchmarks import find_benchmarks
from datagen.audit.example import AuditedExample, AuditedPath
from datagen.screen.benchmarks import BenchmarkSet
from tests.degenerate.outputs import DATA, outputs

_EXAMPLES, _PATHS = 2_000, 4
_SHORTEST, _LONGEST = 11_000, 19_000
_BENCHMARKS = ("aime24", "aime25", "amc23", "math500")


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: an Nth of the examples only.
    """
    if not DATA.is_dir():
        yield "The shared data are not here."
        return
    four = find_benchmarks(",".join(f"{name}={DATA / 'benchmarks' / name}.jsonl" for name in _BENCHMARKS)).sets
    yield "| looked for | MB of paths | seconds of CPU | MB a second |"
    yield "|---|---|---|---|"
    for name, sets in (("all but benchmarks", ()), ("all, with four benchmarks", four)):
        characters, cpu_s = _audited(_EXAMPLES // share, sets)
        yield f"| {name} | {characters / 1e6:.1f} | {cpu_s:.1f} | {characters / 1e6 / cpu_s:.2f} |"


def _audited(number: int, benchmarks: Sequence[BenchmarkSet]) -> tuple[int, float]:
    """The characters of all paths, and the CPU seconds of one process over them; what is loaded once is left out."""
    texts = [text for one in outputs() if _SHORTEST <= len(text := f"{one.thought}\n\n{one.content}") <= _LONGEST]
    costs = []
    for size in (10, number):
        begun = time.process_time()
        audit(_examples(size, texts), "made", benchmarks=benchmarks, processes=1)
        costs.append(time.process_time() - begun)
    return sum(_characters(one) for one in _examples(number, texts)), costs[1] - costs[0]


def _examples(number: int, texts: Sequence[str]) -> Iterator[AuditedExample]:
    draw = random.Random(0)
    for row in range(number):
        paths = tuple(AuditedPath(place, draw.choice(texts)) for place in range(1, _PATHS + 1))
        problem = f"A jar holds ${row + 7000}$ beads. On each of $12$ days $97$ are taken out. How many are left?"
        yield AuditedExample(f"row {row}", "train", problem, paths, "So it is $\\boxed{5}$.")


def _characters(example: AuditedExample) -> int:
    return sum(len(path.text) for path in example.paths)
