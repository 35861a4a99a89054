"""A solution and a gold answer in, a finding out: cheapest step first, and nothing is computed twice.

What a look decides is decided here; the rest goes to worker processes that can be killed. Safe to use from any thread
and beside any event loop, since it touches neither signals nor loops of the process that asks.
"""

import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from datagen.futures import known, then
from datagen.verify.equivalence import decide
from datagen.verify.extract import final_answer
from datagen.verify.gold import read_gold
from datagen.verify.memo import Memo
from datagen.verify.pair import Finding, Judgement, Pair
from datagen.verify.workers import Limits, Workers


class Verifier:
    """Verifies solutions.

    Args:
        limits: of one comparison.
        workers: processes at work; as many as the machine has cores when None.
        memo: judgements that are known already; None remembers nothing.
    """

    def __init__(self, limits: Limits, workers: int | None = None, memo: Memo | None = None) -> None:
        self.limits = limits
        self._workers = Workers(limits, workers)
        self._memo = memo
        self._under_way: dict[Pair, Future[Judgement]] = {}
        self._lock = threading.Lock()

    def verify(self, gold: object, reasoning: str, content: str, problem: str | None = None) -> Future[Finding]:
        """Extract a whole solution's answer and compare it with the gold one.

        Args:
            gold: the reference answer as a source has it: text, a number, a list of one, a whole solution.
            reasoning: the thought; may be empty.
            content: what follows it.
            problem: its text, for options and rounding.
        """
        read = read_gold(gold)
        if read.text is None:
            return known(Finding("bad_gold", None, read.method))
        answer = final_answer(reasoning, content)
        if answer is None:
            return known(Finding("no_answer", None, "extract"))
        compared = self.compare(Pair.of(read.text, answer, problem))
        return then(compared, lambda judged: known(Finding(judged.verdict, answer, judged.method)))

    def compare(self, pair: Pair) -> Future[Judgement]:
        """Compare an extracted answer with a gold one, at once where a look decides."""
        judgement = decide(pair)
        if judgement is not None:
            return known(judgement)
        with self._lock:
            under_way = self._under_way.get(pair)
            if under_way is not None:
                return under_way
            judgement = self._memo.get(pair) if self._memo else None
            if judgement is not None:
                return known(judgement)
            compared = self._under_way[pair] = self._workers.submit(pair)
        compared.add_done_callback(lambda done: self._remember(pair, done))
        return compared

    def _remember(self, pair: Pair, compared: Future[Judgement]) -> None:
        if self._memo and not compared.cancelled() and compared.exception() is None:
            self._memo.put(pair, compared.result())
        with self._lock:
            self._under_way.pop(pair, None)

    def close(self) -> None:
        """End the workers; comparisons that have not begun are cancelled."""
        self._workers.close()
        if self._memo:
            self._memo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
