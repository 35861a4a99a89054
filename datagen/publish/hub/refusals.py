"""What is not published, and what to do about it.

A dataset goes out as a build wrote and audited it, or not at all. Its name is the hash of its content, so the audit
that lies in it speaks of these very files; whatever was changed since has another hash.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.errors import DatagenError
from datagen.formats import FORMATS
from datagen.publish.admitted import admitted_by
from datagen.publish.content import DatasetFile, content_name
from datagen.publish.hub.keys import KeySearch, secret_values
from datagen.publish.licences import permission
from datagen.recipe import Recipe
from datagen.recipe_teachers import DEMO_MODEL, DemoTeacher
from datagen.teachers.vllm.located import is_bundled

RefusalName = Literal["changed", "audit", "benchmarks", "demonstration", "licence", "key"]

_AUDIT = "audit.json"
_BENCHMARKS = "benchmark_overlap"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason against publishing.

    Attributes:
        name: of what kind.
        told: what is wrong, where, and what to do, in one line.
    """

    name: RefusalName
    told: str


def refusals(
    dataset: Path, files: Sequence[DatasetFile], recipe: Recipe, redistributable: frozenset[str], token: str | None
) -> tuple[Refusal, ...]:
    """Everything that speaks against publishing a dataset, without asking anybody.

    Args:
        dataset: its folder, under the name that the build gave it.
        files: all that lies in it.
        recipe: of its run.
        redistributable: licences that somebody has found to allow that rows are passed on.
        token: of the Hub; it must not be in any file.

    Raises:
        DatagenError: a file can't be read.
    """
    if (found := content_name(files)) != dataset.name:
        told = f"{dataset}: it was changed since it was built and audited (its content is now {found})"
        return (Refusal("changed", f"{told}; remove the folder and build again, nothing that was paid is lost"),)
    return (
        *_of_the_audit(dataset, recipe),
        *_of_the_rows(dataset, recipe, redistributable),
        *_of_keys(files, recipe, token),
    )


def _of_the_audit(dataset: Path, recipe: Recipe) -> Iterator[Refusal]:
    audit = _read_audit(dataset / _AUDIT)
    counts = {finding["name"]: finding["count"] for finding in audit["findings"]}
    if rows := counts.get(_BENCHMARKS, 0):
        told = f"{dataset / _AUDIT}: {rows:,} examples hold a benchmark's problem"
        yield Refusal("benchmarks", f"{told}; build again with these benchmarks under screen.benchmarks")
    elif _BENCHMARKS in audit["not_measured"]:
        why = audit["not_measured"][_BENCHMARKS]
        advice = "name the benchmarks under screen.benchmarks and build again, nothing that was paid is lost"
        yield Refusal("benchmarks", f"{dataset / _AUDIT}: nobody looked for benchmark rows ({why}); {advice}")
    broken = [name for name in audit["broken_promises"] if name not in {_BENCHMARKS, *admitted_by(recipe)}]
    if broken:
        told = f"{dataset / _AUDIT}: the audit failed ({', '.join(f'{name} {counts[name]:,}' for name in broken)})"
        advice = f"`datagen audit {dataset}` names the examples; name them under screen.leave_out and build again"
        yield Refusal("audit", f"{told}; {advice}")


def _read_audit(path: Path) -> dict[str, Any]:
    try:
        audit: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        {finding["name"]: finding["count"] for finding in audit["findings"]}
        audit["broken_promises"], audit["not_measured"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatagenError(
            f"{path}: there is no audit to go by; build again with this version of datagen, which audits what it builds"
        ) from error
    return audit


def _of_the_rows(dataset: Path, recipe: Recipe, redistributable: frozenset[str]) -> Iterator[Refusal]:
    licences, models = _licences_and_models(dataset)
    asked = {teacher.model for teacher in recipe.teachers if isinstance(teacher, DemoTeacher)}
    demonstrated = sorted(model for model in models if model.startswith(DEMO_MODEL) or is_bundled(model))
    if demonstrated or asked:
        told = f"{dataset}: {', '.join(demonstrated or sorted(asked))} is a demonstration and teaches a model nothing"
        yield Refusal("demonstration", f"{told}; build with a real teacher")
    for (licence, source), rows in sorted(licences.items()):
        where = f"{dataset}: source {source}, {rows:,} examples"
        match permission(licence, redistributable):
            case "forbidden":
                advice = "leave the source out, or state in the recipe what its owner has granted you"
                yield Refusal("licence", f"{where}: the licence {licence} forbids to pass them on; {advice}")
            case "unknown":
                advice = f"if it allows to pass its rows on, say so with --redistributable {licence!r}"
                yield Refusal("licence", f"{where}: no list here knows the licence {licence!r}; read it, and {advice}")
            case "unstated":
                yield Refusal("licence", f"{where}: no licence is stated; find it, and set the source's licence:")
            case "allowed":
                pass


def _licences_and_models(dataset: Path) -> tuple[Counter[tuple[str, str]], set[str]]:
    """Examples by licence and source, and the models that wrote any path or summary."""
    licences: Counter[tuple[str, str]] = Counter()
    models: set[str] = set()
    columns = ["licence", "source", "summary_by", "paths"]
    for path in sorted((dataset / FORMATS["text"].folder).glob("*.parquet")):
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=200, columns=columns):
                    stated = (batch.column(name).to_pylist() for name in ("licence", "source"))
                    licences.update(zip(*stated, strict=True))
                    models.update(batch.column("summary_by").to_pylist())
                    models.update(batch.column("paths").flatten().field("model").to_pylist())
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise DatagenError(f"{path}: can't be read; build the dataset again") from error
    return licences, models


def _of_keys(files: Sequence[DatasetFile], recipe: Recipe, token: str | None) -> Iterator[Refusal]:
    found = list(KeySearch(secret_values(recipe, token)).search(files))
    for one in found[:_MOST_NAMED]:
        where = f"{one.file}{f', {one.place}' if one.place else ''}"
        advice = "make the key void where it was issued, take it out of the source or prompt, and build again"
        yield Refusal("key", f"{where}: holds {one.kind}, which is not shown here; {advice}")
    if len(found) > _MOST_NAMED:
        yield Refusal("key", f"and {len(found) - _MOST_NAMED} more places that hold a key")
