"""The pull: rows of a source to problems and drops, as a stream, with nothing lost on the way.

Each pulled row becomes one problem or one drop. Rows beyond the limit, and those that carry too few recorded solutions,
are not pulled; they are counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from datagen.errors import UsageError
from datagen.reading import ContentHashes, Located, SourceRow, count_rows, locate_hub, locate_path, read_rows
from datagen.recipe import DATASETS, PINNED_REVISIONS, HubSource, Source, TableSource
from datagen.solutions import recorded_solution
from datagen.sources.answers import answer_loss, bare_answer
from datagen.sources.deepmath import DeepMath
from datagen.sources.entry import UNKNOWN_WRITER, Adapter, Cells, Entry, Loss
from datagen.sources.limo import Limo
from datagen.sources.open_r1 import OpenR1
from datagen.sources.s1k import S1K
from datagen.sources.table import AnyTable
from datagen.tables import Drop, Problem, Solution
from datagen.texts import digest, problem_id, says_something

LIMO_RELEASES = {"v1": "GAIR/LIMO", "v2": DATASETS["limo"]}

_ADAPTERS: dict[str, Adapter] = {"open_r1": OpenR1(), "deepmath": DeepMath(), "s1k": S1K(), "limo": Limo()}


@dataclass(slots=True)
class PullCounts:
    """What became of a source's rows so far.

    Attributes:
        read: rows read; `too_few_recorded` + `pulled`.
        too_few_recorded: rows with fewer recorded solutions than `min_recorded`: not pulled.
        pulled: rows within the limit; `problems` + `dropped`.
        problems: pulled rows that became a problem.
        dropped: pulled rows that became a drop.
        recorded: recorded solutions of the problems.
        not_read: rows beyond the limit; None when the files don't tell without being read.
    """

    read: int = 0
    too_few_recorded: int = 0
    pulled: int = 0
    problems: int = 0
    dropped: int = 0
    recorded: int = 0
    not_read: int | None = 0


@dataclass(frozen=True, slots=True)
class Pulled:
    """A problem, and the different solutions that its row carried."""

    problem: Problem
    recorded: tuple[Solution, ...]


def resolve(source: Source, hashes: ContentHashes | None = None) -> Located:
    """Fix a source of the recipe to a content: its path, or a commit of its dataset on the Hub.

    `hashes` as `locate_path` keeps them.

    Raises:
        UsageError: nothing readable is there (see `datagen.reading`), or `limo` has no such config.
        DatagenError: the Hub or the storage does not answer.
    """
    if isinstance(source, TableSource):
        return locate_path(source.path, hashes)
    if source.path is not None:
        return locate_path(source.path, hashes)
    if source.kind != "limo":
        config = source.config or ("default" if source.kind == "open_r1" else None)
        return locate_hub(DATASETS[source.kind], config, revision_of(source))
    release = source.config or "v2"
    if release not in LIMO_RELEASES:
        raise UsageError(f"source {source.label}: limo has no config {release!r}; there are {', '.join(LIMO_RELEASES)}")
    return locate_hub(LIMO_RELEASES[release], None, revision_of(source))


def revision_of(source: HubSource) -> str | None:
    """What to ask the Hub for: the recipe's revision, or the commit that this version was made with."""
    return source.revision or PINNED_REVISIONS.get(source.kind)


def pull(source: Source, located: Located, counts: PullCounts) -> Iterator[Pulled | Drop]:
    """Stream a source's rows as problems and drops.

    Args:
        source: what the recipe says of it.
        located: where its rows are, from `resolve`.
        counts: kept up to date while the stream is read.

    Yields:
        For each of the first `limit` rows that carry `min_recorded` different solutions, a problem or a drop.

    Raises:
        UsageError: a file lacks a required column, a cell is of the wrong type, or a file is damaged.
    """
    adapter = _adapter(source)
    writer = adapter.writer if source.path is None else UNKNOWN_WRITER
    seen_names: set[bytes] = set()
    columns = (*adapter.required, *adapter.optional)
    for row in read_rows(located, columns, required=adapter.required, advice=adapter.advice):
        counts.read += 1
        entry = adapter.read(Cells(row))
        pid = problem_id(entry.problem)
        recorded = _recorded(source, writer, pid, entry)
        if len(recorded) < (source.min_recorded or 0):
            counts.too_few_recorded += 1
            continue
        counts.pulled += 1
        row_id = digest(located.dataset, located.config, located.revision, row.file, row.number)[:16]
        answer = bare_answer(entry.answer)
        if loss := _first_loss(entry, answer):
            counts.dropped += 1
            yield Drop(row_id, pid, source.label, "pull", loss.reason, f"{row.file}#{row.number}: {loss.detail}")
        else:
            counts.problems += 1
            counts.recorded += len(recorded)
            problem = Problem(
                row_id=row_id,
                id=pid,
                problem=entry.problem,
                answer=answer,
                source=source.label,
                source_id=_source_id(entry.source_id, row, seen_names),
                revision=located.revision,
                licence=source.licence or adapter.licence,
                topic=entry.topic,
                difficulty=entry.difficulty,
            )
            yield Pulled(problem, recorded)
        if counts.pulled == source.limit:
            total = count_rows(located)
            counts.not_read = None if total is None else total - counts.read
            return


def _adapter(source: Source) -> Adapter:
    if isinstance(source, TableSource):
        return AnyTable(source.columns, source.licence)
    return _ADAPTERS[source.kind]


def _first_loss(entry: Entry, answer: str) -> Loss | None:
    if not entry.problem:
        return Loss("empty_problem", "the problem is null or empty")
    if not says_something(entry.problem):
        return Loss("empty_problem", f"the problem holds neither letter nor digit: {entry.problem[:80]!r}")
    return entry.loss or answer_loss(answer)


def _recorded(source: Source, writer: str, pid: str, entry: Entry) -> tuple[Solution, ...]:
    """The row's solutions: empty ones left out, the same text of the same model once."""
    solutions: dict[str, Solution] = {}
    for index, raw in enumerate(entry.recorded):
        if raw.text or raw.reasoning:
            solution = recorded_solution(
                pid,
                entry.problem,
                raw.text,
                model=source.recorded_model or raw.model or writer,
                index=index,
                reasoning=raw.reasoning,
                finish_reason=raw.finish_reason,
            )
            solutions.setdefault(solution.request_key, solution)
    return tuple(solutions.values())


def _source_id(name: str, row: SourceRow, seen: set[bytes]) -> str:
    """The row's own name, unless it has none or an earlier row has the same; then file and row."""
    key = bytes.fromhex(digest(name)[:16])
    if not name or key in seen:
        return f"{row.file}#{row.number}"
    seen.add(key)
    return name
