"""The run's folder `batches/`: which batches are out, and what each of them holds.

    batches/NAME.json     how far the batch has come: the uploaded file's id, then the batch's
    batches/NAME.jsonl    its requests, one a line, with where each comes from

Both are on disk before anything is uploaded. They go when all that the batch brought is in the journal.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import orjson

from datagen.atomic import atomic_file, write_text
from datagen.errors import DatagenError
from datagen.recipe_teachers import PaidTeacher, asks_in_batches
from datagen.teachers.base import Completion, Message, Origin, Request


class Kept(Protocol):
    """The completions that are paid for and kept."""

    def __contains__(self, key: str) -> bool:
        """Whether the completion of a key is kept."""
        ...

    def keep(self, request: Request, completion: Completion) -> None:
        """Keep one that nobody waits for."""
        ...

    def at_most(self, requests: Sequence[Request]) -> tuple[float, int]:
        """USD and tokens that requests may cost."""
        ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a client needs of its run to let a batch outlive it.

    Attributes:
        folder: the run's `batches/`.
        kept: the run's completions.
        say: shows a line to whoever watches.
    """

    folder: Path
    kept: Kept
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A batch that is written down.

    Attributes:
        name: ours, which goes with it as metadata.
        model, base_url: whom it asks.
        requests: how many it holds.
        at_most_usd, at_most_tokens: what it may cost.
        written_at, noted_at: when it was written down, and when last noted, in seconds since the epoch.
        file_id: of the uploaded file; None before that.
        batch_id: the provider's; None before it is known that the batch was created.
    """

    name: str
    model: str
    base_url: str
    requests: int
    at_most_usd: float
    at_most_tokens: int
    written_at: float
    noted_at: float
    file_id: str | None = None
    batch_id: str | None = None


class BatchFolder:
    """The batches of one teacher that are under way.

    Args:
        folder: the run's `batches/`; made with its first batch.
        teacher: whose batches; told by model and address, so that they are found again under another name.
    """

    def __init__(self, folder: Path, teacher: PaidTeacher) -> None:
        self._folder = folder
        _sweep(folder)
        self._model, self._base_url = teacher.model, teacher.base_urls[0]

    def under_way(self) -> list[UnderWay]:
        """The batches of this teacher that were written down and not forgotten, the oldest first."""
        mine = (self._model, self._base_url)
        return [batch for batch in batches_in(self._folder) if (batch.model, batch.base_url) == mine]

    def requests(self, batch: UnderWay) -> Iterator[tuple[str, Request]]:
        """The requests of a batch with their keys.

        Raises:
            DatagenError: they can't be read.
        """
        path = self._requests_path(batch)
        try:
            with path.open("rb") as lines:
                for line in lines:
                    request = _request(orjson.loads(line))
                    if request.origin is not None:
                        yield request.origin.key, request
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatagenError(
                f"{path}: the requests of a batch under way can't be read ({error}); remove it and "
                f"{self._state_path(batch).name} to ask them again, and pay for them twice if the batch was created"
            ) from error

    def add(self, requests: Iterable[Request], number: int, at_most: tuple[float, int]) -> UnderWay:
        """Write down a batch before anything of it is sent.

        Args:
            requests: what it asks.
            number: of requests.
            at_most: USD and tokens that it may cost.
        """
        now = time.time()
        batch = UnderWay(uuid.uuid4().hex, self._model, self._base_url, number, *at_most, now, now)
        with atomic_file(self._requests_path(batch)) as path, path.open("wb") as file:
            file.writelines(orjson.dumps(request, option=orjson.OPT_APPEND_NEWLINE) for request in requests)
        self._write(batch)
        return batch

    def note(self, batch: UnderWay, *, file_id: str | None = None, batch_id: str | None = None) -> UnderWay:
        """Write down how far a batch has come."""
        file_id, batch_id = file_id or batch.file_id, batch_id or batch.batch_id
        noted = replace(batch, file_id=file_id, batch_id=batch_id, noted_at=time.time())
        self._write(noted)
        return noted

    def forget(self, batch: UnderWay) -> None:
        """Let go of a batch that was collected, or never created."""
        self._state_path(batch).unlink(missing_ok=True)  # first: without it the others are nothing
        for file in self._folder.glob(f"{batch.name}.*"):
            file.unlink(missing_ok=True)

    def scratch(self, batch: UnderWay, what: str) -> Path:
        """A file beside a batch's own, for what is sent or fetched; it goes with the batch."""
        return self._folder / f"{batch.name}.{what}"

    def _write(self, batch: UnderWay) -> None:
        write_text(self._state_path(batch), json.dumps(asdict(batch), indent=1) + "\n")

    def _state_path(self, batch: UnderWay) -> Path:
        return self._folder / f"{batch.name}.json"

    def _requests_path(self, batch: UnderWay) -> Path:
        return self._folder / f"{batch.name}.jsonl"


def batches_in(folder: Path) -> list[UnderWay]:
    """All batches that are written down in a run's folder `batches/`, the oldest first.

    Raises:
        DatagenError: one can't be read.
    """
    found = []
    for path in folder.glob("[!.]*.json"):
        try:
            found.append(UnderWay(**json.loads(path.read_bytes())))
        except FileNotFoundError:
            continue  # a run that is at work has let go of it
        except (OSError, ValueError, TypeError) as error:
            raise DatagenError(
                f"{path}: this note of a batch under way can't be read ({error}); put it right, or remove it to ask "
                "its requests again"
            ) from error
    return sorted(found, key=lambda batch: (batch.written_at, batch.name))


def of_nobody(folder: Path, teachers: Iterable[PaidTeacher]) -> list[UnderWay]:
    """The batches in a run's folder that none of these teachers can bring home."""
    asked = {(teacher.model, url) for teacher in teachers if asks_in_batches(teacher) for url in teacher.base_urls}
    return [batch for batch in batches_in(folder) if (batch.model, batch.base_url) not in asked]


def _sweep(folder: Path) -> None:
    """Remove what a killed start left of batches that it had not written down yet, or was letting go of."""
    for file in folder.glob("[!.]*"):
        if not (folder / f"{file.name.partition('.')[0]}.json").exists():
            file.unlink()


def _request(told: Mapping[str, Any]) -> Request:
    messages = tuple(Message(**message) for message in told["messages"])
    return Request(**{**told, "messages": messages, "origin": Origin(**told["origin"])})
