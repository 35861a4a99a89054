"""What was written in a format is read back as it was, and nothing is found in it that is not there."""

import datasets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.audit.reading import open_dataset
from datagen.audit.reading.texts import TextReader
from datagen.audit.reading.token_ids import TokenIdReader
from datagen.formats import FORMATS
from datagen.formats.export import export
from datagen.formats.parathinker import ParathinkerFormat
from datagen.formats.rendering import INSTRUCTION, SUMMARY_PREFIX, render_text, summary_text
from tests.audit.reading.worlds import audited, dataset_folder, example, texts_of, write_parquet

COMPARED = ["text", "parathinker"]
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
hostile = st.one_of(
    st.sampled_from(
        ["<", "think1>", "</", "｜", "\n\n", "  ", "é", "🙂", "\\boxed{1}", "<summary", "Problem:", INSTRUCTION]
    ),
    st.text(max_size=8),
)
texts = st.lists(hostile, min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, bundled):
    return dataset_folder(tmp_path_factory.mktemp("ours") / "dataset", bundled)


def expected(bundled):
    return [example(bundled, number) for number in range(1, 6)] + [example(bundled, 6, "test")]


@pytest.mark.parametrize("name", COMPARED)
def test_each_format_of_ours_is_read_back_as_it_was_written(dataset, bundled, name):
    opened = open_dataset(str(dataset / FORMATS[name].folder))
    assert (opened.format, opened.splits) == (name, ("train", "test"))
    seen, written = list(opened), expected(bundled)
    assert [one.id for one in seen] == [one.id for one in written]
    assert [one.split for one in seen] == [one.split for one in written]
    assert [one.n_tokens for one in seen] == [one.n_tokens for one in written]
    for one, other in zip(seen, written, strict=True):
        assert texts_of(one) == (other.problem, [(path.think_id, path.text) for path in other.paths], other.summary)
        assert (one.broken, one.structure) == ((), ())
        assert all(path.is_closed for path in one.paths)


def test_the_readable_format_is_read_by_default_and_says_what_it_knows(dataset):
    first = audited(dataset)[0]
    assert (first.answer, first.source, first.licence) == ("6", "mine", "MIT")
    assert [(path.answer, path.verdict, path.finish_reason, path.writer) for path in first.paths] == [
        ("6", "correct", "stop", f"model-{number}") for number in (2, 5, 1)
    ]


def test_token_ids_say_nothing_of_answers_or_origin(dataset):
    first = audited(dataset / "parathinker")[0]
    assert (first.answer, first.source, first.licence) == (None, "", "")
    assert {(path.answer, path.verdict, path.finish_reason, path.writer) for path in first.paths} == {
        (None, None, None, "")
    }


def test_every_tokenizer_gives_its_texts_back(any_tokenizer, tmp_path):
    problem, summary = "What is 6 * 7?", f"{SUMMARY_PREFIX} \\boxed{{42}}"
    paths = [(2, "Six times 7 is 42.\nSo 42."), (6, " 7+7=14"), (1, "42")]
    one = example(any_tokenizer, 7, texts=paths, problem=problem, summary=summary)
    writer = ParathinkerFormat()
    write_parquet(tmp_path / "train.parquet", writer.rows([one], any_tokenizer).to_pylist(), writer.schema)
    any_tokenizer.save(tmp_path / "tokenizer")
    (seen,) = audited(tmp_path / "train.parquet")

    def round_trip(text):
        """Some vocabularies put a blank before whatever they write."""
        ids = [any_tokenizer.id_of("<think1>"), *any_tokenizer.encode_text(text)]
        return any_tokenizer.decode(ids).removeprefix("<think1>")

    assert texts_of(seen) == (problem, [(number, round_trip(text)) for number, text in paths], round_trip(summary))
    assert (seen.broken, seen.structure) == ((), ())


@many
@given(problem=texts, path_texts=st.lists(texts, min_size=1, max_size=6), ids=st.permutations(range(1, 7)))
def test_whatever_the_texts_they_come_back_and_no_fault_is_invented(bundled, problem, path_texts, ids):
    kept = [text if text.strip() and bundled.forbidden_in(text) is None else "x" for text in (problem, *path_texts)]
    paths = list(zip(ids, kept[1:], strict=False))
    one = example(bundled, 7, texts=paths, problem=kept[0].strip())
    for reader in (TextReader(bundled), TokenIdReader(bundled)):
        (seen,) = reader.examples(FORMATS[reader.format].rows([one], bundled), "train", 0)
        assert texts_of(seen) == (one.problem, paths, one.summary)
        assert (seen.broken, seen.structure, seen.n_tokens) == ((), (), one.n_tokens)


@pytest.mark.parametrize("columns", [("text",), ("prompt", "completion")])
@pytest.mark.parametrize("kind", ["bundled", "chatml", "sentencepiece_like"])
@pytest.mark.parametrize("has_eos", [True, False])
def test_the_form_as_plain_text_is_read_with_and_without_its_tokenizer(
    request, tmp_path, columns, kind, has_eos, bundled
):
    tokenizer = request.getfixturevalue(kind)
    paths = [(1, "Six times 7.\n\nSo 42."), (2, "7+7=14!")]
    prompt, completion = render_text("What is\n6 times 7?", paths, summary_text("42"), tokenizer)
    if not has_eos:
        completion = completion.removesuffix(tokenizer.eos_token)
    row = {"text": prompt + completion} if columns == ("text",) else {"prompt": prompt, "completion": completion}
    place = write_parquet(tmp_path / "set.parquet", [row | {"answer": 42}])
    tokenizer.save(tmp_path / "its own")
    for given_tokenizer in (None, str(tmp_path / "its own")):
        opened = open_dataset(str(place), given_tokenizer)
        assert opened.format == "parathinker_text"
        (seen,) = opened
        assert texts_of(seen) == ("What is\n6 times 7?", paths, summary_text("42"))
        assert (seen.broken, seen.structure, seen.answer, seen.id) == ((), (), "42", "train row 0")
        assert (seen.n_tokens is None) == (given_tokenizer is None)


@pytest.mark.parametrize("name", COMPARED)
def test_an_exported_folder_is_read_as_a_whole_and_split_by_split(dataset, tmp_path, bundled, name):
    export(dataset, name, tmp_path / "out")
    whole = open_dataset(str(tmp_path / "out"))
    assert (whole.format, whole.splits) == (name, ("train", "test"))
    assert [texts_of(one) for one in whole] == [texts_of(one) for one in audited(dataset)]
    (test,) = audited(tmp_path / "out" / "test")
    assert test.split == "test"
    if name == "parathinker":
        assert [one.id for one in whole] == [f"train row {number}" for number in range(5)] + ["test row 0"]


def test_a_saved_dataset_dict_is_read_whatever_lies_beside_its_files(dataset, tmp_path, bundled):
    saved = datasets.load_dataset(
        "parquet",
        data_files=str(dataset / "parathinker" / "train-*.parquet"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    datasets.DatasetDict({"train": saved, "held_out": saved.select(range(2))}).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "train" / "cache-0123.arrow").write_bytes(b"of a map() that nobody asked about")
    bundled.save(tmp_path / "saved" / "tokenizer")
    opened = open_dataset(str(tmp_path / "saved"))
    assert opened.splits == ("train", "held_out")
    assert [one.id for one in opened] == ["p1", "p2", "p3", "p4", "p5", "p1", "p2"]
    assert [one.split for one in opened] == ["train"] * 5 + ["held_out"] * 2
