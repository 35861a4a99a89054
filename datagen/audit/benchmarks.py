"""Which benchmarks an audit looks for: the known ones that can be had, or those that are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from datagen.errors import DatagenError, UsageError
from datagen.recipe import BENCHMARK_NAMES, Benchmark
from datagen.screen.benchmarks import BenchmarkSet, load_benchmark, resolve_benchmark

NONE = "none"


@dataclass(frozen=True, slots=True)
class FoundBenchmarks:
    """The benchmarks that could be had, and why the others could not."""

    sets: tuple[BenchmarkSet, ...] = ()
    unavailable: Mapping[str, str] = field(default_factory=dict)


def find_benchmarks(asked: str | None) -> FoundBenchmarks:
    """Read benchmarks.

    Args:
        asked: names and `NAME=FILE`, with commas between; `none`; None for all known names, each if it can be had.

    Raises:
        UsageError: one that is asked for is unknown, is not there, or can't be read whole.
        DatagenError: the Hub or the storage does not answer for one that is asked for.
    """
    if asked is None:
        return _those_at_hand()
    if asked.strip() == NONE:
        return FoundBenchmarks()
    return FoundBenchmarks(tuple(_read(_benchmark(one.strip())) for one in asked.split(",")))


def _those_at_hand() -> FoundBenchmarks:
    sets: list[BenchmarkSet] = []
    unavailable: dict[str, str] = {}
    silent = ""
    for name in BENCHMARK_NAMES:
        try:
            if not silent:
                sets.append(_read(Benchmark(name=name)))
        except UsageError as error:
            unavailable[name] = _told(error)
        except DatagenError as error:  # who does not answer once is not asked again: each time takes its time
            silent = _told(error)
        if silent:
            unavailable[name] = silent
    return FoundBenchmarks(tuple(sets), unavailable)


def _told(error: DatagenError) -> str:
    """What went wrong, with the way out of an audit in the place of that of a recipe."""
    return f"{str(error).partition(';')[0]}; a file can be named instead (--benchmarks NAME=FILE)"


def _benchmark(asked: str) -> Benchmark:
    name, given, path = asked.partition("=")
    try:
        return Benchmark(name=name, path=path if given else None)
    except ValidationError as error:
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        advice = "; a file is given as NAME=FILE, and `none` looks for none" if not given else ""
        raise UsageError(f"--benchmarks {asked}: {said}{advice}") from None


def _read(benchmark: Benchmark) -> BenchmarkSet:
    return load_benchmark(benchmark, resolve_benchmark(benchmark))
