"""Verdicts a second on real outputs, beside plain math-verify, and what hostile answers cost.

Each contestant runs in a process of its own, on the same rows, one after the other. Start-up is what comes before the
first verdict is possible: imports, and for datagen the workers' server. The memo is off.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.thoughts import split_thought
from datagen.verify.pair import Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.verify.hostile import GOLD, HOSTILE
from tests.verify.normal import normal_pairs

_OUTPUTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "solutions" / "skythought.parquet"
_LIMITS = Limits(cpu_s=5, memory_mb=1024)
_NORMAL, _WORKERS = 10_000, 2


def measure(every: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        every: take each so-many-th row; 1 for all.
    """
    yield from _speed(every)
    yield ""
    yield from _hostile(every)


def _speed(every: int) -> Iterator[str]:
    contestants = {
        "plain math-verify, one process": _contest("plain", every),
        "datagen, 1 worker": _contest("datagen", every, 1),
        "datagen, 2 workers": _contest("datagen", every, 2),
    }
    plain = contestants["plain math-verify, one process"]
    labels = plain["labels"]
    yield f"| {len(labels):,} outputs | a second | ratio | a second with start-up | ratio | as judged_correct |"
    yield "|---|---|---|---|---|---|"
    for name, told in contestants.items():
        agreed = sum(one == other for one, other in zip(told["correct"], labels, strict=True))
        without = len(labels) / told["work_s"], plain["work_s"] / told["work_s"]
        total, plain_total = (one["work_s"] + one["start_s"] for one in (told, plain))
        yield (
            f"| {name} | {without[0]:,.0f} | {without[1]:.1f} | {len(labels) / total:,.0f} | {plain_total / total:.1f} "
            f"| {agreed / len(labels):.2%} |"
        )
    ours = contestants["datagen, 1 worker"]["methods"]
    same = ours == contestants["datagen, 2 workers"]["methods"]
    yield ""
    yield f"One and two workers give the same verdicts by the same methods: {'yes' if same else 'NO'}."
    yield ""
    yield "| verdict | decided by | outputs | share |"
    yield "|---|---|---|---|"
    for (verdict, method), number in Counter(map(tuple, ours)).most_common():
        yield f"| {verdict} | {method} | {number:,} | {number / len(ours):.1%} |"


def _hostile(every: int) -> Iterator[str]:
    alone = _contest("hostile", every, 0)
    among = _contest("hostile", every, 1)
    bound = alone["work_s"] * 1.1 + len(HOSTILE) * _LIMITS.cpu_s / _WORKERS
    yield f"| {alone['normal']:,} normal pairs, {_WORKERS} workers, {_LIMITS.cpu_s:.0f} s, 1 GiB | seconds | peak MiB |"
    yield "|---|---|---|"
    yield f"| alone | {alone['work_s']:.1f} | {alone['peak_mib']} |"
    yield f"| with {len(HOSTILE)} hostile answers among them | {among['work_s']:.1f} | {among['peak_mib']} |"
    yield f"| at most | {bound:.1f} | |"
    yield ""
    same = alone["verdicts"] == among["verdicts"]
    yield f"Every normal pair has the same verdict: {'yes' if same else 'NO'}. The hostile ones: {among['hostile']}."


def _contest(who: str, every: int, number: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.verifying", who, str(every), str(number)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _rows(every: int) -> list[dict[str, Any]]:
    import pyarrow.parquet as parquet

    rows: list[dict[str, Any]] = parquet.read_table(_OUTPUTS).to_pylist()[::every]
    return rows


def _plain(every: int, _: int) -> dict[str, Any]:
    rows = _rows(every)
    started = time.perf_counter()
    from math_verify import parse, verify

    verify(parse("$1/2$"), parse("$\\boxed{0.5}$"))
    begun = time.perf_counter()
    correct = [bool(verify(parse(f"${row['answer']}$"), parse(row["output"] or ""))) for row in rows]
    ended = time.perf_counter()
    labels = [bool(row["judged_correct"]) for row in rows]
    return {"start_s": begun - started, "work_s": ended - begun, "correct": correct, "labels": labels}


def _datagen(every: int, workers: int) -> dict[str, Any]:
    rows = _rows(every)
    started = time.perf_counter()
    with _ready(workers) as verifier:
        begun = time.perf_counter()
        asked = []
        for row in rows:
            parts = split_thought(row["output"] or "")
            asked.append(verifier.verify(row["answer"], parts.reasoning, parts.content, row["problem"]))
        found = [finding.result() for finding in asked]
        ended = time.perf_counter()
    return {
        "start_s": begun - started,
        "work_s": ended - begun,
        "correct": [finding.verdict == "correct" for finding in found],
        "methods": [(finding.verdict, finding.method) for finding in found],
    }


def _among_hostile(every: int, with_hostile: int) -> dict[str, Any]:
    pairs = normal_pairs(_NORMAL // every)
    hostile = list(HOSTILE.values()) if with_hostile else []
    between = len(pairs) // (len(hostile) or 1)
    with _ready(_WORKERS) as verifier:
        begun = time.perf_counter()
        normal, suffering = [], []
        for number, pair in enumerate(pairs):
            if number % between == 0 and hostile:
                suffering.append(verifier.verify(GOLD, "", f"\\boxed{{{hostile.pop()}}}"))
            normal.append(verifier.verify(pair.gold, "", pair.solution, pair.problem))
        verdicts = [finding.result().verdict for finding in normal]
        counted = Counter(finding.result().verdict for finding in suffering)
        ended = time.perf_counter()
    return {
        "work_s": ended - begun,
        "normal": len(pairs),
        "verdicts": verdicts,
        "hostile": ", ".join(f"{number} {verdict}" for verdict, number in counted.most_common()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _ready(workers: int) -> Verifier:
    verifier = Verifier(_LIMITS, workers)
    for first in [verifier.compare(Pair("y+1", f"1+{number}+y")) for number in range(workers * 4)]:
        first.result()
    return verifier


if __name__ == "__main__":
    run = {"plain": _plain, "datagen": _datagen, "hostile": _among_hostile}[sys.argv[1]]
    print(json.dumps(run(int(sys.argv[2]), int(sys.argv[3]))))
