"""LIMO and LIMO-v2: a question, its answer, and one trace of DeepSeek-R1."""

from datagen.sources.entry import R1, Cells, Entry


class Limo:
    """Rows of GAIR/LIMO and GAIR/LIMO-v2."""

    licence = "Apache-2.0"
    writer = R1
    required = ("question", "answer")
    optional = ("solution",)
    advice = "kind limo reads the schema of GAIR/LIMO-v2; for another one use kind table with columns:"

    def read(self, cells: Cells) -> Entry:
        """Say what a row holds."""
        return Entry(
            problem=cells.raw("question"),
            answer=cells.text("answer"),
            recorded=cells.solutions("solution"),
        )
