"""Whatever befalls one token of an example's structure, one segment number or one label is named."""

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.audit.example import AuditedExample
from datagen.audit.reading.form import read_form
from datagen.audit.reading.marks import TextMarks
from datagen.audit.reading.token_ids import TokenIdReader
from datagen.formats.rendering import render, summary_text
from datagen.formats.tokenizer import CONTROL_TOKENS, ExampleTokenizer

many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PROBLEM = "What is 6 times 7?"
PATHS = [(2, "Six times 7 is 42.\n\nSo \\boxed{42}."), (6, "7+7=14, 14+14=28, 28+14=42."), (1, "42")]


@dataclass(frozen=True)
class Row:
    """The three columns, token by token: id, segment, label."""

    tokens: tuple[tuple[int, int, int], ...]

    def read(self, reader: TokenIdReader) -> AuditedExample:
        columns = zip(*self.tokens, strict=True) if self.tokens else ((), (), ())
        names = ("input_ids", "attention_mask", "labels")
        batch = pa.RecordBatch.from_pydict({name: [list(column)] for name, column in zip(names, columns, strict=True)})
        (seen,) = reader.examples(batch, "train", 0)
        return seen

    def changed(self, place: int, *tokens: tuple[int, int, int], instead_of: int = 1) -> "Row":
        return replace(self, tokens=(*self.tokens[:place], *tokens, *self.tokens[place + instead_of :]))

    def with_id(self, place: int, id_: int) -> "Row":
        old, segment, label = self.tokens[place]
        return self.changed(place, (id_, segment, id_ if label == old else label))


@dataclass(frozen=True)
class World:
    tokenizer: ExampleTokenizer
    reader: TokenIdReader
    row: Row
    structure: tuple[int, ...]
    """The places of control tokens."""

    def place_of(self, token: str, nth: int = 0) -> int:
        return [place for place, values in enumerate(self.row.tokens) if values[0] == self.tokenizer.id_of(token)][nth]


@pytest.fixture(scope="module")
def world(bundled: ExampleTokenizer) -> World:
    made = render(PROBLEM, PATHS, summary_text("42"), bundled)
    row = Row(tuple(zip(made.input_ids, made.attention_mask, made.labels, strict=True)))
    control = {bundled.id_of(token) for token in CONTROL_TOKENS}
    places = tuple(place for place, id_ in enumerate(made.input_ids) if id_ in control)
    return World(bundled, TokenIdReader(bundled), row, places)


def test_an_undamaged_row_has_no_fault(world):
    seen = world.row.read(world.reader)
    assert (seen.broken, seen.structure) == ((), ())


def test_pads_before_the_first_path_are_no_fault(world):
    pad = world.tokenizer.id_of("<vllm_pad>")
    seen = world.row.changed(world.place_of("<think2>"), *[(pad, 1, -100)] * 5, instead_of=0).read(world.reader)
    assert (seen.broken, seen.structure, seen.problem) == ((), (), PROBLEM)


def test_padding_at_the_end_is_no_fault(world):
    eos = world.tokenizer.id_of(world.tokenizer.eos_token)
    length = len(world.row.tokens)
    seen = world.row.changed(length, *[(eos, 0, -100)] * 3).read(world.reader)
    assert (seen.broken, seen.structure, seen.n_tokens) == ((), (), length + 3)


@many
@given(data=st.data())
def test_one_damaged_token_of_the_structure_is_named(world, data):
    row, place = world.row, data.draw(st.sampled_from(world.structure))
    other = world.tokenizer.id_of(data.draw(st.sampled_from(CONTROL_TOKENS)))
    match data.draw(st.sampled_from(["lost", "another", "text", "twice", "moved"])):
        case "lost":
            damaged = row.changed(place)
        case "another":
            damaged = row.with_id(place, other)
        case "text":
            damaged = row.with_id(place, world.tokenizer.encode_text("so")[0])
        case "twice":
            damaged = row.changed(place, row.tokens[place], row.tokens[place])
        case "moved":
            ids = [values[0] for values in row.tokens]
            damaged = row.with_id(place, ids[place + 1]).with_id(place + 1, ids[place])
    seen = damaged.read(world.reader)
    assert seen.broken or seen.structure or is_harmless(damaged, world)


def is_harmless(damaged: Row, world: World) -> bool:
    """The same token again, or a blank that has changed places within the instruction."""
    old, new = ([values[0] for values in row.tokens] for row in (world.row, damaged))
    return sorted(old) == sorted(new) and old[world.place_of("<think2>") - 1 :] == new[world.place_of("<think2>") - 1 :]


