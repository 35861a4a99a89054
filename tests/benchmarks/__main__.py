"""Run benchmarks and print their figures as Markdown tables: `python -m tests.benchmarks [NAME …] [options]`."""

import argparse
from functools import partial
from pathlib import Path

from tests.benchmarks import (
    approaches,
    assembling,
    auditing,
    builds,
    busy,
    choosing,
    decontamination,
    degenerate,
    estimating,
    faults,
    journal,
    kills,
    ladders,
    memory,
    nightly,
    normalising,
    reading,
    rungs,
    scheduling,
    screening,
    slots,
    throughput,
    truncation,
    unseen,
    verifying,
    waves,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of them; all when none is named")
    parser.add_argument(
        "--draws", type=int, default=200, metavar="N", help="waves, ladders: averages over so many [200]"
    )
    parser.add_argument("--rates", type=Path, metavar="FILE", help="waves: a column of rates, instead of all else")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="waves: also write the plot there, as SVG")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="verifying: each Nth row only")
    parser.add_argument(
        "--share",
        type=int,
        default=1,
        metavar="N",
        help="assembling, auditing, busy, choosing, throughput, faults, kills, nightly, scheduling, slots, …: an Nth",
    )
    parser.add_argument("--completions", type=int, default=5_000, metavar="N", help="journal, memory: so many [5000]")
    parser.add_argument(
        "--examples", type=int, default=2_000, metavar="N", help="assembling: memory of so many at most [2000]"
    )
    parser.add_argument("--kills", type=int, default=5, metavar="N", help="kills: so many [5]")
    asked = parser.parse_args()
    benchmarks = {
        "approaches": approaches.measure,
        "assembling": partial(assembling.measure, asked.examples, asked.share),
        "auditing": partial(auditing.measure, asked.share),
        "builds": builds.measure,
        "busy": partial(busy.measure, asked.share),
        "choosing": partial(choosing.measure, asked.share),
        "decontamination": decontamination.measure,
        "degenerate": degenerate.measure,
        "estimating": estimating.measure,
        "faults": partial(faults.measure, asked.share),
        "journal": partial(journal.measure, asked.completions),
        "kills": partial(kills.measure, asked.kills, asked.share),
        "ladders": partial(ladders.measure, asked.draws),
        "memory": partial(memory.measure, asked.completions),
        "nightly": partial(nightly.measure, asked.share),
        "normalising": normalising.measure,
        "reading": reading.measure,
        "rungs": rungs.measure,
        "scheduling": partial(scheduling.measure, asked.share),
        "screening": partial(screening.measure, asked.share),
        "slots": partial(slots.measure, asked.share),
        "throughput": partial(throughput.measure, asked.share),
        "truncation": partial(truncation.measure, asked.share),
        "unseen": unseen.measure,
        "verifying": partial(verifying.measure, asked.every),
        "waves": partial(waves.measure, asked.draws, asked.rates, asked.plot),
    }
    unknown = [name for name in asked.names if name not in benchmarks]
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
    for name in asked.names or benchmarks:
        print(f"\n## {name}\n")
        for line in benchmarks[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main()
