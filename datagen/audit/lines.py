"""An audit for people, and for programs."""

from collections.abc import Iterator
from typing import Any

from datagen.audit.finding import Audit, Finding
from datagen.texts import printable

_MOST_SHOWN = 3
"""Ids in a line of the table; JSON has them all."""
_MOST_PARTS = 8


def audit_lines(audit: Audit, where: str) -> list[str]:
    """An audit for people: what there is, a line for each fault, what was not measured, and whether promises hold.

    Args:
        audit: what was found.
        where: the dataset, as it was named.
    """
    lines = [
        *_head(audit, where),
        "",
        f"{'':27}{'found':>9}{'of':>12}{'share':>9}  first",
        *(line for finding in audit.findings for line in _finding_lines(finding)),
        *_unmeasured(audit),
        "",
        verdict_line(audit),
    ]
    return list(map(printable, lines))  # ids and splits are the dataset's own


def verdict_line(audit: Audit) -> str:
    """Whether promises of datagen hold, as far as could be seen, in a line."""
    broken = ", ".join(finding.name for finding in audit.broken_promises)
    if broken:
        number = len(audit.broken_promises)
        return f"{number} promise{'s are' if number > 1 else ' is'} broken: {broken}"
    return f"no promise is broken{', as far as was measured' if audit.not_measured else ''}"


def audit_json(audit: Audit) -> dict[str, Any]:
    """An audit for programs; the names stay from version to version."""
    return {
        "format": audit.format,
        "examples": dict(audit.examples),
        "paths": {str(number): count for number, count in audit.paths.items()},
        "diversity": audit.diversity,
        "tokens": dict(audit.tokens),
        "benchmarks": dict(audit.benchmarks),
        "findings": [_finding_json(finding) for finding in audit.findings],
        "not_measured": dict(audit.not_measured),
        "broken_promises": [finding.name for finding in audit.broken_promises],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "unit": finding.unit,
        "count": finding.count,
        "of": finding.of,
        "share": finding.share,
        "marked": finding.marked,
        "parts": dict(finding.parts),
        "breaks_promise": finding.breaks_promise,
        "ids": list(finding.ids),
        "details": list(finding.details),
    }


def _head(audit: Audit, where: str) -> Iterator[str]:
    examples = sum(audit.examples.values())
    splits = ", ".join(f"{split} {number:,}" for split, number in audit.examples.items())
    yield f"dataset    {where}, format {audit.format}"
    yield f"examples   {examples:,}{f' ({splits})' if splits else ''}"
    paths = sum(number * count for number, count in audit.paths.items())
    each = ", ".join(f"{count:,} with {number}" for number, count in audit.paths.items())
    yield f"paths      {paths:,}{f' ({each})' if each else ''}"
    if audit.diversity is not None:
        yield f"diversity  {audit.diversity:.3f}, the mean distance of two paths of an example"
    if audit.tokens:
        yield f"tokens     {', '.join(f'{name} {number:,}' for name, number in audit.tokens.items())}"
    if audit.benchmarks:
        yield f"against    {', '.join(f'{name} {revision[:12]}' for name, revision in audit.benchmarks.items())}"


def _finding_lines(finding: Finding) -> Iterator[str]:
    shown = ", ".join(finding.ids[:_MOST_SHOWN]) + (", …" if len(finding.ids) > _MOST_SHOWN else "")
    counted = f"{finding.count:>9,}{finding.of:>12,}{finding.share:>9.1%}"
    yield f"{finding.name:27}{counted}  {shown}".rstrip()
    if finding.marked:
        yield f"  {finding.marked:,} of them say so themselves"
    if len(finding.parts) > 1 or (finding.parts and finding.name == "benchmark_overlap"):
        told = [f"{part} {number:,}" for part, number in finding.parts.items()]
        more = [f"{len(told) - _MOST_PARTS} kinds more"] if len(told) > _MOST_PARTS else []
        yield f"  {', '.join([*told[:_MOST_PARTS], *more])}"
    if finding.details:
        yield f"  {finding.ids[0]}: {finding.details[0]}"


def _unmeasured(audit: Audit) -> Iterator[str]:
    if audit.not_measured:
        yield ""
        yield "not measured"
        for name, reason in audit.not_measured.items():
            yield f"  {name}: {reason}"