@many
@given(data=st.data())
def test_a_token_of_structure_anywhere_in_a_text_is_named_with_its_place(world, data):
    names = sorted(world.tokenizer.names.values())
    token = data.draw(st.sampled_from([name for name in names if name != "<vllm_pad>"]))
    place = data.draw(st.integers(1, len(world.row.tokens)))
    before = world.row.tokens[place - 1]
    id_ = world.tokenizer.id_of(token)
    seen = world.row.changed(place, (id_, before[1], id_ if before[2] != -100 else -100), instead_of=0).read(
        world.reader
    )
    assert any(token in line for line in (*seen.broken, *seen.structure)), (token, place, seen.broken, seen.structure)


@many
@given(data=st.data())
def test_one_wrong_segment_number_or_label_is_named(world, data):
    place = data.draw(st.integers(0, len(world.row.tokens) - 1))
    id_, segment, label = world.row.tokens[place]
    if data.draw(st.booleans()):
        segment = data.draw(st.sampled_from([number for number in range(12) if number != segment]))
    else:
        label = data.draw(st.sampled_from([other for other in (-100, id_, id_ + 1) if other != label]))
    assert world.row.changed(place, (id_, segment, label)).read(world.reader).broken


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            lambda w: w.row.changed(w.place_of("<summary>")),
            "no <summary> in the prompt: the trainer loses the first path",
        ),
        (lambda w: w.row.changed(w.place_of("</think6>")), "<think6> does not close"),
        (lambda w: w.row.changed(w.place_of("<think6>")), "</think6> closes nothing"),
        (lambda w: w.row.changed(w.place_of("<summary>", 1)), "the last start is not the <summary> of the answer"),
        (lambda w: w.row.changed(w.place_of("</summary>", 1)), "</summary> does not close the summary"),
        (lambda w: w.row.with_id(w.place_of("<think6>"), w.tokenizer.id_of("<think7>")), "<think7>: the trainer takes"),
        (lambda w: w.row.changed(len(w.row.tokens) - 1), "after the summary stands nothing"),
        (lambda w: w.row.changed(0), "the prompt lacks"),
        (lambda w: w.row.with_id(20, 10**6), "1 ids are none of the tokenizer's"),
        (lambda w: Row(tuple((id_, 1, label) for id_, _, label in w.row.tokens)), "it names no segments"),
        (lambda w: Row(tuple((id_, part, id_) for id_, part, _ in w.row.tokens)), "tokens of the prompt"),
        (
            lambda w: Row(tuple((id_, 2 if part == 3 else part, label) for id_, part, label in w.row.tokens)),
            "another segment's",
        ),
    ],
)
def test_a_damage_is_told_in_words_that_can_be_checked(world, damage, says):
    assert any(says in line for line in damage(world).read(world.reader).broken)


def test_a_path_with_a_strange_token_in_it_is_still_read_whole(world):
    strange, place = world.tokenizer.id_of("</think1>"), world.place_of("<think6>") + 3
    seen = world.row.changed(place, (strange, 3, strange), instead_of=0).read(world.reader)
    assert seen.structure == ("</think1> in path 6",)
    assert [(path.number, path.is_closed) for path in seen.paths] == [(2, True), (6, True), (1, True)]
    assert seen.paths[1].text.replace("</think1>", "") == PATHS[1][1]


def test_a_path_that_does_not_close_ends_where_the_next_opens(world):
    seen = world.row.changed(world.place_of("</think6>")).read(world.reader)
    assert [(path.number, path.text, path.is_closed) for path in seen.paths] == [
        (number, text, number != 6) for number, text in PATHS
    ]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("attention_mask", [1, 1], "attention_mask has 2 values for"),
        ("labels", [1, 1], "labels has 2 values for"),
        ("labels", None, "labels has 0 values for"),
        ("input_ids", None, "no path"),
        ("input_ids", [None, 5], "1 ids are none of the tokenizer's"),
    ],
)
def test_columns_that_do_not_fit_each_other_are_named(world, column, value, says):
    columns: dict[str, Any] = dict(
        zip(("input_ids", "attention_mask", "labels"), map(list, zip(*world.row.tokens, strict=True)), strict=True)
    )
    columns[column] = value
    types = dict.fromkeys(columns, pa.list_(pa.int64()))
    batch = pa.RecordBatch.from_pydict(
        {name: [cells] for name, cells in columns.items()}, schema=pa.schema(types.items())
    )
    (seen,) = world.reader.examples(batch, "train", 0)
    assert any(says in line for line in seen.broken), seen.broken


def test_a_text_of_nothing_but_structure_takes_no_longer_than_its_length():
    tokens = ["<think1>", "<summary>", "</summary>", "</think2>", "<think2>"] * 20_000
    text = "".join(tokens)
    marks = TextMarks().in_text(text)
    assert [mark.token for mark in marks] == tokens
    form = read_form(marks, len(text), lambda begin, end: text[begin:end])
    assert "<think1> stands 20000 times" in form.broken
