"""How figures are written for people, and a stage's progress as one plain line.

The line says `key value` pairs in a fixed order, so that it can be searched, as by `grep -o 'in flight [0-9,]*'`.
"""

from collections.abc import Iterator, Mapping

from datagen.progress.counts import Asking, Spent, View
from datagen.teachers.base import WorkerLoad

VERDICTS_ALWAYS_SHOWN = ("correct", "wrong", "truncated")
UNKNOWN = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SECONDS_SHOWN_BELOW = 10 * _MINUTE
_HOURS_SHOWN_BELOW = 2 * _DAY


def plain_line(view: View) -> str:
    """A stage's progress in one line: `sample: problems 12 of 57, completions 80, completions a second 4.1, …`."""
    return f"{view.stage}: {', '.join(_pairs(view))}"


def _pairs(view: View) -> Iterator[str]:
    yield f"{view.things} {view.done:,} of {view.total:,}"
    asking = view.asking
    if asking is not None:
        yield f"completions {asking.completions:,}"
        yield f"completions a second {speed(asking.completions_per_second)}"
        yield f"tokens {asking.tokens:,}"
        yield f"tokens a second {speed(asking.tokens_per_second)}"
        yield f"reused {asking.reused:,}"
    for verdict, number in verdicts_shown(view.verdicts) if view.verdicts is not None else ():
        yield f"{verdict} {number:,}"
    if asking is not None:
        yield from _conversation(asking)
    yield f"elapsed {duration(view.elapsed_s)}"
    yield f"time left {time_left(view.left_s)}"


def _conversation(asking: Asking) -> Iterator[str]:
    yield f"in flight {asking.traffic.in_flight:,}"
    yield f"waiting {asking.traffic.waiting:,}"
    if asking.traffic.workers is not None:
        yield from _workers(asking.traffic.workers)
    faults = faults_shown(asking.traffic.faults)
    named = f" ({', '.join(f'{name}: {number:,}' for name, number in faults)})" if faults else ""
    yield f"faults {sum(number for _, number in faults):,}{named}"
    if asking.spent is not None:
        yield f"spent {_money(asking.spent)}"
        yield f"spent tokens {_spent_tokens(asking.spent)}"


def _workers(workers: WorkerLoad) -> Iterator[str]:
    yield f"workers up {workers.up:,} of {workers.of:,}"
    yield f"running {workers.running:,}"
    yield f"queued {workers.queued:,}"
    yield f"KV use {UNKNOWN if workers.kv_use is None else f'{workers.kv_use:.0%}'}"
    yield f"preempted {workers.preempted:,}"
    yield f"restarts {workers.restarts:,}"


def _money(spent: Spent) -> str:
    return f"{usd(spent.usd)} USD" if spent.budget_usd is None else f"{usd(spent.usd)} of {usd(spent.budget_usd)} USD"


def _spent_tokens(spent: Spent) -> str:
    return f"{spent.tokens:,}" if spent.budget_tokens is None else f"{spent.tokens:,} of {spent.budget_tokens:,}"


def verdicts_shown(verdicts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The usual verdicts, then those that were given at all, the most frequent first."""
    usual = [(verdict, verdicts.get(verdict, 0)) for verdict in VERDICTS_ALWAYS_SHOWN]
    others = {verdict: number for verdict, number in verdicts.items() if verdict not in VERDICTS_ALWAYS_SHOWN}
    return usual + most_first(others)


def faults_shown(faults: Mapping[str, int]) -> list[tuple[str, int]]:
    """The faults that there were, the most frequent first."""
    return most_first({name: number for name, number in faults.items() if number})


def most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts by size, then by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def speed(per_second: float | None) -> str:
    """A speed in three digits or more: `4,512`, `31.2`, `0.25`; a dash when unknown."""
    if per_second is None:
        return UNKNOWN
    decimals = 0 if per_second >= 100 else 1 if per_second >= 10 else 2
    return f"{per_second:,.{decimals}f}"


def usd(amount: float) -> str:
    """Money to the cent; below a dollar to the hundredth of a cent."""
    return f"{amount:,.4f}" if 0 < amount < 1 else f"{amount:,.2f}"


def time_left(seconds: float | None) -> str:
    """How long it will still take; a dash while nobody can know."""
    return UNKNOWN if seconds is None else duration(seconds)


def duration(seconds: float) -> str:
    """A time as people say it: `40 s`, `4 min 10 s`, `25 min`, `1 h 12 min`, `3 d 5 h`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _SECONDS_SHOWN_BELOW:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    minutes = round(seconds / _MINUTE)
    if minutes * _MINUTE < _HOUR:
        return f"{minutes} min"
    if minutes * _MINUTE < _HOURS_SHOWN_BELOW:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / _HOUR)
    return f"{hours // 24} d {hours % 24} h"
