r"""A finding as a line: for programs as JSON, for eyes as plain text.

A line is a line whatever the answer holds: line breaks, control characters and marks that turn the writing direction
are written as escapes, in JSON by its own rules, in plain text as Python writes them (`\n`, `\u202e`).
"""

import json
from collections.abc import Mapping

from datagen.verify.files import RowFinding


def json_line(found: RowFinding) -> str:
    """`{"row": 0, "verdict": "correct", "answer": "5", "method": "string"}`; the answer is null without one."""
    finding = found.finding
    values = {"row": found.row, "verdict": finding.verdict, "answer": finding.answer, "method": finding.method}
    return json.dumps(values) + "\n"


def plain_line(found: RowFinding) -> str:
    """Row, verdict, answer and method between tabs; the answer is empty without one."""
    finding = found.finding
    return f"{found.row}\t{finding.verdict}\t{_shown(finding.answer or '')}\t{finding.method}\n"


def summary(counts: Mapping[str, int]) -> str:
    """`3 rows: correct 2, wrong 1`, the most frequent verdict first."""
    listed = sorted(counts.items(), key=lambda count: (-count[1], count[0]))
    return f"{sum(counts.values())} rows: {', '.join(f'{verdict} {count}' for verdict, count in listed)}"


def _shown(answer: str) -> str:
    if answer.isprintable():
        return answer
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in answer
    )
