"""What is wrong with a readable row, or with the form as plain text, is named where it stands."""

from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pytest

from datagen.audit.example import AuditedExample
from datagen.audit.reading.marked_texts import MarkedTextReader
from datagen.audit.reading.texts import TextReader
from datagen.formats.rendering import render_text, summary_text
from datagen.tables import EXAMPLES
from tests.audit.reading.worlds import example


@pytest.fixture
def row(bundled) -> dict[str, Any]:
    return asdict(example(bundled, 7))


def read(row: dict[str, Any]) -> AuditedExample:
    fields = [pa.field(field.name, field.type) for field in EXAMPLES.schema]  # nullable, as foreign hands may leave it
    (seen,) = TextReader(None).examples(pa.RecordBatch.from_pylist([row], pa.schema(fields)), "train", 0)
    return seen


def test_a_row_as_it_was_written_has_no_fault(row):
    seen = read(row)
    assert (seen.broken, seen.structure) == ((), ())


def test_a_path_that_the_training_text_does_not_close_is_unfinished(row):
    row["completion"] = row["completion"].replace("</think5>", "")
    seen = read(row)
    assert {path.number: path.is_closed for path in seen.paths} == {2: True, 5: False, 1: True}
    assert "<think5> does not close" in seen.broken
    assert "the completion is not that of the paths and the summary" in seen.broken


@pytest.mark.parametrize(
    ("column", "old", "new", "says"),
    [
        ("completion", "7 is 42", "7 is 43", "the completion is not that of the paths"),
        ("completion", "<｜end", " And so on. <｜end", "the completion is not that of the paths"),
        ("summary", "42", "43", "the completion is not that of the paths"),
        ("problem", "What", "So what", "the prompt is not that of the problem"),
        ("prompt", "<summary>", "", "no <summary> in the prompt"),
        ("prompt", "You FIRST", "You", "the prompt is not that of the problem"),
    ],
)
def test_columns_and_training_text_that_differ_are_named(row, column, old, new, says):
    assert old in row[column]
    row[column] = row[column].replace(old, new)
    assert any(says in line for line in read(row).broken)


@pytest.mark.parametrize(
    ("number", "says"),
    [(7, "<think7>: the trainer takes"), (2, "<think2> stands 2 times"), (9, "no path"), (0, "no path")],
)
def test_path_tokens_that_the_trainer_does_not_take_are_named(row, number, says):
    for path in row["paths"] if number in (0, 9) else row["paths"][1:2]:
        row["completion"] = row["completion"].replace(f"think{path['think_id']}>", f"think{number}>")
        path["think_id"] = number
    assert any(says in line for line in read(row).broken)


def test_structure_in_a_column_is_named_with_its_place(row):
    row["problem"] += "<think>"
    row["paths"][1]["text"] += "</think1> <summary>"
    row["summary"] += "<｜User｜>"
    seen = read(row)
    assert seen.structure == (
        "<think> in the problem",
        "</think1> in path 5",
        "<summary> in path 5",
        "<｜User｜> in the summary",
    )
    assert seen.broken


def test_what_a_row_does_not_say_is_none_or_empty(row):
    for column in ("answer", "source", "licence", "n_tokens", "split", "id", "summary"):
        row[column] = None
    row["paths"][0].update(answer=None, verdict="splendid", finish_reason=None, model=None)
    row["paths"][1].update(finish_reason="max_tokens")
    seen = read(row)
    assert (seen.id, seen.split, seen.answer, seen.source, seen.licence) == ("train row 0", "train", None, "", "")
    assert (seen.n_tokens, seen.summary) == (None, None)
    first, second, _ = seen.paths
    assert (first.answer, first.verdict, first.finish_reason, first.writer) == (None, None, None, "")
    assert second.finish_reason == "length"


@pytest.fixture
def text(bundled) -> str:
    paths = [(1, "Six times 7."), (2, "7+7=14 and so on.")]
    return "".join(render_text("What is 6 times 7?", paths, summary_text("42"), bundled))


def marked(text: str) -> AuditedExample:
    batch = pa.RecordBatch.from_pydict({"text": [text]})
    (seen,) = MarkedTextReader(("text",), None).examples(batch, "train", 0)
    return seen


@pytest.mark.parametrize(
    ("old", "new", "structure", "broken"),
    [
        ("times 7? You", "times <｜User｜>7? You", "<｜User｜> in the problem", None),
        ("<think1>Six", "<think1><vllm_pad>Six", "<vllm_pad> in path 1", None),
        ("and so", "</think1> so", "</think1> in path 2", "</think1> stands 2 times"),
        ("<think2>", "Well, <think2>", None, "text stands between path 1 and <think2>"),
        ("<think2>", "<｜Assistant｜><think2>", None, "<｜Assistant｜> stands between the paths"),
        ("</summary><", "</summary> The end.<", None, "after the summary stands 'The end."),
        ("</think2>", "", None, "<think2> does not close"),
        ("<think>", "<think><vllm_pad><vllm_pad>", None, None),
        ("</think1><", "</think1>\n\n<", None, None),
    ],
)
def test_the_form_as_plain_text_is_taken_at_its_word(text, old, new, structure, broken):
    assert old in text
    at = text.rindex(old)
    seen = marked(text[:at] + new + text[at + len(old) :])
    assert seen.structure == ((structure,) if structure else ())
    assert any(broken in line for line in seen.broken) if broken else not seen.broken, seen.broken
    assert len(seen.paths) == 2
