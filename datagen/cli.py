"""The commands: they parse, call and print; all logic lives elsewhere."""

import json
import os
import shlex
import signal
import sys
import traceback
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TextIO, runtime_checkable

import typer

from datagen import __version__
from datagen.errors import DatagenError, StoppedError, UsageError
from datagen.stopping import STOP, STOPPED_BY_SIGNAL
from datagen.teachers.demo.command import serve_demo

if TYPE_CHECKING:
    from datagen.pipeline import Options
    from datagen.recipe import Recipe

app = typer.Typer(
    name="datagen",
    help="Verified parallel-thinking datasets for language models, from one recipe.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_debug = False


@runtime_checkable
class _ArgumentError(Protocol):
    """What the parser raises, whichever of its classes: it can say what is wrong in a line."""

    def format_message(self) -> str: ...


RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, or its name under outputs/.")]


@app.callback(invoke_without_command=True)
def main_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Options of every command."""
    global _debug
    _debug = debug
    if version:
        _say(f"datagen {__version__}")
        raise typer.Exit


@app.command()
def build(
    recipe: Annotated[str, typer.Argument(help="A bundled recipe's name, or a YAML file.")],
    output: Annotated[Path | None, typer.Option(help="The run's folder [outputs/NAME].")] = None,
    limit: Annotated[int | None, typer.Option(help="Rows of each source.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; may be repeated.")
    ] = None,
    until: Annotated[str, typer.Option(help="pull, screen, sample, verify, select or assemble.")] = "assemble",
    reuse: Annotated[str | None, typer.Option(metavar="RUN", help="Take completions from another run.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Rebuild every stage; nothing paid is thrown away.")] = False,
) -> None:
    """Build a dataset from a recipe; go on where an earlier start ended."""
    from datagen.pipeline import STAGES, Options, run_folder
    from datagen.recipe_file import load_recipe
    from datagen.workspace import existing_run

    if until not in STAGES:
        raise UsageError(f"--until {until}: there is no such stage; there are {', '.join(STAGES)}")
    overrides = settings or []
    loaded = load_recipe(recipe, overrides, limit)
    options = Options(until, existing_run(reuse, "--reuse ") if reuse else None, fresh)
    where = str(output) if output else None
    parameters = {"recipe": recipe, "output": where, "limit": limit, "overrides": overrides} | _told(options)
    folder, was_finished = _run(loaded, run_folder(loaded, output), options, parameters, sys.stdout)
    if was_finished:
        _say(f"nothing to do: {folder} stands finished")
    else:
        _say(f"done: {folder / 'dataset' if until == 'assemble' else folder}")


@app.command()
def estimate(
    recipe: Annotated[str, typer.Argument(help="A bundled recipe's name, or a YAML file.")],
    limit: Annotated[int | None, typer.Option(help="Rows of each source.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; may be repeated.")
    ] = None,
    pilot: Annotated[int | None, typer.Option(metavar="N", help="Run N rows of each source first; this costs.")] = None,
    from_run: Annotated[str | None, typer.Option("--from", metavar="RUN", help="Go by an earlier run.")] = None,
    output: Annotated[Path | None, typer.Option(help="The pilot's folder [outputs/NAME-pilot].")] = None,
    solve_rate: Annotated[float | None, typer.Option(help="Share of attempts that are correct.")] = None,
    tokens: Annotated[float | None, typer.Option(help="Tokens of one completion.")] = None,
    survival: Annotated[float | None, typer.Option(help="Share of rows that pass screening.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds of one completion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What a run will take, each figure as a range: by assumption, from an earlier run, or from a small paid pilot."""
    from datagen.estimate.assumptions import Stated
    from datagen.estimate.estimating import estimate_run
    from datagen.estimate.evidence import read_evidence, tells_something
    from datagen.estimate.lines import estimate_json, estimate_lines
    from datagen.estimate.pilot import pilot_folder, pilot_of
    from datagen.pipeline import run_folder
    from datagen.recipe_file import load_recipe
    from datagen.workspace import existing_run

    overrides = settings or []
    loaded = load_recipe(recipe, overrides, limit)
    stated = Stated(solve_rate, tokens, survival, seconds)
    folder = run_folder(loaded, None)
    if output is not None and pilot is None:
        raise UsageError("--output is the pilot's folder; say how large the pilot is with --pilot N")
    if pilot is not None and from_run:
        raise UsageError("--pilot and --from: choose one of them")
    source = next(filter(tells_something, (folder, pilot_folder(folder))), None)
    if from_run:
        source = existing_run(from_run, "--from ")
    if pilot is not None:
        small = pilot_of(loaded, pilot, output)
        changes = [*overrides, *small.overrides]
        parameters = {"recipe": recipe, "output": str(small.folder), "overrides": changes} | _told(small.options)
        _run(load_recipe(recipe, changes), small.folder, small.options, parameters, sys.stderr)
        source = small.folder
    evidence = read_evidence(source, loaded) if source is not None else None
    found = estimate_run(loaded, folder, evidence, stated)
    if as_json:
        _say(json.dumps(estimate_json(found), indent=1))
        return
    _say("\n".join(estimate_lines(found)))
    if source is not None and source != folder:
        limited = ["--limit", str(limit)] if limit else []
        changed = [word for one in overrides for word in ("--set", one)]
        command = shlex.join(["datagen", "build", recipe, *limited, *changed, "--reuse", str(source)])
        _say(f"\nto build it with what {source} has paid for:\n  {command}")


@app.command()
def recipes() -> None:
    """The bundled recipes, each in a line."""
    from datagen.recipe_file import bundled_recipes

    for name, description in bundled_recipes().items():
        _say(f"{name:24} {description}")


@app.command()
def show(run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Where a run stands, what it cost, what was dropped and why."""
    from datagen.status import run_status, status_lines
    from datagen.workspace import existing_run

    status = run_status(existing_run(run))
    _say(json.dumps(status, indent=1) if as_json else "\n".join(status_lines(status)))


@app.command()
def export(
    run: RunFolder,
    format_name: Annotated[str, typer.Option("--format", help="text, parathinker, messages, parallel_r1 or rl.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder.")],
) -> None:
    """A trainer-ready folder: one `save_to_disk` dataset a split, the tokenizer, and what trainers want beside them."""
    from datagen.formats.export import export as export_dataset
    from datagen.workspace import existing_run

    dataset = existing_run(run) / "dataset"
    if not dataset.exists():
        raise UsageError(f"{run}: this run has no dataset yet; `datagen build` makes it")
    for warning in export_dataset(dataset, format_name, to):
        _say(f"warning: {warning}")
    _say(f"done: {to}")


@app.command()
def publish(
    run: RunFolder,
    repo_id: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="Where to [publish.repo_id].")] = None,
    private: Annotated[bool | None, typer.Option("--private/--public", help="A new repository [private].")] = None,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="A branch that exists.")] = "main",
    redistributable: Annotated[
        list[str] | None, typer.Option(metavar="LICENCE", help="An unlisted one that allows it; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; touch nothing.")] = False,
) -> None:
    """A run's dataset to the Hugging Face Hub: all of it in one commit, and nothing uploaded twice."""
    from datagen.publish.hub.publishing import publish_dataset
    from datagen.publish.hub.wording import publishing_lines
    from datagen.workspace import existing_run

    folder, allowed = existing_run(run), redistributable or ()
    made = publish_dataset(
        folder, repo_id, private=private, revision=revision, redistributable=allowed, dry_run=dry_run, say=_say
    )
    _say("\n".join(publishing_lines(made)))
    if made.refusals:
        raise typer.Exit(1)


@app.command()
def verify(
    file: Annotated[
        str, typer.Argument(help="Parquet, JSONL or CSV with gold (or answer), solution, perhaps problem.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes at work [as many as cores].")] = None,
) -> None:
    """Verdicts for any answers, one line a row in the file's order: row, verdict, answer, method."""
    from datagen.verify import server

    server.start()  # it loads while the next lines do
    from datagen.verify.files import verify_file
    from datagen.verify.lines import json_line, plain_line, summary

    for number in _STOPPING:  # from here on it ends between two rows
        signal.signal(number, lambda *_: STOP.set())
    write_line = json_line if as_json else plain_line
    counts: Counter[str] = Counter()
    with closing(verify_file(file, workers)) as batches:
        for batch in batches:
            _write_whole("".join(map(write_line, batch)))
            counts.update(found.finding.verdict for found in batch)
    typer.echo(summary(counts), err=True)


@app.command()
def audit(
    dataset: Annotated[str, typer.Argument(help="A run, a dataset's folder or file, or a Hub id; ours or not.")],
    tokenizer: Annotated[
        str | None, typer.Option(help="Counts its tokens; reads its ids: bundled, folder, id.")
    ] = None,
    benchmarks: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Look for aime24,math500=FILE,… or none [all that can be had]."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a promise is broken.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes at work [as many as cores].")] = None,
) -> None:
    """What any parallel-thinking dataset is worth: each fault, how often it was found, and where."""
    from datagen.audit.auditing import audit as audit_dataset
    from datagen.audit.benchmarks import find_benchmarks
    from datagen.audit.lines import audit_json, audit_lines
    from datagen.audit.reading import open_dataset

    opened = open_dataset(dataset, tokenizer)
    found = find_benchmarks(benchmarks)
    made = audit_dataset(opened, opened.format, benchmarks=found.sets, unavailable=found.unavailable, processes=workers)
    _say(json.dumps(audit_json(made), indent=1) if as_json else "\n".join(audit_lines(made, dataset)))
    if strict and made.broken_promises:
        raise typer.Exit(1)


