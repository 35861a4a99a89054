"""Questions to a teacher outside of sampling: each is asked once, and its completion kept like any other.

A completion is looked up in the run's journal by what is asked, and appended there as it arrives: so it is paid for
once, a resumed run finds the same, and another run's completions can be taken over.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from datagen.errors import NoMoreError, UsageError
from datagen.futures import known
from datagen.journal import Journal
from datagen.recipe_teachers import PaidTeacher
from datagen.solutions import request_key
from datagen.spending.paying import record_of, seed_of, take_over
from datagen.stage import Run
from datagen.teachers.base import Message, Request, TeacherClient
from datagen.teachers.desk import Desk
from datagen.teachers.families import parameters_of
from datagen.teachers.prompting import Prompt
from datagen.workspace import completions_of

_ATTEMPT = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a teacher is asked.

    Attributes:
        temperature, top_p, max_tokens: the parameters that change the distribution.
        may_be_refused: whether some questions may be too long for the endpoint, which says nothing of the others.
    """

    temperature: float
    top_p: float
    max_tokens: int
    may_be_refused: bool = False

    def request(self, messages: tuple[Message, ...], seed: int | None = None) -> Request:
        """The request of some messages."""
        return Request(messages, self.temperature, self.top_p, self.max_tokens, seed, asks_for_more=self.may_be_refused)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question came to.

    Attributes:
        key: names its completion in the journal.
        record: the completion as the journal keeps it; None when the endpoint refused the question, which cost nothing.
        refusal: what it said then.
    """

    key: str
    record: Mapping[str, Any] | None
    refusal: str = ""


class Questions:
    """Asks one teacher; safe to use from any thread and beside any event loop.

    The teacher is first needed by the first question that no journal answers. At the end of the block what is in flight
    is awaited and kept, and what waits for its turn is not asked.

    Args:
        teacher: who is asked.
        prompt: the prompt file that questions are rendered from.
        manner: how.
        seed: the recipe's.
        connection: makes the teacher's client.
        journal: where completions are kept.
        reuse: another run's journal, to take completions from; or None.

    Attributes:
        asked_now: completions that were asked for and arrived.
        taken_over: completions that another run had paid for.
    """

    def __init__(
        self,
        teacher: PaidTeacher,
        prompt: Prompt,
        manner: Manner,
        seed: int,
        connection: AbstractAsyncContextManager[TeacherClient],
        journal: Journal,
        reuse: Journal | None = None,
    ) -> None:
        self.asked_now = 0
        self.taken_over = 0
        self._teacher = teacher
        self._prompt = prompt
        self._manner = manner
        self._seed = seed
        self._desk = Desk(connection)
        self._journal = journal
        self._reuse = reuse
        self._under_way: dict[str, Future[Answered]] = {}
        self._lock = threading.Lock()

    def ask(self, problem: str, messages: tuple[Message, ...]) -> Future[Answered]:
        """What the teacher answers; at once where it answered before.

        Args:
            problem: the text of the problem that the question is about; the journal keeps its hash.
            messages: the question.

        Returns:
            The answer; StoppedError when the run ends first, DatagenError when the teacher does not answer for good.
        """
        parameters = parameters_of(self._teacher, self._manner.request(messages))
        key = request_key(self._teacher.model, [asdict(message) for message in messages], parameters, _ATTEMPT)
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is not None:
                return under_way
            record = self._kept(key)
            if record is None:
                asked = self._desk.submit(lambda client: self._ask(client, key, problem, messages))
                if not asked.done():
                    self._under_way[key] = asked
                return asked
        return known(Answered(key, record))

    def close(self) -> None:
        """Return when what is in flight has arrived; nothing more is asked."""
        self._desk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _kept(self, key: str) -> Mapping[str, Any] | None:
        record = self._journal.get(key)
        if record is None and (record := take_over(key, self._journal, self._reuse)) is not None:
            self.taken_over += 1
        return record

    async def _ask(self, client: TeacherClient, key: str, problem: str, messages: tuple[Message, ...]) -> Answered:
        try:
            request = self._manner.request(messages, seed_of(self._teacher, self._seed, messages, _ATTEMPT))
            try:
                completion = await client.ask(request)
            except NoMoreError as error:
                return Answered(key, None, str(error))
            record = record_of(self._teacher, request, _ATTEMPT, self._prompt, problem, completion)
            self._journal.append(key, record)
            self.asked_now += 1
            return Answered(key, record)
        finally:
            with self._lock:
                self._under_way.pop(key, None)


@contextlib.contextmanager
def reused_completions(run: Run) -> Iterator[Journal | None]:
    """The completions of the run that this one may take some from; None where none was named.

    Raises:
        UsageError: what was named is no run's folder that holds completions.
    """
    if run.reuse is None:
        yield None
        return
    path = completions_of(run.reuse)
    if not Journal.is_at(path):
        raise UsageError(f"--reuse {run.reuse}: this is no run's folder that holds completions")
    with Journal(path, read_only=True) as journal:
        yield journal
