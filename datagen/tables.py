"""The tables that stages hand to each other: row types and their Arrow schemas, the only contract between stages.

A row type is a frozen dataclass whose fields are the columns of its schema, in order. Stages exchange iterables of rows
in memory and Parquet files of these schemas on disk; nothing else crosses from one stage to the next.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, Literal, TypeVar

import pyarrow as pa

FinishReason = Literal["stop", "length", "content_filter", "unknown"]
VerdictKind = Literal["correct", "wrong", "no_answer", "truncated", "bad_gold", "timeout"]
Split = Literal["train", "test"]
StageName = Literal["pull", "screen", "sample", "verify", "select", "assemble"]
DropReason = Literal[
    # pull: no problem with an answer can be made of the row
    "empty_problem",
    "no_answer",  # also at screen: what stands in its place only points elsewhere
    "proof",  # the answer is one; at screen: the problem asks for one and for nothing else
    "not_mathematics",  # the source says so; at screen: the text does
    "answer_is_not_short",
    # screen: the problem must not, or need not, be in the dataset
    "binary_answer",
    "stated_answer",  # the problem itself says what its answer is
    "multi_part_answer",  # several answers, or several questions and one answer
    "missing_figure",  # a drawing is needed that the text does not hold
    "duplicate",
    "conflicting_answers",
    "benchmark",
    "left_out",  # the recipe names it
    # select: the problem got no example
    "no_correct_solution",
    "too_few_correct_paths",
    "too_few_distinct_paths",
    "outside_difficulty",
    "quotes_benchmark",  # paths are missing that quote a benchmark problem
    "degenerate_paths",  # paths are missing that have a fault
    "paths_exceed_token_budget",
    "control_token_in_problem",
    "bad_gold",
    "suspect_gold",
]
GoldTrouble = Literal["contradicted", "unreadable"]
SuspectPolicy = Literal["drop", "keep", "adopt"]
SuspectMark = Literal["", "kept", "adopted"]

JUDGE = "judge:"
"""What stands before the teacher's name in the method of a verdict that a judge gave."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One pulled source row that has an answer.

    Attributes:
        row_id: names the source row: hash of dataset, config, revision (or content hash), file and row number.
        id: names the problem: hash of its normalised text; rows with the same text share it.
        problem: the raw text as the source has it.
        answer: the reference answer, bare LaTeX or text.
        source: the source's name in the recipe.
        source_id: the row's own name in the source (uuid or `file#row`).
        revision: commit of the dataset, or content hash of the local file.
        licence: SPDX identifier as stated by the source.
        topic: the source's own topic, when it has one.
        difficulty: the source's own difficulty, when it has one.
    """

    row_id: str
    id: str
    problem: str
    answer: str
    source: str
    source_id: str
    revision: str
    licence: str
    topic: str | None = None
    difficulty: float | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """One lost row with the first reason for it, and a detail that a person can check."""

    row_id: str
    id: str
    source: str
    stage: StageName
    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True)
class Solution:
    """One teacher completion, paid for once, or recorded and free.

    Attributes:
        id: the first 16 digits of the request key.
        problem_id: the problem that it answers.
        teacher: the teacher's name in the recipe.
        model: who wrote it.
        attempt: number of the attempt at this problem by this model, from 0; recorded ones are counted apart.
        reasoning: the thought, without tags; empty when the solution has none.
        content: what follows the thought.
        finish_reason: `length` when the text was cut off.
        prompt_tokens, completion_tokens: as the endpoint counted them; None when unknown.
        cost_usd: what it cost; 0 for recorded ones.
        request_key: hash of what was asked (see `datagen.solutions`).
        usage_estimated: whether the tokens were counted by us, because the endpoint did not say.
    """

    id: str
    problem_id: str
    teacher: str
    model: str
    attempt: int
    reasoning: str
    content: str
    finish_reason: FinishReason
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float
    request_key: str
    usage_estimated: bool = False


SamplingEnd = Literal["enough", "given_up", "attempts_used", "not_asked"]


@dataclass(frozen=True, slots=True)
class Sampled:
    """How sampling of one screened problem ended.

    Attributes:
        problem_id: the problem.
        solutions: of the plan, recorded ones included.
        attempts: paid ones among them.
        correct: right answers among the solutions.
        distinct_paths: different correct paths among them.
        pass_rate: right answers of all solutions; None without any.
        ended: it has enough paths; it was given up with attempts left; they are used up; or there is nobody to ask.
        chance: where it was given up, the estimated chance of enough paths by all attempts that were left.
    """

    problem_id: str
    solutions: int
    attempts: int
    correct: int
    distinct_paths: int
    pass_rate: float | None
    ended: SamplingEnd
    chance: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier said of one solution against one gold answer; valid for that triple with the version only."""

    solution_id: str
    gold: str
    answer: str | None
    verdict: VerdictKind
    method: str
    verifier_version: str

    @property
    def verified_by(self) -> str:
        """Who gave it: `rules`, or `judge:` and the teacher's name."""
        return self.method if self.method.startswith(JUDGE) else "rules"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A screened problem whose reference answer looks wrong: most of its solutions agree on another one.

    Attributes:
        row_id, id, source: of the problem.
        gold: the source's answer.
        majority: what most solutions answer, in its shortest form.
        agreeing: independent solutions that answer so.
        answered: independent solutions that give any answer.
        trouble: `contradicted`, or `unreadable`: no solution can be compared with the source's answer.
        policy: what becomes of the problem; the recipe's setting, save that an answer which screening would have
            refused is not adopted.
    """

    row_id: str
    id: str
    source: str
    gold: str
    majority: str
    agreeing: int
    answered: int
    trouble: GoldTrouble
    policy: SuspectPolicy


@dataclass(frozen=True, slots=True)
class Changed:
    """A solution whose verdict another version of the verifier had given otherwise, against the same gold answer.

    Attributes:
        problem_id: the problem that the solution answers.
        gold: what both versions compared with.
        answer_before, verdict_before, method_before, version_before: what the earlier version said.
        answer, verdict, method, verifier_version: what this one says.
    """

    solution_id: str
    problem_id: str
    gold: str
    answer_before: str | None
    verdict_before: VerdictKind
    method_before: str
    version_before: str
    answer: str | None
    verdict: VerdictKind
    method: str
    verifier_version: str


@dataclass(frozen=True, slots=True)
class Path:
    """One whole reasoning path of an example, as the student will see it.

    Attributes:
        verdict: `correct`; `wrong` only where the recipe's `paths.require` is `any_correct`.
        verified_by: who compared its answer with the reference: `rules`, or `judge:` and a teacher's name.
        thought_chars: characters of `text` that are its thought; what follows, after a blank line, was said after it.
            0 where the solution has no thought.
    """

    think_id: int
    text: str
    answer: str
    verdict: VerdictKind
    finish_reason: FinishReason
    tokens: int
    teacher: str
    model: str
    solution_id: str
    verified_by: str = "rules"
    thought_chars: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One training example: a problem, its paths, their summary, and the rendered text.

    Attributes:
        paths: in drawing order.
        summary_by: the model that wrote the summary, or `template`.
        prompt, completion: the rendered text in the plain `text` format; their concatenation is the training text.
        n_tokens: tokens of the whole rendered example under the recipe's tokenizer.
        suspect_gold: marks a problem whose reference answer most solutions contradict: `kept`, the answer is the
            source's all the same; `adopted`, it is the majority's; else empty.
        source_answer: the answer as the source has it, whatever `answer` says.
        majority_answer: what most solutions answer; None on rows without that mark.
        pass_rate: the share of its solutions that are right, of all that were sampled or recorded: how easy it is.
        solutions: how many these are.
        diversity: how far apart its paths are, the mean over all pairs, 0 to 1; None with one path.
        wrong_paths: how many of them are wrong, and say so in their `verdict`.
    """

    row_id: str
    id: str
    problem: str
    answer: str
    source: str
    source_id: str
    revision: str
    licence: str
    paths: tuple[Path, ...]
    summary: str
    summary_by: str
    prompt: str
    completion: str
    n_tokens: int
    split: Split
    suspect_gold: SuspectMark
    source_answer: str
    majority_answer: str | None
    pass_rate: float
    solutions: int
    diversity: float | None
    wrong_paths: int


