"""Where a run stands: its stages, its funnel, what was spent, and what its verifier found about golds and itself."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datagen.funnel import funnel, in_stage_order
from datagen.sampling.cut_figures import cut_lines
from datagen.sampling.figures import rung_lines
from datagen.sampling.reuse import reuse_lines
from datagen.screen.wording import shorten
from datagen.spending.ledger import ledger_of
from datagen.spending.lines import spending_lines
from datagen.stage import describe
from datagen.tables import CHANGED, SUSPECTS
from datagen.texts import printable
from datagen.workspace import Workspace

_MOST_LISTED, _MOST_CHARACTERS = 20, 60


def run_status(folder: Path) -> dict[str, Any]:
    """A run's state as JSON: folder, stages with their counts, the ledger, rows by source.

    The ledger is `spent` (by teacher), `spent_in_all`, `unpriced`, `taken_over`, `lost` and `budgets`. Also every
    reference answer that looks wrong (`suspects`), and every solution whose verdict an earlier version of the verifier
    had given otherwise (`changed`).
    """
    workspace = Workspace(folder)
    stages = workspace.record().get("stages", {})
    dataset = workspace.folder / "dataset"
    ledger, recipe = ledger_of(workspace)
    return {
        "folder": str(workspace.folder),
        "dataset": str(dataset) if dataset.exists() else None,
        "stages": {name: record["counts"] for name, record in stages.items()},
        **ledger.as_json(recipe),
        "sources": {source: _as_json(asdict(rows)) for source, rows in funnel(workspace).items()},
        "verifier_before": stages.get("verify", {}).get("counts", {}).get("verifier_before"),
        "suspects": [asdict(suspect) for suspect in workspace.read(SUSPECTS)],
        "changed": [asdict(changed) for changed in workspace.read(CHANGED)],
    }


def _as_json(rows: dict[str, Any]) -> dict[str, Any]:
    dropped = [{"stage": stage, "reason": reason, "rows": n} for (stage, reason), n in rows["dropped"].items()]
    return rows | {"dropped": dropped}


def status_lines(status: dict[str, Any]) -> list[str]:
    """A run's state for people."""
    lines = [f"run      {status['folder']}", f"dataset  {status['dataset'] or 'not yet'}", "", "stages done"]
    lines += [f"  {name:20} {describe(counts)}" for name, counts in status["stages"].items()] or ["  none"]
    lines += _floor_lines(status["stages"].get("screen", {}).get("benchmark_floor", {}))
    lines += _quote_lines(status["stages"].get("select", {}).get("benchmark_quotes", {}))
    lines += _degenerate_lines(status["stages"].get("select", {}).get("degenerate", {}))
    lines += _rung_lines(status["stages"].get("sample", {}))
    lines += _cut_lines(status["stages"].get("sample", {}))
    lines += _summary_lines(status["stages"].get("select", {}))
    lines += ["", "spent, over all starts", *spending_lines(status)]
    lines += _reuse_lines(status["stages"])
    lines += ["", "rows: pulled = examples + dropped"]
    sources = status["sources"]
    for source, rows in sources.items():
        lines += _funnel_lines(source, rows)
    if len(sources) > 1:
        lines += _funnel_lines("all sources", _together(sources.values()))
    return lines + _suspect_lines(status["suspects"]) + _changed_lines(status["changed"], status["verifier_before"])


def _reuse_lines(stages: dict[str, Any]) -> list[str]:
    figures = stages.get("sample", {}).get("reuse")
    told = reuse_lines(figures) if figures else []
    return ["", "paid for, and what the plan uses of it", *told] if told else []


def _funnel_lines(source: str, rows: Mapping[str, Any]) -> list[str]:
    waiting = rows["pulled"] - rows["examples"] - sum(drop["rows"] for drop in rows["dropped"])
    return [
        f"  {source:20} pulled {rows['pulled']:,}",
        *(f"    {drop['stage']:7} {drop['reason']:28} -{drop['rows']:,}" for drop in rows["dropped"]),
        f"    {'':7} {'examples':28} {rows['examples']:,}",
        *([f"    {'':7} {'not decided yet':28} {waiting:,}"] if waiting else []),
    ]


