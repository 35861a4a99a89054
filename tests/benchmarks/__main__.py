"""Run benchmarks and print their figures as Markdown tables: `python -m tests.benchmarks [NAME …] [--every N]`."""

import argparse
from functools import partial

from tests.benchmarks import builds, decontamination, kills, sampling, verifying


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="builds, decontamination, kills, sampling or verifying; all when none"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="verifying: each Nth row only")
    asked = parser.parse_args()
    benchmarks = {
        "builds": builds.measure,
        "decontamination": decontamination.measure,
        "kills": kills.measure,
        "sampling": sampling.measure,
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