Row = TypeVar("Row", Problem, Drop, Solution, Sampled, Verdict, Suspect, Changed, Example)


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """A named table of a run: its folder's name, its row type and its Arrow schema."""

    name: str
    row: type[Row]
    schema: pa.Schema

    def to_arrow(self, rows: Iterable[Row]) -> pa.RecordBatch:
        """Rows to one record batch of this table's schema."""
        return pa.RecordBatch.from_pylist([asdict(row) for row in rows], schema=self.schema)

    def from_arrow(self, batch: pa.RecordBatch) -> Iterator[Row]:
        """The rows of one record batch."""
        for values in batch.to_pylist():
            yield self.row(**_typed(values))


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    if "paths" in values:
        values["paths"] = tuple(Path(**path) for path in values["paths"])
    return values


def _schema(row: type, **types: pa.DataType) -> pa.Schema:
    nullable = {
        "topic",
        "difficulty",
        "prompt_tokens",
        "completion_tokens",
        "answer_before",
        "majority_answer",
        "diversity",
    }
    if row in (Verdict, Changed):
        nullable.add("answer")
    if row is Sampled:
        nullable |= {"chance", "pass_rate"}
    columns = [(field.name, types.get(field.name, pa.string())) for field in fields(row)]
    return pa.schema([pa.field(name, type_, nullable=name in nullable) for name, type_ in columns])


