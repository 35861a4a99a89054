"""Where a run stands: its stages, its funnel, and what was spent."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from datagen.funnel import funnel
from datagen.stage import describe
from datagen.workspace import Workspace


def run_status(folder: Path) -> dict[str, Any]:
    """A run's state as JSON: folder, stages with their counts, what was spent by teacher, rows by source."""
    workspace = Workspace(folder)
    stages = workspace.record().get("stages", {})
    dataset = workspace.folder / "dataset"
    return {
        "folder": str(workspace.folder),
        "dataset": str(dataset) if dataset.exists() else None,
        "stages": {name: record["counts"] for name, record in stages.items()},
        "spent": stages.get("sample", {}).get("counts", {}).get("spent", {}),
        "sources": {source: _as_json(asdict(rows)) for source, rows in funnel(workspace).items()},
    }


def _as_json(rows: dict[str, Any]) -> dict[str, Any]:
    dropped = [{"stage": stage, "reason": reason, "rows": n} for (stage, reason), n in rows["dropped"].items()]
    return rows | {"dropped": dropped}


def status_lines(status: dict[str, Any]) -> list[str]:
    """A run's state for people."""
    lines = [f"run      {status['folder']}", f"dataset  {status['dataset'] or 'not yet'}", "", "stages done"]
    lines += [f"  {name:20} {describe(counts)}" for name, counts in status["stages"].items()] or ["  none"]
    lines += ["", "spent, over all starts"]
    for teacher, cost in status["spent"].items():
        tokens = f"{cost['prompt_tokens']:,.0f} + {cost['completion_tokens']:,.0f} tokens"
        lines.append(f"  {teacher:20} {cost['completions']:,.0f} completions, {tokens}, {cost['usd']:.4f} USD")
    if not status["spent"]:
        lines.append("  nothing")
    lines += ["", "rows: pulled = examples + dropped"]
    for source, rows in status["sources"].items():
        lines.append(f"  {source:20} pulled {rows['pulled']:,}")
        lines += [f"    {drop['stage']:7} {drop['reason']:28} -{drop['rows']:,}" for drop in rows["dropped"]]
        lines.append(f"    {'':7} {'examples':28} {rows['examples']:,}")
        waiting = rows["pulled"] - rows["examples"] - sum(drop["rows"] for drop in rows["dropped"])
        if waiting:
            lines.append(f"    {'':7} {'not decided yet':28} {waiting:,}")
    return lines
