"""What was spent, by teacher, over all starts of a run: the sum over the run's journals, in which each key counts once.

Nothing else is kept, so that a crash can neither lose nor double it. Beside what was paid stand the replies that were
lost on the way, which may have been billed and count at their worst, and the completions that were taken over from
another run, which were paid there and count against no budget here.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datagen.errors import UsageError
from datagen.journal import Journal
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.spending.cost import NOTHING, Amount, from_usd, is_priced
from datagen.teachers.batch.under_way import batches_in
from datagen.workspace import Workspace, batches_of, completions_of, lost_of

TAKEN_OVER = "taken_over"
"""The field of a record that says that its completion was paid for by another run."""

SUMMED = ("prompt_tokens", "completion_tokens", "cost_usd", "usage_estimated")
"""The fields of a record that an `AccountSum` reads."""

_FIELDS = ("model", *SUMMED, TAKEN_OVER)


def taken_over(record: Mapping[str, Any]) -> dict[str, Any]:
    """Another run's record as this run's journal keeps it."""
    return {**record, TAKEN_OVER: True}


@dataclass(slots=True)
class Account:
    """What completions of one teacher cost.

    Attributes:
        completions: how many.
        prompt_tokens, completion_tokens: of all of them.
        usd: of all of them.
        estimated: those whose tokens were counted here, because the endpoint did not say.
    """

    completions: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    estimated: int = 0

    def __add__(self, other: "Account") -> "Account":
        return Account(
            self.completions + other.completions,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            (from_usd(self.usd) + from_usd(other.usd)).usd,
            self.estimated + other.estimated,
        )

    @property
    def amount(self) -> Amount:
        """Money and tokens."""
        return from_usd(self.usd, self.prompt_tokens + self.completion_tokens)


@dataclass(slots=True)
class Lost:
    """Requests that were sent and never answered whole.

    Attributes:
        requests: how many; of those that were in flight when a start was killed, at most so many.
        at_most_usd, at_most_tokens: what they may have cost.
        faults: how many by what went wrong.
    """

    requests: int = 0
    at_most_usd: float = 0.0
    at_most_tokens: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def amount(self) -> Amount:
        """What they may have cost."""
        return from_usd(self.at_most_usd, self.at_most_tokens)


@dataclass(slots=True)
class Outstanding:
    """Requests in batches that are under way at teachers, whether or not a run is.

    Attributes:
        batches, requests: how many.
        at_most_usd, at_most_tokens: what they may cost.
    """

    batches: int = 0
    requests: int = 0
    at_most_usd: float = 0.0
    at_most_tokens: int = 0

    @property
    def amount(self) -> Amount:
        """What they may cost."""
        return from_usd(self.at_most_usd, self.at_most_tokens)


@dataclass(slots=True)
class Ledger:
    """What was spent.

    Attributes:
        paid: by teacher, by name; by model for one that the recipe no longer has.
        taken_over: the same, of completions that another run had paid for.
        lost: what was lost on the way.
        unpriced: teachers whose price is not known, so that their money is not either.
        under_way: what is in batches; not spent yet, and held back from budgets.
    """

    paid: dict[str, Account]
    taken_over: dict[str, Account]
    lost: Lost
    unpriced: tuple[str, ...] = ()
    under_way: Outstanding = field(default_factory=Outstanding)

    @property
    def total(self) -> Account:
        """What was paid, all teachers together."""
        return sum(self.paid.values(), Account())

    @property
    def spent(self) -> Amount:
        """What counts against budgets: what was paid, and what was lost at its worst."""
        return self.total.amount + self.lost.amount

    def by_teacher(self) -> dict[str, dict[str, float]]:
        """What was paid, as JSON."""
        return {teacher: asdict(account) for teacher, account in self.paid.items()}

    def as_json(self, recipe: Recipe | None) -> dict[str, Any]:
        """All of it, and the budgets with what is left of them when the recipe is known."""
        return {
            "spent": self.by_teacher(),
            "spent_in_all": asdict(self.total),
            "unpriced": list(self.unpriced),
            "taken_over": {teacher: asdict(account) for teacher, account in self.taken_over.items()},
            "lost": asdict(self.lost),
            "under_way": asdict(self.under_way),
            "budgets": {} if recipe is None else self._budgets(recipe),
        }

    def _budgets(self, recipe: Recipe) -> dict[str, dict[str, float]]:
        spent, held = self.spent, self.under_way.amount
        limits = {
            "budget_usd": (recipe.sampling.budget_usd, spent.usd, held.usd),
            "budget_tokens": (recipe.sampling.budget_tokens, spent.tokens, held.tokens),
        }
        return {
            name: {"limit": limit, "spent": used, "left": max(0, limit - used - kept_back)}
            for name, (limit, used, kept_back) in limits.items()
            if limit is not None
        }


def read_ledger(completions: Journal | None, lost: Journal | None, recipe: Recipe | None = None) -> Ledger:
    """Sum up journals, streaming.

    Args:
        completions: what was paid; None when there is none yet.
        lost: what was lost on the way; None when there is none.
        recipe: knows the teachers' names; without it they are called by their models.
    """
    teachers = recipe.paid_teachers if recipe is not None else ()
    names = {teacher.model: teacher.name for teacher in teachers}
    accounts: dict[bool, defaultdict[str, AccountSum]] = {False: defaultdict(AccountSum), True: defaultdict(AccountSum)}
    for record in completions.records(_FIELDS) if completions is not None else ():
        teacher = names.get(record["model"], record["model"])
        accounts[bool(record.get(TAKEN_OVER))][teacher].add(record)
    return Ledger(
        paid={teacher: one.account() for teacher, one in sorted(accounts[False].items())},
        taken_over={teacher: one.account() for teacher, one in sorted(accounts[True].items())},
        lost=_lost(lost),
        unpriced=tuple(sorted(teacher.name for teacher in teachers if not is_priced(teacher))),
    )


def ledger_of(workspace: Workspace) -> tuple[Ledger, Recipe | None]:
    """The ledger of a run's folder, which is left alone, and its recipe if it can still be read."""
    recipe = None
    with contextlib.suppress(UsageError):
        recipe = load_recipe(str(workspace.folder / "recipe.yaml"))
    folder = workspace.folder
    with kept_journal(completions_of(folder)) as completions, kept_journal(lost_of(folder)) as lost:
        ledger = read_ledger(completions, lost, recipe)
    ledger.under_way = _outstanding(folder)
    return ledger, recipe


