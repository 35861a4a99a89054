"""DeepMath-103K: a bare LaTeX answer and up to three solutions of DeepSeek-R1, without thought tags."""

from datagen.sources.entry import R1, Cells, Entry, RawSolution

_SOLUTIONS = ("r1_solution_1", "r1_solution_2", "r1_solution_3")


class DeepMath:
    """Rows of zwhe99/DeepMath-103K."""

    licence = "MIT"
    writer = R1
    required = ("question", "final_answer")
    optional = ("difficulty", "topic", *_SOLUTIONS)
    advice = "kind deepmath reads the schema of zwhe99/DeepMath-103K; for another one use kind table with columns:"

    def read(self, cells: Cells) -> Entry:
        """Say what a row holds."""
        return Entry(
            problem=cells.raw("question"),
            answer=cells.text("final_answer"),
            recorded=tuple(RawSolution(cells.text(column), R1) for column in _SOLUTIONS),
            topic=cells.text("topic") or None,
            difficulty=cells.number("difficulty"),
        )
