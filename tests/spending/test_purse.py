"""The purse: whatever is asked of it, by whichever thread or task, spent + in flight at its worst is within budget."""

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.errors import StoppedError
from datagen.journal import Journal
from datagen.recipe import Sampling
from datagen.recipe_teachers import OpenAITeacher
from datagen.spending.cost import NOTHING, TEMPLATE_TOKENS, Tariff, from_usd
from datagen.spending.ledger import read_ledger
from datagen.spending.purse import Purse
from datagen.teachers.base import Budget, Completion, Hold, Message, Request

TEACHER = OpenAITeacher.model_validate(
    {"name": "r1", "kind": "openai", "model": "m", "price": {"input": 0.55, "output": 2.19}}
)
BATCHED = TEACHER.model_copy(update={"kind": "openai_batch"})
WORST_TOKENS = TEMPLATE_TOKENS + 10 + 100


def request(max_tokens: int = 100) -> Request:
    """Ten bytes are asked."""
    return Request((Message("user", "0123456789"),), 0.8, 0.95, max_tokens, None)


def completion(tokens: int | None) -> Completion:
    return Completion("", "text", "stop", None if tokens is None else 10, tokens)


def purse_over(lost: Journal, **sampling: Any) -> tuple[Purse, Budget]:
    purse = Purse(Sampling.model_validate(sampling), NOTHING, lost)
    return purse, purse.budget_for(TEACHER)


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "lost.jsonl") as journal:
        yield journal


class Watched:
    """A world of requests beside the purse: what was really spent, and what is in flight at its worst."""

    def __init__(self, usd: float | None, tokens: int | None) -> None:
        self.most = (None if usd is None else from_usd(usd).picousd, tokens)
        self.spent, self.held, self.lost = NOTHING, NOTHING, NOTHING
        self.lock = threading.Lock()

    def begins(self, asked: Request) -> None:
        with self.lock:
            self.held += Tariff.of(TEACHER).at_most(asked)
            now = self.spent + self.held
            for most, used in zip(self.most, (now.picousd, now.tokens), strict=True):
                assert most is None or used <= most

    def ends(self, hold: Hold, asked: Request, how: str, share: float) -> None:
        worst = Tariff.of(TEACHER).at_most(asked)
        answer = completion(int(share * asked.max_tokens))
        with self.lock:  # before the purse is told: what it frees may be given away at once
            self.held -= worst
            if how == "settle":
                self.spent += Tariff.of(TEACHER).cost(asked, answer)
            elif how != "release":
                self.spent += worst
                self.lost += worst
        if how == "settle":
            hold.settle(answer)
        elif how == "release":
            hold.release()
        else:
            hold.lose("timeout")


ENDS = st.sampled_from(["settle", "settle", "settle", "release", "lose", "cancel"])
PLANS = st.lists(st.lists(st.tuples(ENDS, st.integers(1, 200), st.floats(0, 1)), max_size=12), min_size=1, max_size=3)
BUDGETS = st.sampled_from([(None, 2_000), (0.002, None), (0.001, 3_000), (0.5, 1_000), (1e-9, None)])