@contextlib.contextmanager
def kept_journal(path: Path) -> Iterator[Journal | None]:
    """A journal to be looked at and left alone; None when there is none."""
    if not Journal.is_at(path):
        yield None
        return
    with Journal(path, read_only=True) as journal:
        yield journal


class AccountSum:
    """An account that is being summed up; money in whole numbers, so that the order of arrival leaves no trace."""

    __slots__ = ("_completion_tokens", "_completions", "_estimated", "_money", "_prompt_tokens")

    def __init__(self) -> None:
        self._completions = self._prompt_tokens = self._completion_tokens = self._estimated = 0
        self._money = NOTHING

    def add(self, record: Mapping[str, Any]) -> None:
        """Count a completion's record in; of its fields, `SUMMED` are read."""
        self._completions += 1
        self._prompt_tokens += record["prompt_tokens"] or 0
        self._completion_tokens += record["completion_tokens"] or 0
        self._money += from_usd(record["cost_usd"])
        self._estimated += bool(record.get("usage_estimated"))

    def account(self) -> Account:
        """The sum so far."""
        return Account(
            self._completions, self._prompt_tokens, self._completion_tokens, self._money.usd, self._estimated
        )


def _outstanding(folder: Path) -> Outstanding:
    found, at_most = Outstanding(), NOTHING
    for batch in batches_in(batches_of(folder)):
        found.batches += 1
        found.requests += batch.requests
        at_most += from_usd(batch.at_most_usd, batch.at_most_tokens)
    found.at_most_usd, found.at_most_tokens = at_most.usd, at_most.tokens
    return found


def _lost(journal: Journal | None) -> Lost:
    lost, at_most = Lost(), NOTHING
    for record in journal.records() if journal is not None else ():
        if not record["requests"]:
            continue
        lost.requests += record["requests"]
        lost.faults[record["fault"]] = lost.faults.get(record["fault"], 0) + record["requests"]
        at_most += from_usd(record["at_most_usd"], record["at_most_tokens"])
    lost.at_most_usd, lost.at_most_tokens = at_most.usd, at_most.tokens
    return lost
