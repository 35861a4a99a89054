"""Any table: which column holds what is said by the recipe."""

from collections.abc import Mapping
from dataclasses import dataclass

from datagen.recipe import Columns
from datagen.solutions import finish_reason
from datagen.sources.entry import UNKNOWN_WRITER, Cells, Entry, RawSolution


@dataclass(frozen=True, slots=True)
class AnyTable:
    """Rows of a Parquet, JSONL or CSV file whose columns the recipe names.

    A `solutions` cell is one text, a list of texts, or a list of objects with `content` (or `text`), `reasoning`,
    `model` and `finish_reason`.
    """

    columns: Columns
    licence: str
    optional: tuple[str, ...] = ()
    writer: str = UNKNOWN_WRITER
    advice: str = "in the recipe, name the columns of this source: columns: {problem: …, answer: …}"

    @property
    def required(self) -> tuple[str, ...]:
        """All columns that the recipe names."""
        columns = self.columns
        named = (columns.solutions, columns.difficulty, columns.topic, columns.source_id)
        return (columns.problem, columns.answer, *(column for column in named if column))

    def read(self, cells: Cells) -> Entry:
        """Say what a row holds."""
        columns = self.columns
        return Entry(
            problem=cells.raw(columns.problem),
            answer=cells.text(columns.answer),
            recorded=_recorded(cells, columns.solutions) if columns.solutions else (),
            topic=cells.text(columns.topic) or None if columns.topic else None,
            difficulty=cells.number(columns.difficulty) if columns.difficulty else None,
            source_id=cells.text(columns.source_id) if columns.source_id else "",
        )


def _recorded(cells: Cells, column: str) -> tuple[RawSolution, ...]:
    if isinstance(cells.row.values.get(column), str):
        return cells.solutions(column)
    return tuple(_solution(cells, column, item) for item in cells.items(column))


def _solution(cells: Cells, column: str, item: object) -> RawSolution:
    if not isinstance(item, Mapping):
        return RawSolution(cells.as_text(column, item), "")
    content = item.get("content") if item.get("content") is not None else item.get("text")
    reasoning = cells.as_text(f"{column}.reasoning", item.get("reasoning"))
    return RawSolution(
        text=cells.as_text(f"{column}.content", content),
        model=cells.as_text(f"{column}.model", item.get("model")),
        reasoning=reasoning or None,
        finish_reason=finish_reason(cells.as_text(f"{column}.finish_reason", item.get("finish_reason"))),
    )
