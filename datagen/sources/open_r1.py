"""OpenR1-Math-220k: one to six generations of DeepSeek-R1 a row.

Its own labels are not taken for verdicts: `correctness_*` is the screen's and verifier's business, and
`is_reasoning_complete` means 'holds a box'.
"""

from itertools import zip_longest

from datagen.solutions import finish_reason
from datagen.sources.entry import R1, Cells, Entry, Loss, RawSolution


class OpenR1:
    """Rows of open-r1/OpenR1-Math-220k."""

    licence = "Apache-2.0"
    writer = R1
    required = ("problem", "answer")
    optional = ("problem_type", "question_type", "uuid", "generations", "finish_reasons")
    advice = "kind open_r1 reads the schema of open-r1/OpenR1-Math-220k; for another one use kind table with columns:"

    def read(self, cells: Cells) -> Entry:
        """Say what a row holds."""
        answer = cells.text("answer")
        loss = None
        if answer.lower() == "proof" or cells.text("question_type").lower() == "proof":
            loss = Loss("proof", f"question_type {cells.text('question_type') or 'null'}, answer {answer[:80]!r}")
        elif answer.lower() == "notfound":
            loss = Loss("no_answer", "answer 'notfound'")
        uuid = cells.text("uuid")
        return Entry(
            problem=cells.raw("problem"),
            answer=answer,
            recorded=_recorded(cells),
            topic=cells.text("problem_type") or None,
            source_id="" if uuid.lower() in ("nan", "none", "null") else uuid,
            loss=loss,
        )


def _recorded(cells: Cells) -> tuple[RawSolution, ...]:
    texts = cells.texts("generations")
    reasons = cells.texts("finish_reasons")[: len(texts)]
    return tuple(
        RawSolution(text, "", finish_reason=finish_reason(reason))
        for text, reason in zip_longest(texts, reasons, fillvalue="")
    )
