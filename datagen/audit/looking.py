"""What every check sees in one example: all that needs the example alone, so that any process can look.

What comes back is small: paths stay where they were read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from datagen.audit.checks.answers import Answers, answers_of
from datagen.audit.checks.degenerate import degenerate
from datagen.audit.checks.endings import endings
from datagen.audit.checks.form import form
from datagen.audit.checks.overlap import Benchmarks
from datagen.audit.checks.problems import Asked, name_of
from datagen.audit.checks.provenance import provenance
from datagen.audit.checks.sameness import diversity, read_paths, sameness
from datagen.audit.checks.tally import Tally
from datagen.audit.checks.tokens import tokens
from datagen.audit.example import AuditedExample
from datagen.screen.benchmarks import BenchmarkSet


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an example.

    Attributes:
        asked: its problem, to be compared with those of all others.
        answers: what it closes with, to be compared by the verifier.
        tallies: the faults that it shows by itself.
        paths: how many it has.
        diversity: how far these are apart; None without two.
        n_tokens: how long it is; None where nobody counted.
    """

    asked: Asked
    answers: Answers
    tallies: tuple[Tally, ...]
    paths: int
    diversity: float | None
    n_tokens: int | None


@dataclass(frozen=True, slots=True)
class LookFor:
    """What the checks need to know.

    Attributes:
        benchmarks: whose problems must not be there.
        token_limit: most tokens of an example.
    """

    benchmarks: tuple[BenchmarkSet, ...]
    token_limit: int


class Looker:
    """Looks at examples, one by one.

    Args:
        look_for: what the checks need to know.
    """

    def __init__(self, look_for: LookFor) -> None:
        self._token_limit = look_for.token_limit
        self._benchmarks = Benchmarks(look_for.benchmarks)

    def look(self, examples: Sequence[AuditedExample]) -> list[Seen]:
        """What is seen in some examples."""
        return [self._seen(example) for example in examples]

    def _seen(self, example: AuditedExample) -> Seen:
        read = read_paths(example)
        answers = answers_of(example)
        return Seen(
            asked=Asked(example.id, example.split, example.problem, name_of(example.problem), answers.witness),
            answers=answers,
            tallies=(
                *form(example),
                *endings(example),
                *sameness(example, read),
                *self._benchmarks.overlap(example),
                *tokens(example, self._token_limit),
                *degenerate(example),
                *provenance(example),
            ),
            paths=len(example.paths),
            diversity=diversity(read),
            n_tokens=example.n_tokens,
        )
