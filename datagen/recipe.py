"""The recipe: every setting of a run, typed, with its default.

The names are a contract: users' files rely on them. A setting that is unknown is refused with the nearest valid name
(see `datagen.recipe_file`); a setting that this version does not act on yet is refused or announced (see
`datagen.unbuilt`), never ignored in silence.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from datagen.recipe_teachers import PaidTeacher, RecordedTeacher, Teacher
from datagen.section import Auto, Section
from datagen.solutions import TextMode

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


def _without_secret(path: str) -> str:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/]*@|.*\?)", path):
        raise ValueError("the address holds a user name, a password or a query; give secrets by the environment")
    return path


def _is_id(value: object) -> object:
    if not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{16}", value) is None:
        advice = "16 hexadecimal digits, between quotation marks, since YAML reads digits alone as a number"
        raise ValueError(f"{str(value)[:40]!r} is no problem's id: write its {advice}")
    return value


PathSetting = Annotated[str, AfterValidator(_without_secret)]
ProblemId = Annotated[str, BeforeValidator(_is_id)]
SourceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]

DATASETS = {
    "open_r1": "open-r1/OpenR1-Math-220k",
    "deepmath": "zwhe99/DeepMath-103K",
    "s1k": "simplescaling/s1K-1.1",
    "limo": "GAIR/LIMO-v2",
}
PINNED_REVISIONS = {"open_r1": "e4e141ec9dea9f8326f4d347be56105859b2bd68"}
BENCHMARK_NAMES = ("aime24", "aime25", "amc23", "math500")


class HubSource(Section):
    """One of the four known datasets, from the Hub or, in the same schema, from `path`.

    Attributes:
        config: the dataset's configuration; for `limo`, `v1` is the older release.
        revision: a commit, or `latest`, which is resolved at the start of a run and recorded.
        limit: the first N rows after `min_recorded`.
        min_recorded: rows that carry fewer recorded solutions are not pulled.
        path: a local file, a folder, a pattern or an `s3://` address instead of the Hub.
        recorded_model: who wrote the recorded solutions; by default what rows and Hub say, else `unknown`.
    """

    kind: Literal["open_r1", "deepmath", "s1k", "limo"]
    name: SourceName | None = None
    config: str | None = None
    revision: str | None = None
    path: PathSetting | None = None
    limit: Annotated[int, Field(gt=0)] | None = None
    min_recorded: Annotated[int, Field(ge=0)] | None = None
    recorded_model: str | None = None
    licence: str | None = None

    @property
    def label(self) -> str:
        """The source's name in tables and messages."""
        return self.name or self.kind

    @property
    def input_key(self) -> str:
        """Its key among the run's inputs."""
        return f"source {self.label}"


class Columns(Section):
    """Which column of a table holds what."""

    problem: str = "problem"
    answer: str = "answer"
    solutions: str | None = None
    difficulty: str | None = None
    topic: str | None = None
    source_id: str | None = None


class TableSource(Section):
    """Any Parquet, JSONL or CSV file; local, `s3://` or `hf://`."""

    kind: Literal["table"]
    name: SourceName
    path: PathSetting
    columns: Columns = Columns()
    licence: str = "unknown"
    limit: Annotated[int, Field(gt=0)] | None = None
    min_recorded: Annotated[int, Field(ge=0)] | None = None
    recorded_model: str | None = None

    @property
    def label(self) -> str:
        """The source's name in tables and messages."""
        return self.name

    @property
    def input_key(self) -> str:
        """Its key among the run's inputs."""
        return f"source {self.label}"


Source = Annotated[HubSource | TableSource, Field(discriminator="kind")]


class Benchmark(Section):
    """Problems to keep out: a known name from the Hub, or a file with a `problem` column."""

    name: str
    path: PathSetting | None = None
    revision: str | None = None

    @property
    def input_key(self) -> str:
        """Its key among the run's inputs."""
        return f"benchmark {self.name}"

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_or_path(self) -> Self:
        if self.path is None and self.name not in BENCHMARK_NAMES:
            raise ValueError(
                f"unknown benchmark {self.name!r}: use one of {', '.join(BENCHMARK_NAMES)}, or give a path"
            )
        return self


Screened = Literal["drop", "keep"]


