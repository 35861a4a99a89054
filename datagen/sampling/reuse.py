"""What of the paid completions the plan uses, what not, and which setting made the difference.

A completion is used when what was asked is what the plan asks. One that is not is held against what this recipe would
ask, setting by setting; where several teachers have its model, the one that is nearest explains it.
"""

import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from datagen.errors import UsageError
from datagen.journal import Journal, Position
from datagen.recipe import SUMMARY_PROMPT, Recipe, Summariser
from datagen.spending.paying import SETTINGS, problem_hash, sampling_settings
from datagen.teachers.families import started_with
from datagen.teachers.prompting import load_prompt
from datagen.verify.judge import PROMPT

NOT_WRITTEN_DOWN = "what was asked is not known: an earlier version did not write it down"
NOT_IN_RECIPE = "the problem is not in this recipe"
BEYOND_PLAN = "beyond the plan: enough paths, given up, or max_attempts"

_STARTED_WITH = "engine_args"
_ASKED = {"model", "prompt", "problem", *SETTINGS}
_FIELDS = ("key", *sorted(_ASKED), _STARTED_WITH, "prompt_tokens", "completion_tokens", "cost_usd")
_BATCH = 1000
_BESIDE = ("judge", "summaries")
"""What completions are asked for beside solutions."""
_MOST_REASONS, _OTHERS = 20, "other settings"
_HASH_SHOWN = 8


@dataclass(slots=True)
class Paid:
    """What completions were paid for: their number, their tokens, prompts included, and their cost."""

    completions: int = 0
    tokens: int = 0
    usd: float = 0.0

    def add(self, record: Mapping[str, Any]) -> None:
        """Count a completion's record in."""
        self.completions += 1
        self.tokens += (record.get("prompt_tokens") or 0) + (record.get("completion_tokens") or 0)
        self.usd = round(self.usd + (record.get("cost_usd") or 0.0), 9)