@settings(deadline=None, max_examples=60)
@given(PLANS, BUDGETS, st.integers(0, 2**32))
def test_no_sequence_of_calls_from_any_threads_exceeds_a_budget(
    tmp_path_factory: pytest.TempPathFactory,
    plans: list[list[tuple[str, int, float]]],
    budget: tuple[float | None, int | None],
    seed: int,
) -> None:
    failures: list[BaseException] = []
    path = tmp_path_factory.mktemp("lost") / "lost.jsonl"
    with Journal(path) as lost:
        usd, tokens = budget
        purse, view = purse_over(lost, budget_usd=usd, budget_tokens=tokens)
        watched = Watched(usd, tokens)

        async def one(how: str, max_tokens: int, share: float, draw: random.Random) -> None:
            asked = request(max_tokens)
            try:
                hold = await view.reserve(asked)
            except StoppedError:
                return
            watched.begins(asked)
            try:
                for _ in range(draw.randrange(6)):
                    await asyncio.sleep(0)
                watched.ends(hold, asked, how, share)
            except asyncio.CancelledError:
                watched.ends(hold, asked, "lose", share)

        async def work(plan: list[tuple[str, int, float]], draw: random.Random) -> None:
            tasks = [asyncio.create_task(one(*step, draw)) for step in plan]
            for task, (how, _, _) in zip(tasks, plan, strict=True):
                if how == "cancel":
                    for _ in range(draw.randrange(6)):
                        await asyncio.sleep(0)
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert not [task for task in tasks if not task.cancelled() and task.exception() is not None]

        def thread(number: int, plan: list[tuple[str, int, float]]) -> None:
            try:
                asyncio.run(work(plan, random.Random(f"{seed} {number}")))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=thread, args=item) for item in enumerate(plans)]
        for one_thread in threads:
            one_thread.start()
        for one_thread in threads:
            one_thread.join()
        assert not failures
        assert purse.spent == watched.spent
        purse.close()
        at_most = read_ledger(None, lost).lost
        assert at_most.requests == sum(record["fault"] == "timeout" for record in lost.records())
        assert at_most.amount == watched.lost


def test_a_request_waits_while_what_is_in_flight_may_free_enough(lost: Journal) -> None:
    purse, view = purse_over(lost, budget_tokens=WORST_TOKENS + 200)

    async def start() -> list[str]:
        done: list[str] = []
        first = await view.reserve(request())

        async def second() -> None:
            hold = await view.reserve(request())
            done.append("second is sent")
            hold.settle(completion(60))

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
        done.append("first arrives")
        first.settle(completion(60))
        await waiting
        return done

    assert asyncio.run(start()) == ["first arrives", "second is sent"]
    assert purse.spent.tokens == 2 * 70


def test_a_request_that_waits_on_one_loop_is_sent_when_another_loop_frees_enough(lost: Journal) -> None:
    _, view = purse_over(lost, budget_tokens=WORST_TOKENS)
    first = asyncio.run(view.reserve(request()))
    granted: list[Hold] = []

    async def wait() -> None:
        granted.append(await view.reserve(request()))

    thread = threading.Thread(target=asyncio.run, args=(wait(),))
    thread.start()
    first.release()
    thread.join(20)
    assert len(granted) == 1


def test_nobody_in_line_is_overtaken_and_all_are_refused_with_the_first(lost: Journal) -> None:
    _, view = purse_over(lost, budget_tokens=2 * WORST_TOKENS)

    async def start() -> list[str]:
        told: list[str] = []
        holds = [await view.reserve(request()), await view.reserve(request())]

        async def later(name: str, max_tokens: int) -> None:
            try:
                (await view.reserve(request(max_tokens))).release()
                told.append(f"{name} sent")
            except StoppedError:
                told.append(f"{name} refused")

        tasks = [asyncio.create_task(later("large", 500)), asyncio.create_task(later("small", 1))]
        await asyncio.sleep(0)
        for hold in holds:
            hold.settle(completion(60))
        await asyncio.gather(*tasks)
        await later("another", 1)
        return told

    assert asyncio.run(start()) == ["large refused", "small refused", "another refused"]


def test_the_refusal_says_what_is_spent_and_what_the_next_request_may_cost(lost: Journal) -> None:
    spent = from_usd(12.31, 1_204_000)
    in_usd = Purse(Sampling(budget_usd=12.5), spent, lost).budget_for(TEACHER)
    with pytest.raises(StoppedError) as stopped:
        asyncio.run(in_usd.reserve(request(100_000)))
    assert str(stopped.value) == (
        "stopped by sampling.budget_usd: 12.31 of 12.50 USD are spent and the next request to r1 may cost 0.22; "
        "everything that arrived is kept, raise it and start again to go on"
    )
    in_tokens = Purse(Sampling(budget_tokens=1_250_000), spent, lost).budget_for(TEACHER)
    with pytest.raises(StoppedError, match=r"budget_tokens: 1,204,000 of 1,250,000 tokens are .* may take 100,266;"):
        asyncio.run(in_tokens.reserve(request(100_000)))