class Screening(Section):
    """What must not be in the dataset.

    Each reason why an answer can't be verified is dropped or kept (see `datagen.screen.verifiable`).

    Attributes:
        near_duplicates: similarity from which two problems are one; None switches it off.
        leave_out: ids of problems, as `datagen audit` and `datagen show` print them, that make no example.
        benchmarks: the sets to keep out.
        binary_answers: yes, no, true or false, which half of all guesses hit.
        missing_answers: "See solution", "?" and the like in the place of an answer.
        stated_answers: the problem itself says what its answer is.
        proofs: proving something is all that the problem asks.
        multi_part_answers: several answers in one, or several questions of which one is answered.
        missing_figures: a drawing is needed that the text does not hold.
        not_mathematics: crosswords, programs, science without a quantity; what a source says of its own rows is
            acted on at the pull, whatever stands here.
    """

    near_duplicates: Annotated[float, Field(gt=0.0, le=1.0)] | None = 0.85
    benchmarks: tuple[Benchmark, ...] = tuple(Benchmark(name=name) for name in BENCHMARK_NAMES)
    binary_answers: Screened = "drop"
    missing_answers: Screened = "drop"
    stated_answers: Screened = "drop"
    proofs: Screened = "drop"
    multi_part_answers: Screened = "drop"
    missing_figures: Screened = "drop"
    not_mathematics: Screened = "drop"
    leave_out: tuple[ProblemId, ...] = ()


class Difficulty(Section):
    """Which problems make examples, by the share of their solutions that are right.

    Attributes:
        keep: from and to, both included.
    """

    keep: tuple[Fraction, Fraction]

    @field_validator("keep")
    @classmethod
    def _rising(cls, keep: tuple[float, float]) -> tuple[float, float]:
        lowest, highest = keep
        if lowest > highest:
            raise ValueError(f"[{lowest:g}, {highest:g}] must rise: from the hardest pass rate to the easiest")
        return keep


OnTruncated = Literal["accept", "raise_limit", "continue"]


class Sampling(Section):
    """How teachers are asked, and how often.

    Attributes:
        mix: teachers that are asked side by side, as one rung of the ladder.
        target_correct: enough distinct correct paths of a problem; the upper end of `paths.count` when null.
        max_attempts: paid attempts of a problem, over all teachers.
        give_up_after: paid attempts without one correct path.
        on_truncated: what becomes of an answer that was cut off: it stays so, is asked for once more with twice
            `max_tokens` where that is worth it, or is continued once.
        difficulty: which problems make examples, by their pass rate; all when null.
        timeout_s: seconds of one request.
    """

    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.8
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    max_tokens: Annotated[int, Field(gt=0)] = 16384
    mix: tuple[str, ...] = ()
    target_correct: Annotated[int, Field(gt=0)] | None = None
    max_attempts: Annotated[int, Field(gt=0, le=256)] = 16
    give_up_after: Annotated[int, Field(gt=0)] = 8
    on_truncated: OnTruncated = "accept"
    difficulty: Difficulty | None = None
    timeout_s: Annotated[float, Field(gt=0.0)] = 1800
    budget_usd: Annotated[float, Field(gt=0.0)] | None = None
    budget_tokens: Annotated[int, Field(gt=0)] | None = None
    prompt: str = "solve"


class Verification(Section):
    """Limits of one verdict, in CPU seconds and MiB, and what to do about golds that look wrong."""

    timeout_s: Annotated[float, Field(gt=0.0)] = 5
    memory_mb: Annotated[int, Field(ge=256)] = 1024
    workers: Annotated[int, Field(gt=0)] | Auto = "auto"
    suspect_gold: Literal["drop", "keep", "adopt"] = "drop"
    judge: str | None = None

    @property
    def limits(self) -> tuple[float, int]:
        """CPU seconds and MiB of one verdict; another limit may give another verdict."""
        return (self.timeout_s, self.memory_mb)


SUMMARY_PROMPT = "summarize"
"""The folder of the prompts that summaries are asked with, unless the recipe names another."""


class Summariser(Section):
    """A teacher that reads the paths and writes the summary."""

    teacher: str
    prompt: str = SUMMARY_PROMPT