class Hashes:
    """A set of hashes that takes no memory: their first 64 bits, in a temporary file."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("CREATE TABLE hashes (hash INTEGER PRIMARY KEY)")
        self._kept.execute("BEGIN")
        self._new: set[int] = set()

    def add(self, hexadecimal: str) -> None:
        """Take one in."""
        self._new.add(_number(hexadecimal))
        if len(self._new) >= _BATCH:
            rows = ((number,) for number in sorted(self._new))
            self._kept.executemany("INSERT OR IGNORE INTO hashes VALUES (?)", rows)
            self._new.clear()

    def __contains__(self, hexadecimal: str) -> bool:
        number = _number(hexadecimal)
        asked = "SELECT 1 FROM hashes WHERE hash = ?"
        return number in self._new or self._kept.execute(asked, (number,)).fetchone() is not None


def reuse_figures(
    recipe: Recipe, problems: Iterable[str], used: Hashes, journal: Journal, start: Position, other: Journal | None
) -> dict[str, Any]:
    """What the plan uses of the completions that are there, and why not the rest.

    Args:
        recipe: the settings.
        problems: the texts of the screened problems.
        used: the keys of the completions that the plan uses.
        journal: of this run.
        start: where the journal ended when this start of the run began.
        other: the journal of the run that was named to take completions from; or None.

    Returns:
        `kept` (from earlier starts), `asked` (now), `taken` (now, from the other run), `judge` and `summaries` (asked
        for those, used or not), each with completions, tokens and usd; `unused` and `unused_there` (in the other run):
        lists of the same with `why`, the most frequent first.
    """
    explain = _Explanation(recipe, problems)
    arrived = Hashes()
    for record in journal.records(("key",), start=start):
        arrived.add(record["key"])
    totals = {name: Paid() for name in ("kept", "asked", "taken", *_BESIDE)}
    unused: defaultdict[str, Paid] = defaultdict(Paid)
    unused_there: defaultdict[str, Paid] = defaultdict(Paid)
    for record in journal.records(_FIELDS):
        key = record["key"]
        if key in used:
            now = "taken" if other is not None and key in other else "asked"
            totals[now if key in arrived else "kept"].add(record)
        elif (purpose := explain.purpose(record)) is not None:
            totals[purpose].add(record)
        else:
            unused[explain(record)].add(record)
    for record in other.records(_FIELDS) if other is not None else ():
        if record["key"] not in journal and explain.purpose(record) is None:
            unused_there[explain(record)].add(record)
    return {
        **{name: asdict(paid) for name, paid in totals.items()},
        "unused": _most(unused),
        "unused_there": _most(unused_there),
    }


def reuse_lines(figures: Mapping[str, Any]) -> list[str]:
    """The figures as a table for people; no lines when the plan used everything that was paid for."""
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for title, name in (("not used", "unused"), ("not used of the other run", "unused_there")):
        rows += [(f"{title}: {paid['why']}", paid) for paid in figures[name]]
    if not rows:
        return []
    titles = {"kept": "kept from before", "asked": "asked now", "taken": "taken from the other run"}
    titles |= {name: name for name in _BESIDE}
    rows = [(title, figures[name]) for name, title in titles.items() if figures.get(name, {}).get("completions")] + rows
    return [
        f"{'completions':>11} {'tokens':>15} {'USD':>12}",
        *(f"{paid['completions']:11,} {paid['tokens']:15,} {paid['usd']:12.4f}  {title}" for title, paid in rows),
    ]


class _Explanation:
    """Why a completion is not used, in the words of the recipe."""

    def __init__(self, recipe: Recipe, problems: Iterable[str]) -> None:
        self._sampling = recipe.sampling
        self._sent = {teacher.model: sampling_settings(teacher, recipe.sampling) for teacher in recipe.paid_teachers}
        self._started_with = {teacher.model: started_with(teacher) for teacher in recipe.paid_teachers}
        summary = recipe.paths.summary
        self._summarise = summary.prompt if isinstance(summary, Summariser) else SUMMARY_PROMPT
        self._prompts: dict[tuple[str, str], str | None] = {}
        self._problems = problems
        self._known: Hashes | None = None

    def __call__(self, record: Mapping[str, Any]) -> str:
        """Every difference between what was asked and what this recipe asks, or what else kept it out."""
        if not record.keys() >= _ASKED:
            return NOT_WRITTEN_DOWN
        model, sampling = record["model"], self._sampling
        sent = self._sent.get(model) or {name: getattr(sampling, name) for name in SETTINGS}
        reasons = [] if model in self._sent else [f"teachers: model {model} is not among them"]
        reasons += [
            f"sampling.{name} {_shown(record[name])} -> {_shown(sent[name])}"
            for name in SETTINGS
            if record[name] != sent[name]
        ]
        if model in self._sent:
            was, would_be = record.get(_STARTED_WITH) or {}, self._started_with[model].get(_STARTED_WITH, {})
            reasons += [
                f"{_STARTED_WITH}.{name} {_given(was.get(name))} -> {_given(would_be.get(name))}"
                for name in sorted(was.keys() | would_be.keys())
                if was.get(name) != would_be.get(name)
            ]
        prompt = self._prompt(sampling.prompt, model)
        if prompt is not None and record["prompt"] != prompt:
            reasons.append(f"sampling.prompt {record['prompt'][:_HASH_SHOWN]} -> {prompt[:_HASH_SHOWN]}")
        if not self._is_in_recipe(record["problem"]):
            reasons.append(NOT_IN_RECIPE)
        return ", ".join(reasons) or BEYOND_PLAN

    def purpose(self, record: Mapping[str, Any]) -> str | None:
        """For what beside solutions the completion was asked, of `_BESIDE`; None for a solution."""
        if not record.keys() >= _ASKED:
            return None
        asked = {PROMPT: "judge", self._summarise: "summaries"}
        return next(
            (what for name, what in asked.items() if record["prompt"] == self._prompt(name, record["model"])), None
        )

    def _prompt(self, setting: str, model: str) -> str | None:
        if (setting, model) not in self._prompts:
            self._prompts[setting, model] = None
            with contextlib.suppress(UsageError):  # no prompt for a model that is not among the teachers
                self._prompts[setting, model] = load_prompt(setting, model).sha256
        return self._prompts[setting, model]

    def _is_in_recipe(self, problem: str) -> bool:
        if self._known is None:
            self._known = Hashes()
            for text in self._problems:
                self._known.add(problem_hash(text))
        return problem in self._known


def _shown(value: float | None) -> str:
    return "not sent" if value is None else str(value)


def _given(value: Any) -> str:
    return "not given" if value is None else value if isinstance(value, str) else json.dumps(value)


def _most(reasons: Mapping[str, Paid]) -> list[dict[str, Any]]:
    """The most frequent reasons, and the others as one."""
    ordered = sorted(reasons.items(), key=lambda reason: (-reason[1].completions, reason[0]))
    listed, others = ordered[:_MOST_REASONS], ordered[_MOST_REASONS:]
    if others:
        paid = [one for _, one in others]
        rest = Paid(sum(p.completions for p in paid), sum(p.tokens for p in paid), sum(p.usd for p in paid))
        listed.append((_OTHERS, rest))
    return [{"why": why, **asdict(one)} for why, one in listed]


def _number(hexadecimal: str) -> int:
    return int(hexadecimal[:16], 16) - (1 << 63)
