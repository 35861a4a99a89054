"""The ledger for people: a line a teacher, the total, what was lost on the way, and what is left of the budgets."""

from collections.abc import Iterator, Mapping
from typing import Any

from datagen.spending.cost import shown_usd


def spending_lines(ledger: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a ledger, as `Ledger.as_json` gives it; `nothing` when it is empty."""
    paid, taken, lost, out = ledger["spent"], ledger["taken_over"], ledger["lost"], ledger["under_way"]
    for teacher, account in paid.items():
        yield _account(teacher, account, teacher in ledger["unpriced"])
    if len(paid) > 1:
        yield _account("in all", ledger["spent_in_all"], any(teacher in ledger["unpriced"] for teacher in paid))
    for teacher, account in taken.items():
        yield f"{_account(teacher, account, teacher in ledger['unpriced'])}, taken over: paid for by another run"
    if lost["requests"]:
        yield (
            f"  {lost['requests']:,} {'reply' if lost['requests'] == 1 else 'replies'} lost on the way "
            f"({_faults(lost['faults'])}), at most {shown_usd(lost['at_most_usd'])} USD and "
            f"{lost['at_most_tokens']:,} tokens, counted against the budget"
        )
    if out["requests"]:
        yield (
            f"  {out['requests']:,} requests in {out['batches']:,} {'batch' if out['batches'] == 1 else 'batches'} "
            f"under way, at most {shown_usd(out['at_most_usd'])} USD and {out['at_most_tokens']:,} tokens, held back "
            "from the budget; the next start collects them"
        )
    if not (paid or taken or lost["requests"] or out["requests"]):
        yield "  nothing"
    for name, budget in ledger["budgets"].items():
        show, unit = (shown_usd, "USD") if name == "budget_usd" else (_whole, "tokens")
        spent, limit, left = (show(budget[part]) for part in ("spent", "limit", "left"))
        yield f"  {name:20} {spent} of {limit} {unit} spent, {left} left"


def _account(name: str, account: Mapping[str, Any], unpriced: bool) -> str:
    tokens = f"{account['prompt_tokens']:,} + {account['completion_tokens']:,} tokens"
    money = "USD unknown: the recipe names no price" if unpriced else f"{account['usd']:,.4f} USD"
    estimated = f" ({account['estimated']:,} with tokens counted here)" if account["estimated"] else ""
    return f"  {name:20} {account['completions']:,} completions{estimated}, {tokens}, {money}"


def _faults(faults: Mapping[str, int]) -> str:
    return ", ".join(f"{fault} {number:,}" for fault, number in sorted(faults.items()))


def _whole(number: float) -> str:
    return f"{number:,.0f}"