def test_who_waits_is_told_when_the_run_is_stopped(lost: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr("datagen.stopping.STOP", stop)
    _, view = purse_over(lost, budget_tokens=WORST_TOKENS)

    async def start() -> None:
        await view.reserve(request())
        waiting = asyncio.create_task(view.reserve(request()))
        await asyncio.sleep(0)
        stop.set()
        with pytest.raises(StoppedError, match="stopped by a signal"):
            await waiting

    asyncio.run(start())


def test_what_was_granted_to_one_who_no_longer_waits_is_given_back(lost: Journal) -> None:
    _, view = purse_over(lost, budget_tokens=WORST_TOKENS)

    async def start() -> Hold:
        first = await view.reserve(request())
        waiting = asyncio.create_task(view.reserve(request()))
        await asyncio.sleep(0)
        first.release()  # grants it, before the task that waits has run
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await view.reserve(request())

    assert asyncio.run(start())


def test_what_nobody_counted_is_counted_at_its_most(lost: Journal) -> None:
    purse, view = purse_over(lost)
    asyncio.run(view.reserve(request())).settle(completion(None))
    assert purse.spent.tokens == WORST_TOKENS


def test_a_hold_ends_once(lost: Journal) -> None:
    purse, view = purse_over(lost)
    hold = asyncio.run(view.reserve(request()))
    hold.settle(completion(60))
    hold.lose("cancelled")
    hold.release()
    assert purse.spent.tokens == 70
    assert read_ledger(None, lost).lost.requests == 1  # the mark of what is in flight, until the purse is closed
    purse.close()
    assert read_ledger(None, lost).lost.requests == 0


def test_what_is_in_flight_when_a_run_is_killed_counts_at_its_worst(tmp_path: Path) -> None:
    path = tmp_path / "lost.jsonl"
    with Journal(path) as lost:
        _, view = purse_over(lost)
        holds = [asyncio.run(view.reserve(request())) for _ in range(3)]
        holds[0].settle(completion(60))
    with Journal(path) as lost:
        at_most = read_ledger(None, lost).lost
        assert (at_most.requests, at_most.at_most_tokens, at_most.faults) == (3, 3 * WORST_TOKENS, {"killed": 3})


def test_a_teacher_that_costs_nothing_is_not_stopped_by_a_budget_in_money(lost: Journal) -> None:
    free = OpenAITeacher.model_validate({"name": "free", "kind": "openai", "model": "n"})
    purse = Purse(Sampling(budget_usd=1.0), from_usd(1.0), lost)
    asyncio.run(purse.budget_for(free).reserve(request())).settle(completion(60))
    with pytest.raises(StoppedError):
        asyncio.run(purse.budget_for(TEACHER).reserve(request()))


def test_a_loss_that_is_told_again_by_a_later_start_counts_once(lost: Journal) -> None:
    async def lose(purse: Purse, view: Budget, name: str) -> int:
        view.carry(request()).lose("no line", name)
        return purse.spent.tokens

    for name, tokens in (("a", WORST_TOKENS), ("a", WORST_TOKENS), ("b", 2 * WORST_TOKENS)):
        purse = Purse(Sampling(), read_ledger(None, lost).spent, lost)
        assert asyncio.run(lose(purse, purse.budget_for(BATCHED), name)) == tokens
        assert read_ledger(None, lost).spent.tokens == tokens


def test_what_is_under_way_from_an_earlier_start_is_held_even_beyond_the_budget_and_marks_nothing_as_lost(
    lost: Journal,
) -> None:
    async def start() -> None:
        purse = Purse(Sampling(budget_tokens=WORST_TOKENS), NOTHING, lost)
        view = purse.budget_for(BATCHED)
        held = [view.carry(request()) for _ in range(3)]
        waiting = asyncio.create_task(view.reserve(request()))
        await asyncio.sleep(0)
        held[0].settle(completion(0))
        held[1].settle(completion(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        purse.close()

    asyncio.run(start())
    assert read_ledger(None, lost).lost.requests == 0