_SOLUTION_TYPES: dict[str, pa.DataType] = {
    "attempt": pa.int32(),
    "prompt_tokens": pa.int64(),
    "completion_tokens": pa.int64(),
    "cost_usd": pa.float64(),
    "usage_estimated": pa.bool_(),
}
_SAMPLED_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("solutions", "attempts", "correct", "distinct_paths"), pa.int32()),
    "pass_rate": pa.float64(),
    "chance": pa.float64(),
}
_PATH_TYPE = pa.struct(list(_schema(Path, think_id=pa.int8(), tokens=pa.int32(), thought_chars=pa.int32())))
_EXAMPLE_TYPES: dict[str, pa.DataType] = {
    "paths": pa.list_(_PATH_TYPE),
    "n_tokens": pa.int32(),
    "pass_rate": pa.float64(),
    "solutions": pa.int32(),
    "diversity": pa.float64(),
    "wrong_paths": pa.int32(),
}

PROBLEMS = Table("problems", Problem, _schema(Problem, difficulty=pa.float64()))
RECORDED = Table("recorded", Solution, _schema(Solution, **_SOLUTION_TYPES))
SCREENED = Table("screened", Problem, PROBLEMS.schema)
DROPPED = Table("dropped", Drop, _schema(Drop))
SOLUTIONS = Table("solutions", Solution, RECORDED.schema)
SAMPLED = Table("sampled", Sampled, _schema(Sampled, **_SAMPLED_TYPES))
VERDICTS = Table("verdicts", Verdict, _schema(Verdict))
SUSPECTS = Table("suspects", Suspect, _schema(Suspect, agreeing=pa.int32(), answered=pa.int32()))
CHANGED = Table("changed", Changed, _schema(Changed))
EXAMPLES = Table("examples", Example, _schema(Example, **_EXAMPLE_TYPES))

COMPLETIONS = pa.schema(
    [
        ("model", pa.string()),
        ("attempt", pa.int64()),
        ("prompt", pa.string()),
        ("problem", pa.string()),
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("max_tokens", pa.int64()),
        ("reasoning", pa.string()),
        ("content", pa.string()),
        ("finish_reason", pa.string()),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("usage_estimated", pa.bool_()),
        ("cost_usd", pa.float64()),
    ]
)
"""The fields of a paid completion in the journal's Parquet parts (see `datagen.spending.paying.record_of`)."""
