"""The dataset's card: what is in it, where it comes from, what was left out and why, and what it can't promise.

It holds no time, no cost, no path and no address, so that equal completions give an equal card wherever they were made.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, StrictUndefined

from datagen import __version__
from datagen.degenerate import FAULTS
from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.funnel import STAGES, SourceRows, funnel
from datagen.reading import Located
from datagen.recipe import FormatName, Recipe
from datagen.recipe_teachers import DemoTeacher
from datagen.screen.wording import shorten
from datagen.select.summaries import TEMPLATE, summarising_teacher, summary_prompt
from datagen.stage import Run
from datagen.tables import EXAMPLES, JUDGE, SUSPECTS, VERDICTS, Split, Suspect, SuspectPolicy
from datagen.teachers.prompting import Prompt, load_prompt
from datagen.teachers.vllm.located import is_bundled
from datagen.unbuilt import LIMITS_OF_THIS_VERSION
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.judge import PROMPT, judging_teacher
from datagen.verify.suspects import FEWEST_AGREEING

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_MOST_SUSPECTS, _MOST_CHARACTERS = 50, 80


@dataclass(frozen=True, slots=True)
class _Figures:
    """What is measured on the examples."""

    paths: dict[int, int]
    writers: dict[tuple[str, str], int]
    verifiers: Counter[str]
    licences: dict[str, list[str]]
    tokens: dict[str, int]
    marked: Counter[str]
    wrong: Counter[int]
    summaries: Counter[str]


def render_card(
    run: Run,
    rows: Counter[Split],
    formats: tuple[FormatName, ...],
    tokenizer: ExampleTokenizer,
    tokenizer_name: str,
) -> str:
    """The text of the dataset's README.md.

    Args:
        run: the run, whose tables stand.
        rows: examples by split.
        formats: the dataset's formats, the default first.
        tokenizer: the recipe's tokenizer.
        tokenizer_name: as the card may show it.
    """
    recipe = run.recipe
    figures = _measure(run)
    front = yaml.safe_dump(_front_matter(recipe, rows, formats, figures), sort_keys=False, allow_unicode=True)
    sources = funnel(run.workspace)
    selected = run.workspace.record()["stages"]["select"]["counts"]
    template = resources.files("datagen.publish").joinpath("card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return environment.from_string(template).render(
        front=front,
        recipe=recipe,
        version=__version__,
        verifier=VERIFIER_VERSION,
        rows=rows,
        figures=figures,
        sources=sources,
        reasons=_reasons(sources),
        inputs={label: run.inputs[f"source {label}"] for label in sources},
        selected=selected,
        quoting=sum(selected["benchmark_quotes"].values()),
        degenerate=[(FAULTS[name], number) for name, number in selected["degenerate"].items()],
        kept_out=_kept_out(run),
        prompts=_prompts(recipe),
        judge=_judge(run, figures),
        summaries=_summaries(run, figures),
        suspects=_suspects(run),
        formats=[(name, FORMATS[name].features_note) for name in formats],
        demo=any(isinstance(teacher, DemoTeacher) for teacher in recipe.teachers),
        tiny=sorted({model for _, model in figures.writers if is_bundled(model)}),
        tokenizer=tokenizer_name,
        tokenizer_fingerprint=tokenizer.fingerprint[:12],
        limits=LIMITS_OF_THIS_VERSION,
    )


def _front_matter(
    recipe: Recipe, rows: Counter[Split], formats: tuple[FormatName, ...], figures: _Figures
) -> dict[str, Any]:
    total = rows.total()
    size = next((name for most, name in _SIZES if total < most), "1M<n<10M")
    configs = []
    for name in formats:
        files = [{"split": split, "path": f"{FORMATS[name].folder}/{split}-*.parquet"} for split in rows]
        configs.append({"config_name": name, **({"default": True} if name == "text" else {}), "data_files": files})
    licences = sorted({licence.lower() for licence in figures.licences})
    return {
        "pretty_name": recipe.name,
        "license": licences[0] if len(licences) == 1 else "other",
        "language": ["en"],
        "task_categories": ["text-generation"],
        "tags": ["mathematics", "reasoning", "parallel-thinking", "datagen"],
        "size_categories": [size],
        "configs": configs,
    }


def _measure(run: Run) -> _Figures:
    paths: Counter[int] = Counter()
    writers: Counter[tuple[str, str]] = Counter()
    verifiers: Counter[str] = Counter()
    licences: dict[str, set[str]] = {}
    tokens: list[int] = []
    marked: Counter[str] = Counter()
    wrong: Counter[int] = Counter()
    summaries: Counter[str] = Counter()
    columns = ["source", "licence", "paths", "n_tokens", "suspect_gold", "wrong_paths", "summary_by"]
    for batch in run.workspace.read_batches(EXAMPLES, columns=columns):
        for row in batch.to_pylist():
            paths[len(row["paths"])] += 1
            writers.update((path["teacher"], path["model"]) for path in row["paths"])
            verifiers.update(path["verified_by"] for path in row["paths"])
            licences.setdefault(row["licence"], set()).add(row["source"])
            tokens.append(row["n_tokens"])
            marked[row["suspect_gold"]] += 1
            if row["wrong_paths"]:
                wrong[row["wrong_paths"]] += 1
            summaries[row["summary_by"]] += 1
    quantiles = pd.Series(tokens).quantile([0.0, 0.5, 0.9, 1.0], interpolation="lower")
    return _Figures(
        paths=dict(sorted(paths.items())),
        writers=dict(sorted(writers.items())),
        verifiers=verifiers,
        licences={licence: sorted(licences[licence]) for licence in sorted(licences)},
        tokens=dict(zip(("shortest", "median", "90th percentile", "longest"), map(int, quantiles), strict=True)),
        marked=marked,
        wrong=wrong,
        summaries=summaries,
    )


def _reasons(sources: dict[str, SourceRows]) -> dict[tuple[str, str], int]:
    total: Counter[tuple[str, str]] = Counter()
    for source in sources.values():
        total.update(source.dropped)
    return dict(sorted(total.items(), key=lambda item: (STAGES.index(item[0][0]), -item[1], item[0])))


@dataclass(frozen=True, slots=True)
class _KeptOut:
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


def _kept_out(run: Run) -> list[_KeptOut]:
    counts = run.workspace.record()["stages"]["screen"]["counts"]
    floor, hits = counts["benchmark_floor"], counts["benchmark_hits"]
    return [
        _KeptOut(one.name, run.inputs[one.input_key], floor.get(one.name, {}), hits.get(one.name, {}))
        for one in run.recipe.screen.benchmarks
    ]


@dataclass(frozen=True, slots=True)
class _Judged:
    """Who judged where rules could not decide, asked how, and how much stands by its word."""

    model: str
    prompt: Prompt
    verdicts: int
    paths: int


def _judge(run: Run, figures: _Figures) -> _Judged | None:
    teacher = judging_teacher(run.recipe)
    if teacher is None:
        return None
    method = f"{JUDGE}{teacher.name}"
    verdicts = sum(
        batch.column("method").to_pylist().count(method)
        for batch in run.workspace.read_batches(VERDICTS, columns=["method"])
    )
    return _Judged(teacher.model, load_prompt(PROMPT, teacher.model), verdicts, figures.verifiers[method])


@dataclass(frozen=True, slots=True)
class _Summaries:
    """Who was asked for the summaries, and how; how many stand, and why the others do not."""

    model: str
    prompt: Prompt
    written: int
    template: int
    faults: Mapping[str, int]


def _summaries(run: Run, figures: _Figures) -> _Summaries | None:
    teacher = summarising_teacher(run.recipe)
    if teacher is None:
        return None
    written, template = figures.summaries[teacher.model], figures.summaries[TEMPLATE]
    faults = run.workspace.record()["stages"]["select"]["counts"]["summary_faults"]
    return _Summaries(teacher.model, summary_prompt(run.recipe, teacher), written, template, faults)


@dataclass(frozen=True, slots=True)
class _Suspects:
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


def _suspects(run: Run) -> _Suspects:
    troubles: Counter[str] = Counter()
    policies: Counter[SuspectPolicy] = Counter()
    shown: list[Suspect] = []
    for suspect in run.workspace.read(SUSPECTS):
        troubles[suspect.trouble] += 1
        policies[suspect.policy] += 1
        if len(shown) < _MOST_SUSPECTS:
            shown.append(replace(suspect, gold=_cell(suspect.gold), majority=_cell(suspect.majority)))
    return _Suspects(FEWEST_AGREEING, troubles, policies, run.recipe.verify.suspect_gold, shown)


def _cell(text: str) -> str:
    """A foreign text as code in a cell of a table, whatever it holds; cut when it is long."""
    shown = shorten(text, _MOST_CHARACTERS).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`"


def _prompts(recipe: Recipe) -> list[tuple[str, str, str]]:
    loaded = [(teacher.model, load_prompt(recipe.sampling.prompt, teacher.model)) for teacher in recipe.paid_teachers]
    return [(model, prompt.name, prompt.sha256[:12]) for model, prompt in loaded]