app.command("serve-demo")(serve_demo)


@app.command()
def doctor(
    recipe: Annotated[str | None, typer.Argument(help="Look at what its vLLM teachers need too.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What works on this machine, and what to do about the rest."""
    from datagen.doctor import examine
    from datagen.recipe_file import load_recipe

    if settings and recipe is None:
        raise UsageError("--set changes a recipe; name one")
    findings = examine(None if recipe is None else load_recipe(recipe, settings or []))
    if as_json:
        _say(json.dumps([{"what": f.what, "state": f.state, "detail": f.detail} for f in findings], indent=1))
    else:
        for finding in findings:
            _say(f"{finding.state:8} {finding.what}: {finding.detail}")
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run a command; what a user can mend is said in a line or two, with the exit status of its kind."""
    _open_what_is_closed()
    for number in _STOPPING:
        signal.signal(number, _stop)
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        raise SystemExit(_refuse_arguments(error)) from None
    except DatagenError as error:
        if _debug:
            traceback.print_exc()
        for line in str(error).splitlines():
            print(f"datagen: {line}", file=sys.stderr)
        raise SystemExit(error.exit_status) from None
    except Exception as error:
        if _debug:
            raise
        print(f"datagen: {type(error).__name__}: {str(error)[:500]}", file=sys.stderr)
        print("datagen: this is a fault of datagen itself; `datagen --debug …` shows where", file=sys.stderr)
        raise SystemExit(1) from None
    if status:
        raise SystemExit(status)


def _stop(number: int, frame: FrameType | None) -> None:
    """End a command that has not yet taken its signals into its own hands, as a build does once it runs."""
    STOP.set()  # a package that is just being imported may catch what is raised here
    raise StoppedError(STOPPED_BY_SIGNAL)


def _open_what_is_closed() -> None:
    """Let a standard stream that was closed, as by `>&-`, lead nowhere: no file of a run may take its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _say(line: str) -> None:
    _write_whole(f"{line}\n")


def _write_whole(lines: str) -> None:
    """Write lines; a reader that has gone ends the command in silence.

    Raises:
        DatagenError: standard output takes no more.
    """
    try:
        typer.echo(lines.encode(), nl=False)  # UTF-8, whatever the terminal says
    except OSError as error:
        _write_nowhere()
        if isinstance(error, BrokenPipeError):
            raise typer.Exit from None
        raise DatagenError(f"standard output can't be written: {error.strerror}; is the disk full?") from error


def _write_nowhere() -> None:
    """Let what standard output still holds go, so that the end of this process does not fail over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_arguments(error: typer.TyperException) -> int:
    """Say in a line what is wrong with the arguments; without any there is nothing wrong, and the help is shown."""
    if len(sys.argv) == 1:
        print(error)
    else:
        said = error.format_message() if isinstance(error, _ArgumentError) else str(error)
        print(f"datagen: {said.rstrip('.')}; `datagen --help` shows what there is", file=sys.stderr)
    return UsageError.exit_status


def _told(options: "Options") -> dict[str, Any]:
    """The options of a run as the flow's parameters."""
    reuse = str(options.reuse) if options.reuse else None
    return {"until": options.until, "reuse": reuse, "fresh": options.fresh}


def _run(
    recipe: "Recipe", folder: Path, options: "Options", parameters: dict[str, Any], shown: TextIO
) -> tuple[Path, bool]:
    """Run the flow unless its run stands finished; the run's folder, and whether it stood."""
    from datagen.pipeline import check, is_finished, write_recipe
    from datagen.workspace import Workspace

    check(recipe, options)
    workspace = Workspace(folder)
    with workspace.locked():
        if is_finished(recipe, workspace, options):
            write_recipe(recipe, workspace)
            return workspace.folder, True
    from datagen.progress import displayed
    from flows.session import run_build

    with displayed(workspace.logs / "run.log", shown):
        run_build(workspace, parameters)
    return workspace.folder, False


if __name__ == "__main__":
    main()
