"""What is assumed where nothing was measured: each with how far it may be off, and each printed with the estimate.

The shares by source follow from what is known of them (proofs and yes-or-no answers in DeepMath, physics and proofs in
s1K, and so on). Everything else is a guess that a user with better knowledge replaces.
"""

from dataclasses import dataclass

from datagen.errors import UsageError
from datagen.recipe import Source

SPREAD = 1.0
"""How much problems differ: the solve rates of problems are Beta(rate × SPREAD, (1 − rate) × SPREAD), which at 1 has
many that are nearly always solved, many that nearly never are, and few between."""
SOLVE_RATE, SOLVE_RATE_OFF = 0.6, 0.1
TOKENS, OFF_BY = 6000, 0.3
"""Tokens of a completion; these and seconds are off by a factor of about exp(±OFF_BY)."""
PROMPT_TOKENS = 200
TOKENS_A_SECOND = 40.0
BATCH_HOURS = (1.0, 24.0)
"""What a batch takes, anything between: the Batch API promises no more than its end within a day."""
SURVIVAL_OFF = 0.07
REPEATS = 0.05
"""Share of further correct answers that say what an earlier one says."""
JUDGEMENTS, JUDGEMENT_TOKENS = 0.2, (600, 1000)
"""Questions to the judge for each problem, and the tokens of prompt and completion of one."""

SUMMARY_TOKENS = 2000
"""Tokens of one summary, thought included."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the user knows better; None leaves it to measurement, else to assumption.

    Attributes:
        solve_rate: share of a teacher's attempts that are correct.
        tokens: completion tokens of one completion, thought included.
        survival: share of rows that pass pull and screening.
        seconds: of one completion.
    """

    solve_rate: float | None = None
    tokens: float | None = None
    survival: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, value, most in (
            ("solve-rate", self.solve_rate, 1.0),
            ("survival", self.survival, 1.0),
            ("tokens", self.tokens, float("inf")),
            ("seconds", self.seconds, float("inf")),
        ):
            if value is not None and not 0 < value <= most:
                within = "above 0 and at most 1" if most == 1.0 else "above 0"
                raise UsageError(f"--{name} {value:g}: give a number {within}")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a kind of source, or assumed.

    Attributes:
        rows: of the dataset on the Hub; None when it is none.
        survival: share of rows that become a problem which passes screening.
        carried: recorded solutions of a row.
        right: share of those that are correct and whole.
    """

    rows: int | None
    survival: float
    carried: int
    right: float


_KNOWN = {
    ("open_r1", "default"): Known(93_733, 0.85, 2, 0.8),
    ("open_r1", "extended"): Known(131_396, 0.75, 2, 0.7),
    ("open_r1", "all"): Known(225_129, 0.8, 2, 0.75),
    ("deepmath", None): Known(103_022, 0.6, 3, 0.9),
    ("s1k", None): Known(1_000, 0.6, 2, 0.6),
    ("limo", "v2"): Known(800, 0.95, 1, 0.95),
    ("limo", "v1"): Known(817, 0.95, 1, 0.95),
}
_DEFAULT_CONFIG = {"open_r1": "default", "limo": "v2"}


def known_of(source: Source) -> Known:
    """What is known of a source of a recipe."""
    if source.kind == "table":
        return Known(None, 0.9, 1 if source.columns.solutions else 0, 0.8)
    config = source.config or _DEFAULT_CONFIG.get(source.kind)
    known = _KNOWN.get((source.kind, config)) or _KNOWN[source.kind, _DEFAULT_CONFIG.get(source.kind)]
    return known if source.path is None else Known(None, known.survival, known.carried, known.right)
