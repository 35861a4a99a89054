"""Run benchmarks and print their figures as Markdown tables: `python -m tests.benchmarks [NAME …] [options]`."""

import argparse
from functools import partial

from tests.benchmarks import (
    builds,
    decontamination,
    estimating,
    faults,
    journal,
    kills,
    memory,
    normalising,
    screening,
    throughput,
    truncation,
    unseen,
    verifying,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of them; all when none is named")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="verifying: each Nth row only")
    parser.add_argument(
        "--share",
        type=int,
        default=1,
        metavar="N",
        help="throughput, faults, kills, screening, truncation: an Nth of it only",
    )
    parser.add_argument("--completions", type=int, default=5_000, metavar="N", help="journal, memory: so many [5000]")
    parser.add_argument("--kills", type=int, default=5, metavar="N", help="kills: so many [5]")
    asked = parser.parse_args()
    benchmarks = {
        "builds": builds.measure,
        "decontamination": decontamination.measure,
        "estimating": estimating.measure,
        "faults": partial(faults.measure, asked.share),
        "journal": partial(journal.measure, asked.completions),
        "kills": partial(kills.measure, asked.kills, asked.share),
        "memory": partial(memory.measure, asked.completions),
        "normalising": normalising.measure,
        "screening": partial(screening.measure, asked.share),
        "throughput": partial(throughput.measure, asked.share),
        "truncation": partial(truncation.measure, asked.share),
        "unseen": unseen.measure,
        "verifying": partial(verifying.measure, asked.every),
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