class Paths(Section):
    """Which paths make an example, and how they are written.

    Attributes:
        count: fewest and most paths of an example; the method knows at most six.
        require: whether all paths reach the reference answer, or wrong ones may stand where correct ones are missing.
        most_wrong: with `any_correct`, most wrong paths of an example, and never all; half of its paths when null.
        max_example_tokens: most tokens of the whole rendered example.
        tokenizer: a Hub id, a folder, or `bundled`.
    """

    count: tuple[int, int] = (2, 6)
    require: Literal["all_correct", "any_correct"] = "all_correct"
    most_wrong: Annotated[int, Field(ge=1, le=5)] | None = None
    text: TextMode = "both"
    max_example_tokens: Annotated[int, Field(gt=0)] = 28672
    tokenizer: str = "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"
    think_ids: Literal["sequential", "random"] = "sequential"
    summary: Literal["template"] | Summariser = "template"

    def most_wrong_of(self, paths: int) -> int:
        """Most wrong paths of an example of so many paths; at least one is correct."""
        if self.require == "all_correct":
            return 0
        return min(paths // 2 if self.most_wrong is None else self.most_wrong, paths - 1)

    @property
    def fewest_correct(self) -> int:
        """Correct paths without which there is no example."""
        return self.count[0] - self.most_wrong_of(self.count[0])

    @field_validator("count")
    @classmethod
    def _two_to_six(cls, count: tuple[int, int]) -> tuple[int, int]:
        fewest, most = count
        if not 1 <= fewest <= most <= 6:
            raise ValueError(f"[{fewest}, {most}] must rise and lie within 1 to 6: the trainer knows six path tokens")
        return count

    @model_validator(mode="after")
    def _wrong_ones_are_asked_for(self) -> Self:
        if self.most_wrong is not None and self.require == "all_correct":
            raise ValueError("most_wrong: with require: all_correct no path is wrong; set require: any_correct")
        return self


FormatName = Literal["text", "parathinker", "messages", "parallel_r1", "rl"]


class Output(Section):
    """How the dataset is written; the format `text` is always there."""

    formats: tuple[FormatName, ...] = ("text", "parathinker", "messages")
    test_fraction: Fraction = 0.02
    shard_rows: Annotated[int, Field(gt=0)] = 1000


class Execution(Section):
    """Where the run runs."""

    engine: Literal["local", "ray"] = "local"


class Publication(Section):
    """Where the dataset goes; the options of `datagen publish` come before these.

    Attributes:
        repo_id: `owner/name` on the Hub.
        redistributable: licences that no list knows, read by somebody and found to allow that rows are passed on.
    """

    repo_id: str
    private: bool = True
    redistributable: tuple[str, ...] = ()


class Recipe(Section):
    """Everything that a run needs to know."""

    version: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    description: str = ""
    seed: int = 42
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    screen: Screening = Screening()
    teachers: Annotated[tuple[Teacher, ...], Field(min_length=1)]
    sampling: Sampling = Sampling()
    verify: Verification = Verification()
    paths: Paths = Paths()
    output: Output = Output()
    execution: Execution = Execution()
    publish: Publication | None = None

    @property
    def target_correct(self) -> int:
        """Enough correct paths of a problem: the setting, or the upper end of `paths.count`."""
        return self.sampling.target_correct or self.paths.count[1]

    @property
    def uses_recorded(self) -> bool:
        """Whether the solutions that sources carry count."""
        return any(isinstance(teacher, RecordedTeacher) for teacher in self.teachers)

    @property
    def paid_teachers(self) -> tuple[PaidTeacher, ...]:
        """The teachers that are asked, in order."""
        return tuple(teacher for teacher in self.teachers if not isinstance(teacher, RecordedTeacher))

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _refuse_repeats("sources", [source.label for source in self.sources], "give each a name of its own")
        _refuse_repeats(
            "screen.benchmarks", [one.name for one in self.screen.benchmarks], "give each a name of its own"
        )
        _refuse_repeats("teachers", [teacher.name for teacher in self.teachers], "give each a name of its own")
        models = [teacher.model for teacher in self.paid_teachers]
        _refuse_repeats("teachers: the model", models, "a second answer of the same model is another attempt, no rung")
        return self

    @model_validator(mode="after")
    def _teachers_exist(self) -> Self:
        names = [teacher.name for teacher in self.teachers]
        paid = [teacher.name for teacher in self.paid_teachers]
        _refuse_repeats("sampling.mix", list(self.sampling.mix), "name each teacher once")
        strangers = [name for name in self.sampling.mix if name not in paid]
        if strangers:
            told = f"sampling.mix: no teacher that is asked is called {strangers[0]!r}; there are {', '.join(paid)}"
            raise ValueError(told)
        wanted = {"verify.judge": self.verify.judge}
        if isinstance(self.paths.summary, Summariser):
            wanted["paths.summary.teacher"] = self.paths.summary.teacher
        for place, name in wanted.items():
            if name is not None and name not in names:
                raise ValueError(f"{place}: no teacher is called {name!r}; there are {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _enough_attempts(self) -> Self:
        fewest = self.paths.fewest_correct
        if self.target_correct < fewest:
            raise ValueError(
                f"sampling.target_correct: {self.target_correct} is less than the {fewest} correct paths that "
                "paths.count and paths.require make an example of"
            )
        if self.paid_teachers and not self.uses_recorded and self.target_correct > self.sampling.max_attempts:
            raise ValueError(
                f"sampling.target_correct: {self.target_correct} correct paths can't come out of "
                f"sampling.max_attempts: {self.sampling.max_attempts}; lower the one or raise the other"
            )
        return self


def _refuse_repeats(what: str, names: list[str], advice: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what}: {', '.join(repeated)} stands there twice; {advice}")
