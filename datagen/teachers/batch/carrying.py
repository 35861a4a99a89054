"""Carries one batch to its end: uploaded, created once, looked at until it is over, its results handed out.

Whoever waits for a result gets it; what nobody waits for is kept here, for it is paid. A batch is let go of only when
all that it brought is kept, so that a run which dies in the middle reads its files again, and pays for nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from datagen.atomic import atomic_file
from datagen.recipe_teachers import PaidTeacher
from datagen.stopping import refuse_when_stopped
from datagen.teachers.base import Completion, Hold, Request
from datagen.teachers.batch.lines import EXPIRED, MISSING, Result, read_result, request_line
from datagen.teachers.batch.provider import Batch, Provider
from datagen.teachers.batch.under_way import BatchFolder, Keeping, UnderWay
from datagen.teachers.faults import MOST_TRIES, Fault
from datagen.teachers.replies import CountTokens, ready

FIRST_POLL_S, LONGEST_POLL_S = 1.0, 60.0
"""Seconds between two looks at a batch, growing by half each time."""

TOO_MUCH = Fault("later", "too much enqueued", "the provider takes no more for now", tries=None)
FAILED = Fault("again", "batch failed", "its batch failed at the provider", "start again later", tries=MOST_TRIES)

Ending = Literal["over", "cancelled", "too much"]

_LIMITS = frozenset({"token_limit_exceeded", "rate_limit_exceeded", "batch_limit_exceeded"})
"""Why a batch fails that would not fail later, or smaller."""
_TROUBLE = frozenset({"server_error", "internal_error", "internal_server_error"})
_AT_A_TIME = 50
"""Results that are handed out before others have their turn."""


@dataclass(slots=True, eq=False)
class Line:
    """A request on its way.

    Attributes:
        key: of its completion.
        request: what is asked.
        answer: what whoever asks for it waits for; None while nobody does.
        hold: what the budget holds for it; None before that.
        is_sent: whether it stands in a batch that may have been created.
    """

    key: str
    request: Request
    answer: "asyncio.Future[Completion | Fault] | None" = None
    hold: Hold | None = None
    is_sent: bool = False

    def end(self, got: Completion | Fault, batch: str) -> None:
        """Tell the budget how it ended in a batch, which is given by name."""
        if self.hold is None:
            return
        if isinstance(got, Completion):
            self.hold.settle(got)
        elif got.may_be_billed:
            self.hold.lose(got.name, f"{batch}-{self.key}")
        else:
            self.hold.release()


@dataclass(slots=True)
class Carrier:
    """Carries batches.

    Attributes:
        teacher: who is asked.
        key: the teacher's key, which no text may hold.
        provider: its files and batches.
        folder: where batches are written down.
        keeping: the run's completions, and whom to tell.
        count_tokens: counts a text's tokens where the provider did not; None leaves them unknown.
        hand_out: gives a line what it waits for.
        reading: batches whose results are here and being handed out.
    """

    teacher: PaidTeacher
    key: str | None
    provider: Provider
    folder: BatchFolder
    keeping: Keeping
    count_tokens: CountTokens | None
    hand_out: Callable[[Line, Completion | Fault], None]
    reading: int = 0
    _handed_out: dict[str, tuple[UnderWay, set[str]]] = field(default_factory=dict)

    async def submit(self, batch: UnderWay, lines: Collection[Line]) -> UnderWay:
        """Upload what a batch holds, and create it.

        Args:
            batch: as it was written down.
            lines: what it holds.

        Raises:
            DatagenError: it can't be done; the message says why.
            StoppedError: the run was told to stop before the batch was created.
        """
        file = self.folder.scratch(batch, "upload.jsonl")
        await asyncio.to_thread(self._write, file, lines)
        file_id = await self.provider.upload(file, batch.name)
        batch = await asyncio.to_thread(self.folder.note, batch, file_id=file_id)
        file.unlink()
        refuse_when_stopped()
        for line in lines:
            line.is_sent = True
        created = await self.provider.create(file_id, batch.name, batch.written_at)
        batch = await asyncio.to_thread(self.folder.note, batch, batch_id=created.id)
        self._say(f"batch {created.id} submitted: {batch.requests:,} requests")
        return batch

    async def bring_home(self, batch: UnderWay, keys: Collection[str], lines: Mapping[str, Line]) -> Ending:
        """Wait until a batch is over, and hand out what it brought.

        Args:
            batch: one that was created.
            keys: of all that it holds.
            lines: of these, what is not kept yet, by key.

        Returns:
            How it ended: `too much` when the provider took none of it because too much is under way, `cancelled` when
            somebody ended it there.

        Raises:
            DatagenError: the provider does not answer for good.
        """
        told = await self._over(batch)
        refused = self._refusal(told)
        if refused is not None:
            for line in lines.values():
                self._end(batch, line, refused)
            self.folder.forget(batch)
            return "too much" if refused is TOO_MUCH else "over"
        files = []
        for number, file_id in enumerate(told.outputs):
            files.append(self.folder.scratch(batch, f"results-{number}.jsonl"))
            await self.provider.download(file_id, files[-1])
        self.reading += 1
        try:
            collected = await self._read(batch, files, told, keys, lines)
            self._handed_out[batch.name] = batch, collected.kept
        finally:
            self.reading -= 1
        self._say(f"batch {told.id} {told.status}: {collected}")
        return "cancelled" if told.status == "cancelled" and collected.again else "over"

    def let_go(self) -> None:
        """Forget the batches of which all that they brought is kept."""
        for name, (batch, handed_out) in list(self._handed_out.items()):
            if all(key in self.keeping.kept for key in handed_out):
                del self._handed_out[name]
                self.folder.forget(batch)

    async def _over(self, batch: UnderWay) -> Batch:
        delay = FIRST_POLL_S
        while True:
            told = await self.provider.look(batch.batch_id or "")
            if told.is_over:
                return told
            await asyncio.sleep(delay)
            delay = min(1.5 * delay, LONGEST_POLL_S)

    def _refusal(self, told: Batch) -> Fault | None:
        """What became of the requests of a batch of which nothing was worked on; None for any other."""
        if told.status != "failed" or told.outputs:
            return None
        codes = {code for code, _ in told.refusals}
        if codes & _LIMITS:
            return TOO_MUCH
        if codes & _TROUBLE:
            return FAILED
        why = told.refusals[0][1] if told.refusals else "it does not say why"
        more = f"; {len(told.refusals) - 1:,} more" if len(told.refusals) > 1 else ""
        what = f"the provider refused batch {told.id}"
        advice = "nothing of it was worked on; put right what it names and start again"
        return Fault("never", "batch refused", what, advice, f"{why}{more}")

    async def _read(
        self, batch: UnderWay, files: Sequence[Path], told: Batch, keys: Collection[str], lines: Mapping[str, Line]
    ) -> "_Collected":
        """Hand out the results of a batch; what has to be asked again comes last, so that all the rest is kept."""
        found = _Collected()
        left = dict(lines)
        continues = {key for key, line in lines.items() if line.request.continues}
        again: dict[str, tuple[Line, Fault]] = {}
        for file in files:
            with file.open("rb") as results:
                for place, raw in enumerate(results):
                    if place % _AT_A_TIME == 0:
                        await asyncio.sleep(0)
                    result = read_result(raw, continues)
                    line = None if result is None else left.pop(result.custom_id, None)
                    if result is not None and result.custom_id in again and isinstance(result.got, Completion):
                        line, _ = again.pop(result.custom_id)  # a completion outweighs what went wrong before it
                    if result is None or line is None:
                        found.odd[_oddity(raw, result, keys, lines)] += 1
                    elif isinstance(result.got, Fault):
                        again[line.key] = line, result.got
                    else:
                        got = await ready(result.got, self.teacher, line.request, self.key, self.count_tokens)
                        self._end(batch, line, got)
                        found.kept.add(line.key)
        missing = MISSING if told.status == "completed" else EXPIRED
        for line, fault in (*again.values(), *((line, missing) for line in left.values())):
            found.again[fault.name] += 1
            self._end(batch, line, fault)
        found.odd.pop("", None)
        self.provider.faults.update(found.odd)
        return found

    def _end(self, batch: UnderWay, line: Line, got: Completion | Fault) -> None:
        """A line is over: what nobody waits for is kept here."""
        if isinstance(got, Completion) and line.answer is None:
            self.keeping.kept.keep(line.request, got)
        line.end(got, batch.name)
        self.hand_out(line, got)

    def _write(self, file: Path, lines: Collection[Line]) -> None:
        with atomic_file(file) as path, path.open("wb") as upload:
            upload.writelines(request_line(self.teacher, line.key, line.request) for line in lines)

    def _say(self, what: str) -> None:
        self.keeping.say(f"{self.teacher.name}: {what}")


@dataclass(slots=True)
class _Collected:
    """What a batch brought: keys of completions, what has to be asked again and why, and lines that are nobody's."""

    kept: set[str] = field(default_factory=set)
    again: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        counts = (f"{name} {number:,}" for name, number in sorted((self.again + self.odd).items()))
        return ", ".join((f"{len(self.kept):,} completions", *counts))


def _oddity(raw: bytes, result: Result | None, keys: Collection[str], lines: Mapping[str, Line]) -> str:
    """What is wrong with a line that nobody waits for; nothing, if it is blank or kept since an earlier start."""
    if result is None:
        return "broken line" if raw.strip() else ""
    if result.custom_id not in keys:
        return "unknown id"
    return "id twice" if result.custom_id in lines else ""
