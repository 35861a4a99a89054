"""s1K-1.1: questions of many origins, with a trace of DeepSeek-R1 and one of Gemini Flash Thinking.

Not all of it is mathematics, and `cot_type` alone does not tell: some crosswords and astronomy are labelled `math`.
The column `metadata` is Python source and is never read.
"""

import re

from datagen.sources.entry import R1, Cells, Entry, Loss, RawSolution

GEMINI = "gemini-flash-thinking"

# source_type values, or their beginnings, that are not mathematics whatever cot_type says
_NOT_MATHEMATICS = re.compile(
    r"""
    Idavidrein/gpqa | 0xharib/xword | OpenDFM/SciEval | LiveCodeBench | livecodebench
    | daman1209arora/jeebench/(?:chem|phy)
    | GAIR/OlympicArena/(?!Math)
    | Hothan/OlympiadBench/.*/Physics
    | baber/agieval/(?:lsat|logiqa|sat_en|gaokao_(?!math))
    """,
    re.VERBOSE,
)
_THEOREM = re.compile(r"/Theorem proof/")


class S1K:
    """Rows of simplescaling/s1K-1.1."""

    licence = "MIT"
    writer = R1
    required = ("question", "solution", "cot_type")
    optional = (
        "source_type",
        "deepseek_thinking_trajectory",
        "deepseek_attempt",
        "gemini_thinking_trajectory",
        "gemini_attempt",
    )
    advice = "kind s1k reads the schema of simplescaling/s1K-1.1; for another one use kind table with columns:"

    def read(self, cells: Cells) -> Entry:
        """Say what a row holds."""
        return Entry(
            problem=cells.raw("question"),
            answer=cells.text("solution"),
            recorded=(*_recorded(cells, "deepseek", R1), *_recorded(cells, "gemini", GEMINI)),
            loss=_loss(cells.text("cot_type"), cells.text("source_type")),
        )


def _recorded(cells: Cells, who: str, model: str) -> tuple[RawSolution, ...]:
    attempt = cells.text(f"{who}_attempt")
    thought = cells.text(f"{who}_thinking_trajectory")
    return (RawSolution(attempt, model, thought or None),) if attempt else ()


def _loss(cot_type: str, source_type: str) -> Loss | None:
    if cot_type != "math" or _NOT_MATHEMATICS.match(source_type):
        return Loss("not_mathematics", f"cot_type {cot_type or 'null'}, source_type {source_type or 'null'}")
    if _THEOREM.search(source_type):
        return Loss("proof", f"source_type {source_type}")
    return None
