"""What is counted while a stage works, and the picture of it that is shown."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from datagen.teachers.base import Completion, Traffic


@dataclass(frozen=True, slots=True)
class Spent:
    """What the run has spent over all its starts.

    Attributes:
        usd: money.
        tokens: of prompts and completions.
        budget_usd, budget_tokens: what it may spend; None is no limit.
    """

    usd: float
    tokens: int
    budget_usd: float | None = None
    budget_tokens: int | None = None


@dataclass(slots=True)
class Progress:
    """What a stage has done so far; it writes, any other thread may read.

    Attributes:
        stage: its name.
        things: what it counts its work in.
        total: how many there are.
        done: how many are through.
        completions: completions that were asked for and arrived now.
        kept: completions that an earlier start of this run had left.
        reused: completions that were taken from another run.
        settled: of all these, those of problems that are through.
        completion_tokens: of what arrived now.
        verdicts: verdicts given now; where teachers are asked, on what arrived now.
        judges: whether verdicts are given at all.
        traffic: what the teachers' clients are doing; None where nobody is asked. Called from any thread.
        spent: what the run has spent; None where nobody counts it. Called from any thread.
    """

    stage: str = "sample"
    things: str = "problems"
    total: int = 0
    done: int = 0
    completions: int = 0
    kept: int = 0
    reused: int = 0
    settled: int = 0
    completion_tokens: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    judges: bool = True
    traffic: Callable[[], Traffic] | None = None
    spent: Callable[[], Spent] | None = None

    def arrived(self, completion: Completion) -> None:
        """Count a completion that was asked for now."""
        self.completions += 1
        self.completion_tokens += completion.completion_tokens or 0

    def finished(self, completions: int) -> None:
        """Count a problem that is through, and the completions that it took, whenever they were asked for."""
        self.done += 1
        self.settled += completions


@dataclass(frozen=True, slots=True)
class View:
    """A stage's progress at one moment.

    Attributes:
        stage, things, total, done: as in `Progress`.
        elapsed_s: seconds since the stage began.
        left_s: seconds that it will probably still take; None while nobody can know.
        verdicts: how often each was given; None where none is.
        asking: the conversation with teachers; None where nobody is asked.
    """

    stage: str
    things: str
    total: int
    done: int
    elapsed_s: float
    left_s: float | None
    verdicts: Mapping[str, int] | None
    asking: "Asking | None" = None


@dataclass(frozen=True, slots=True)
class Asking:
    """How the conversation with teachers goes.

    Attributes:
        completions: completions that arrived now.
        reused: completions that were there already: in this run's journal, or in another run's.
        tokens: tokens of the completions that arrived now.
        completions_per_second, tokens_per_second: over the last minute or so; None while nobody can know.
        traffic: what the teachers' clients are doing.
        spent: what the run has spent; None where nobody counts it.
    """

    completions: int
    reused: int
    tokens: int
    completions_per_second: float | None
    tokens_per_second: float | None
    traffic: Traffic
    spent: Spent | None
