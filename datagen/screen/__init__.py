"""Which problems may be in the dataset: none that a benchmark holds, none that can't be verified, none twice.

A row has one fate. The reasons are asked in this order, and the first that holds is the row's reason:

1. `benchmark` hangs on the text alone, so that a problem of a benchmark is out whatever its answers are;
2. what can't be verified (`datagen.screen.verifiable`) hangs on the row's own text and answer;
3. `conflicting_answers` and `duplicate` hang on the other rows that state the same problem. Rows with the same text all
   bear witness to the answer, but only a row that no earlier reason dropped can be the one that stays.

A solution is screened for what it quotes of a benchmark (`datagen.screen.quotes`) when it could be a path.
"""

from datagen.screen.benchmarks import BenchmarkProblem, BenchmarkSet, load_benchmark, resolve_benchmark
from datagen.screen.screening import Screener

__all__ = ["BenchmarkProblem", "BenchmarkSet", "Screener", "load_benchmark", "resolve_benchmark"]
