"""What a card counts: examples and their paths, benchmarks that were kept out, judgements, summaries, suspect golds.

Everything is read from the run's tables and records; nothing of it depends on when or where the run was.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from datagen.reading import Located
from datagen.recipe import Recipe
from datagen.screen.wording import shorten
from datagen.select.summaries import TEMPLATE, summarising_teacher, summary_prompt
from datagen.stage import Run
from datagen.tables import EXAMPLES, JUDGE, SUSPECTS, VERDICTS, Suspect, SuspectPolicy
from datagen.teachers.prompting import Prompt, load_prompt
from datagen.verify.judge import PROMPT, judging_teacher
from datagen.verify.suspects import FEWEST_AGREEING

Purpose = Literal["solutions", "judgements", "summaries"]

_MOST_SUSPECTS, _MOST_CHARACTERS = 10, 80


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote paths: a teacher of the recipe, and the model that it asked or, of recorded ones, that is stated."""

    teacher: str
    model: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured on the examples.

    Attributes:
        writers: paths by who wrote them.
        verifiers: paths by who verified them.
        licences: sources by licence.
        marked: examples by the mark of a suspect gold.
        wrong: examples by their number of wrong paths, those without any left out.
        summaries: examples by who wrote the summary.
    """

    writers: dict[Writer, int]
    verifiers: Counter[str]
    licences: dict[str, list[str]]
    marked: Counter[str]
    wrong: Counter[int]
    summaries: Counter[str]


def measure(run: Run) -> Figures:
    """Count the run's examples, streaming."""
    writers: Counter[tuple[str, str]] = Counter()
    verifiers: Counter[str] = Counter()
    licences: dict[str, set[str]] = {}
    marked: Counter[str] = Counter()
    wrong: Counter[int] = Counter()
    summaries: Counter[str] = Counter()
    columns = ["source", "licence", "paths", "suspect_gold", "wrong_paths", "summary_by"]
    for batch in run.workspace.read_batches(EXAMPLES, columns=columns):
        for row in batch.to_pylist():
            writers.update((path["teacher"], path["model"]) for path in row["paths"])
            verifiers.update(path["verified_by"] for path in row["paths"])
            licences.setdefault(row["licence"], set()).add(row["source"])
            marked[row["suspect_gold"]] += 1
            if row["wrong_paths"]:
                wrong[row["wrong_paths"]] += 1
            summaries[row["summary_by"]] += 1
    return Figures(
        writers={Writer(*names): number for names, number in sorted(writers.items())},
        verifiers=verifiers,
        licences={licence: sorted(licences[licence]) for licence in sorted(licences)},
        marked=marked,
        wrong=wrong,
        summaries=summaries,
    )


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A benchmark, and the evidence that the screen has against it: what it can see, and what it found.

    Attributes:
        floor: of its problems, how many say something (`problems`), and how many of these each layer can see at all.
        hits: rows that were left out for it, by layer.
    """

    name: str
    located: Located
    floor: Mapping[str, int]
    hits: Mapping[str, int]

    @property
    def rows(self) -> int:
        """All rows that were left out for it."""
        return sum(self.hits.values())


def kept_out(run: Run) -> list[KeptOut]:
    """The recipe's benchmarks, in its order."""
    counts = run.workspace.record()["stages"]["screen"]["counts"]
    floor, hits = counts["benchmark_floor"], counts["benchmark_hits"]
    return [
        KeptOut(one.name, run.inputs[one.input_key], floor.get(one.name, {}), hits.get(one.name, {}))
        for one in run.recipe.screen.benchmarks
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """Who judged where rules could not decide, asked how, and how much stands by its word."""

    model: str
    prompt: Prompt
    verdicts: int
    paths: int


def judged(run: Run, figures: Figures) -> Judged | None:
    """What the judge did; None when the recipe names none."""
    teacher = judging_teacher(run.recipe)
    if teacher is None:
        return None
    method = f"{JUDGE}{teacher.name}"
    verdicts = sum(
        batch.column("method").to_pylist().count(method)
        for batch in run.workspace.read_batches(VERDICTS, columns=["method"])
    )
    return Judged(teacher.model, load_prompt(PROMPT, teacher.model), verdicts, figures.verifiers[method])


@dataclass(frozen=True, slots=True)
class Summaries:
    """Who was asked for the summaries, and how; how many stand, and why the others do not."""

    model: str
    prompt: Prompt
    written: int
    template: int
    faults: Mapping[str, int]


def summaries(run: Run, figures: Figures) -> Summaries | None:
    """What the summarising teacher did; None where the template writes."""
    teacher = summarising_teacher(run.recipe)
    if teacher is None:
        return None
    written, template = figures.summaries[teacher.model], figures.summaries[TEMPLATE]
    faults = run.workspace.record()["stages"]["select"]["counts"]["summary_faults"]
    return Summaries(teacher.model, summary_prompt(run.recipe, teacher), written, template, faults)


@dataclass(frozen=True, slots=True)
class UsedPrompt:
    """A prompt, the model that was asked with it, and what for."""

    purpose: Purpose
    model: str
    prompt: Prompt

    @property
    def place(self) -> str:
        """Where it lies among a dataset's prompts; those of two purposes may have one name."""
        return f"{self.purpose}/{self.prompt.name}"


def used_prompts(recipe: Recipe) -> list[UsedPrompt]:
    """Every prompt that a recipe asks with, in the order of the stages."""
    return list(_used_prompts(recipe))


def _used_prompts(recipe: Recipe) -> Iterator[UsedPrompt]:
    for teacher in recipe.paid_teachers:
        yield UsedPrompt("solutions", teacher.model, load_prompt(recipe.sampling.prompt, teacher.model))
    if judge := judging_teacher(recipe):
        yield UsedPrompt("judgements", judge.model, load_prompt(PROMPT, judge.model))
    if writer := summarising_teacher(recipe):
        yield UsedPrompt("summaries", writer.model, summary_prompt(recipe, writer))


@dataclass(frozen=True, slots=True)
class Suspects:
    """The reference answers that look wrong: the rule, how many, what becomes of them, and the first of them."""

    fewest: int
    troubles: Counter[str]
    policies: Counter[SuspectPolicy]
    policy: SuspectPolicy
    shown: list[Suspect]

    @property
    def left(self) -> int:
        """Those that are not shown."""
        return self.troubles.total() - len(self.shown)


def suspects(run: Run) -> Suspects:
    """Count the suspects, and make the first of them fit to be shown in a table."""
    troubles: Counter[str] = Counter()
    policies: Counter[SuspectPolicy] = Counter()
    shown: list[Suspect] = []
    for suspect in run.workspace.read(SUSPECTS):
        troubles[suspect.trouble] += 1
        policies[suspect.policy] += 1
        if len(shown) < _MOST_SUSPECTS:
            shown.append(replace(suspect, gold=cell(suspect.gold), majority=cell(suspect.majority)))
    return Suspects(FEWEST_AGREEING, troubles, policies, run.recipe.verify.suspect_gold, shown)


def cell(text: str) -> str:
    """A foreign text as code in a cell of a table, whatever it holds; cut when it is long."""
    shown = shorten(text, _MOST_CHARACTERS).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`"
