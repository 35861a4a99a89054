"""Run every benchmark and print its figures as a Markdown table: `python -m tests.benchmarks [NAME …]`."""

import sys

from tests.benchmarks import builds, kills, sampling

BENCHMARKS = {"builds": builds.measure, "kills": kills.measure, "sampling": sampling.measure}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"\n## {name}\n")
        for line in BENCHMARKS[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
