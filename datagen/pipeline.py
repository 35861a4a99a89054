"""The stages in their order, and what must be true before the first of them starts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.assemble import Assemble
from datagen.atomic import write_text
from datagen.errors import UsageError
from datagen.formats.tokenizer import load_tokenizer
from datagen.inputs import resolve_inputs
from datagen.journal import Journal
from datagen.recipe import Recipe
from datagen.recipe_file import dump_recipe
from datagen.sampling.stage import Sample
from datagen.screen.stage import Screen
from datagen.select.stage import Select
from datagen.select.summaries import summary_settings
from datagen.sources.stage import Pull
from datagen.spending.cost import refuse_unpriced
from datagen.stage import Run, Say, Stage, describe
from datagen.stopping import refuse_when_stopped
from datagen.tables import StageName
from datagen.teachers.connecting import refuse_unstartable
from datagen.teachers.families import refuse_unable_to_continue
from datagen.teachers.openai_api import api_key
from datagen.teachers.prompting import load_prompt
from datagen.unbuilt import refuse_unbuilt
from datagen.verify.judge import judge_settings
from datagen.verify.stage import Verify
from datagen.workspace import StageRecord, Workspace, completions_of

STAGES: tuple[StageName, ...] = ("pull", "screen", "sample", "verify", "select", "assemble")


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may be told beside its recipe.

    Attributes:
        until: the last stage; `sample` also leaves the verdicts that it needed.
        reuse: another run's folder, to take completions from.
        fresh: rebuild every stage, and look Hub revisions up again; what was paid is kept.
        latest: look Hub revisions up again; a stage whose input is the same stands.
    """

    until: StageName = "assemble"
    reuse: Path | None = None
    fresh: bool = False
    latest: bool = False


def run_folder(recipe: Recipe, output: Path | None) -> Path:
    """The run's folder: as told, or `outputs/NAME`."""
    return output if output is not None else Path("outputs") / recipe.name


def stages_of(recipe: Recipe, until: StageName = "assemble") -> tuple[Stage, ...]:
    """The stages of a recipe in their order, up to and with `until`."""
    pulls = tuple(Pull(source, number, len(recipe.sources)) for number, source in enumerate(recipe.sources))
    last = STAGES.index("verify" if until == "sample" else until)
    return tuple(stage for stage in (*pulls, *_after_pulls(pulls)) if STAGES.index(stage.stage) <= last)


def check(recipe: Recipe, options: Options) -> None:
    """Refuse before anything starts what would fail after hours.

    Raises:
        UsageError: a setting is not built yet, a key is missing, a prompt or the tokenizer can't be had.
    """
    last = STAGES.index(options.until)
    refuse_unbuilt(recipe, STAGES[: last + 1])
    if last >= STAGES.index("sample"):
        for teacher in recipe.paid_teachers:
            api_key(teacher)
            load_prompt(recipe.sampling.prompt, teacher.model)
        refuse_unable_to_continue(recipe)
        judge_settings(recipe)
        refuse_unpriced(recipe)
    if last >= STAGES.index("select"):
        load_tokenizer(recipe.paths.tokenizer)
        summary_settings(recipe)
    if options.reuse is not None and not options.reuse.is_dir():
        raise UsageError(f"--reuse {options.reuse}: there is no such folder")


def prepare(recipe: Recipe, workspace: Workspace, options: Options, say: Say) -> Run:
    """Fix the run's inputs and write its recipe down.

    Raises:
        UsageError: a source or benchmark is not there.
        DatagenError: vLLM can't be started here, and nothing is kept yet that could do without.
    """
    has_completions = options.reuse is not None or Journal.is_at(completions_of(workspace.folder))
    if STAGES.index(options.until) >= STAGES.index("sample") and not has_completions:
        refuse_unstartable(recipe)
    if options.fresh:
        workspace.forget_stages()
    write_recipe(recipe, workspace)
    inputs = resolve_inputs(recipe, workspace, look_again=options.latest)
    for file in strangers(recipe, workspace):
        file.unlink()
    return Run(recipe, workspace, inputs, options.reuse, say)


def write_recipe(recipe: Recipe, workspace: Workspace) -> None:
    """Write the resolved recipe down, of a finished run too: what no stage reads (`publish:`) may have changed."""
    path, text = workspace.folder / "recipe.yaml", dump_recipe(recipe)
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def is_finished(recipe: Recipe, workspace: Workspace, options: Options) -> bool:
    """Whether the run stands finished with this recipe and these inputs, so that there is nothing to do."""
    if not workspace.record().get("stages") or options.fresh:
        return False
    if strangers(recipe, workspace):
        return False
    run = Run(recipe, workspace, resolve_inputs(recipe, workspace), options.reuse, lambda line: None)
    return all(stage.is_done(run) for stage in stages_of(recipe, options.until))


def run_stage(stage: Stage, run: Run) -> dict[str, Any]:
    """Do a stage unless its work stands; what stood on the work of one that is done anew is removed first.

    Returns:
        The counts of the stage's record.
    """
    refuse_when_stopped()
    fingerprint = stage.fingerprint(run)
    record = run.workspace.stage(stage.name)
    if record is not None and record.fingerprint == fingerprint:
        run.say(f"{stage.name}: stands ({describe(record.counts)})")
        return dict(record.counts)
    _clear_after(stage, run)
    counts, files = stage.work(run)
    run.workspace.finish_stage(stage.name, StageRecord(fingerprint, run.workspace.sizes(files), counts))
    run.say(f"{stage.name}: {describe(counts)}")
    return counts


def _after_pulls(pulls: tuple[Stage, ...]) -> tuple[Stage, ...]:
    screen = Screen("screen", pulls)
    sample = Sample("sample", (screen,))
    verify = Verify("verify", (sample,))
    select = Select("select", (verify,))
    return screen, sample, verify, select, Assemble("assemble", (select,))


def _clear_after(stage: Stage, run: Run) -> None:
    """Remove the tables after a stage, so that none mixes two runs; the dataset stays until it is replaced."""
    for later in _after_pulls(()):
        if STAGES.index(later.stage) > STAGES.index(stage.stage):
            run.workspace.forget_stage(later.name, later.files(run.workspace))


def strangers(recipe: Recipe, workspace: Workspace) -> list[Path]:
    """Files in the tables that no stage of this recipe writes: an earlier recipe had another source."""
    known = {file for stage in stages_of(recipe) for file in stage.files(workspace)}
    tables = {table.name: table for stage in stages_of(recipe) for table in stage.writes}
    return [file for table in tables.values() for file in workspace.parts(table) if file not in known]