def _together(sources: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    dropped: Counter[tuple[str, str]] = Counter()
    for rows in sources:
        dropped.update({(drop["stage"], drop["reason"]): drop["rows"] for drop in rows["dropped"]})
    added = {key: sum(rows[key] for rows in sources) for key in ("pulled", "examples")}
    return _as_json({**added, "dropped": in_stage_order(dropped)})


def _floor_lines(floor: dict[str, dict[str, int]]) -> list[str]:
    """Of how many benchmark problems each layer of the screen would see another wording."""
    if not floor:
        return []
    lines = ["", "benchmarks kept out, and what each layer of the screen can see of them at all"]
    for benchmark, counts in floor.items():
        layers = ", ".join(f"{layer} {number:,}" for layer, number in counts.items() if layer != "problems")
        lines.append(f"  {benchmark:20} {counts['problems']:,} problems: {layers}")
    return lines


def _rung_lines(figures: dict[str, Any]) -> list[str]:
    """What each rung of the ladder brought."""
    told = rung_lines(figures)
    return ["", "what each rung brought, from the first to the last", *told] if told else []


def _cut_lines(figures: dict[str, Any]) -> list[str]:
    """What became of answers that were cut off."""
    told = cut_lines(figures)
    return ["", "answers that were cut off", *told] if told else []


def _summary_lines(figures: dict[str, Any]) -> list[str]:
    """Who wrote the summaries, why the template did, and what those of the teacher cost, whether or not they stand."""
    if not figures.get("summaries"):
        return []
    written = ", ".join(f"{name} {number:,}" for name, number in figures["summaries"].items())
    faults = ", ".join(f"{fault} {number:,}" for fault, number in figures["summary_faults"].items())
    spent, taken = figures["summary_cost"]["paid"], figures["summary_cost"]["taken_over"]["completions"]
    return [
        "",
        f"summaries by  {written}{f' ({faults})' if faults else ''}",
        f"  {spent['completions']:,} completions, {spent['prompt_tokens']:,} + {spent['completion_tokens']:,} tokens, "
        f"{spent['usd']:,.4f} USD{f'; {taken:,} more taken over from another run' if taken else ''}",
    ]


def _quote_lines(quotes: dict[str, int]) -> list[str]:
    """How many solutions were kept out for what they quote."""
    counted = ", ".join(f"{benchmark} {number:,}" for benchmark, number in quotes.items())
    return [f"  correct solutions that quote a benchmark's problem, and are no paths: {counted}"] if quotes else []


def _degenerate_lines(faults: dict[str, int]) -> list[str]:
    """How many solutions were kept out for a fault of their text."""
    counted = ", ".join(f"{fault} {number:,}" for fault, number in faults.items())
    return [f"  correct solutions that are degenerate, and are no paths: {counted}"] if faults else []


def _suspect_lines(suspects: Sequence[dict[str, Any]]) -> list[str]:
    if not suspects:
        return []
    told = [
        f"  {one['id']}  {one['agreeing']} of {one['answered']} solutions answer {_short(one['majority'])}, "
        f"the source {_short(one['gold'])}{' (unreadable)' if one['trouble'] == 'unreadable' else ''}: {one['policy']}"
        for one in suspects
    ]
    return ["", f"reference answers that look wrong: {len(suspects):,}", *_first(told)]


def _changed_lines(changed: Sequence[dict[str, Any]], before: str | None) -> list[str]:
    if before is None:
        return []
    sides = Counter(f"{one['verdict_before']} -> {one['verdict']}" for one in changed)
    counted = ", ".join(f"{side} {number:,}" for side, number in sorted(sides.items())) or "nothing"
    told = [
        f"  {one['solution_id']}  {one['verdict_before']} -> {one['verdict']} ({one['method']}), "
        f"answer {_short(one['answer'])}, gold {_short(one['gold'])}"
        for one in changed
    ]
    return ["", f"changed sides since verifier {before}: {counted}", *_first(told)]


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    return [*lines[:_MOST_LISTED], *([f"  and {more:,} more: --json lists them all"] if more > 0 else [])]


def _short(text: str | None) -> str:
    """An answer in a line of print, without what would move a terminal's cursor; a dash when there is none."""
    return shorten(printable(text or ""), _MOST_CHARACTERS) or "-"
