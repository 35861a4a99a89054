"""A build audits itself: what was written is read back and held to the yardstick of any other dataset.

The readable rows are audited, and the token ids of each are read beside them, so that their form is that of real ids.
A broken promise is a fault of datagen: the build fails, and nothing of the dataset becomes visible.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from datagen.audit.auditing import audit
from datagen.audit.example import AuditedExample
from datagen.audit.finding import Audit, Finding
from datagen.audit.reading import open_dataset
from datagen.errors import DatagenError
from datagen.formats import FORMATS
from datagen.progress import Progress
from datagen.publish.admitted import admitted_by
from datagen.publish.card.published_recipe import TOKENIZER
from datagen.recipe import FormatName, Recipe
from datagen.screen.benchmarks import load_benchmarks
from datagen.stage import Run
from datagen.verify.verdicts import verifier_for

_TOKENS: FormatName = "parathinker"
_MOST_TOLD = 3
"""Ids of a broken promise in a message."""


def audit_build(run: Run, dataset: Path, formats: Collection[FormatName], rows: int) -> Audit:
    """Audit what a build has written.

    Args:
        run: the run, whose benchmarks are looked for.
        dataset: the folder, not yet visible, with its rows and its tokenizer.
        formats: that are in it; `text` is.
        rows: how many examples there are.

    Raises:
        DatagenError: a promise is broken, or a file can't be read back.
    """
    recipe = run.recipe
    progress = Progress("assemble", "examples", rows, judges=False)
    examples: Iterable[AuditedExample] = open_dataset(str(dataset / FORMATS["text"].folder))
    if _TOKENS in formats:
        ids = open_dataset(str(dataset / FORMATS[_TOKENS].folder), str(dataset / TOKENIZER))
        examples = _with_their_ids(examples, ids)
    with run.watch(progress), verifier_for(recipe.verify) as verifier:
        found = audit(
            _counted(examples, progress),
            "text",
            benchmarks=load_benchmarks(recipe.screen, run.inputs),
            token_limit=recipe.paths.max_example_tokens,
            verifier=verifier,
            processes=None if recipe.verify.workers == "auto" else recipe.verify.workers,
        )
    admitted = admitted_by(recipe)
    if broken := [finding for finding in found.broken_promises if finding.name not in admitted]:
        raise DatagenError(
            f"{run.workspace.folder}: what was written breaks a promise: {'; '.join(map(_told, broken))}. This is a "
            "fault of datagen, please report it.\nNo dataset was published, an earlier one stands as it was, nothing "
            f"that was paid is lost; to go on without these examples, build again with {_leaving_out(recipe, broken)}"
        )
    return found


def _told(finding: Finding) -> str:
    first = [f"{id_} ({detail})" for id_, detail in zip(finding.ids, finding.details, strict=True)][:_MOST_TOLD]
    more = ", …" if len(finding.ids) > _MOST_TOLD else ""
    return f"{finding.name} in {finding.count:,} of {finding.of:,} {finding.unit}: {', '.join(first)}{more}"


def _leaving_out(recipe: Recipe, findings: Iterable[Finding]) -> str:
    """The option that leaves the named examples out as well, as a shell takes it."""
    ids = dict.fromkeys([*recipe.screen.leave_out, *(id_ for finding in findings for id_ in finding.ids)])
    return f"--set 'screen.leave_out={json.dumps(list(ids))}'"


def _with_their_ids(texts: Iterable[AuditedExample], ids: Iterable[AuditedExample]) -> Iterator[AuditedExample]:
    """Readable examples that are broken where their token ids are, or are not theirs."""
    for text, tokens in zip(texts, ids, strict=True):
        broken = [*tokens.broken]
        if text.id != tokens.id:
            broken.append(f"the ids in its place are those of {tokens.id}")
        elif text.n_tokens != tokens.n_tokens:
            broken.append(f"{tokens.n_tokens} ids, {text.n_tokens} stated")
        told = [f"{_TOKENS}: {one}" for one in broken]
        structure = [f"{one} of {_TOKENS}" for one in tokens.structure]
        yield replace(text, broken=(*text.broken, *told), structure=(*text.structure, *structure))


def _counted(examples: Iterable[AuditedExample], progress: Progress) -> Iterator[AuditedExample]:
    for example in examples:
        yield example
        progress.done += 1
