"""Blocks of parallel paths within a solution: what is a path, what follows them, what is badly nested."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.audit.reading import open_dataset
from datagen.audit.reading.parallel_r1 import bare_problem, read_blocks, shared_instruction
from datagen.formats import FORMATS
from tests.audit.reading.worlds import audited, example, write_parquet

REAL = Path(__file__).parents[4] / "shared" / "data" / "parallel" / "parallel_r1_341.parquet"
TWO_BLOCKS = (
    "First, count the legs.\n<Parallel>\n<Path>\nFour cats.\n</Path>\n<Path>Six less two.</Path>\n</Parallel>\n"
    "<Summary>Both say four.</Summary>\nNow add.\n<Parallel><Path>4 + 15 = 19.</Path></Parallel>\n"
    "<Summary>It is 19.</Summary>\n\nFinal Answer: 19"
)
TAGS = ["<Parallel>", "</Parallel>", "<Path>", "</Path>", "<Summary>", "</Summary>"]


def test_paths_are_those_of_all_blocks_and_the_summary_is_what_follows_the_last():
    seen = read_blocks(TWO_BLOCKS)
    assert [(path.number, path.text, path.is_closed) for path in seen.paths] == [
        (1, "Four cats.", True),
        (2, "Six less two.", True),
        (3, "4 + 15 = 19.", True),
    ]
    assert seen.summary == "It is 19.\n\nFinal Answer: 19"
    assert seen.broken == ()


def test_an_output_without_blocks_has_no_paths_and_all_of_it_says_the_answer():
    seen = read_blocks("It is 19.\n\nFinal Answer: 19")
    assert (seen.paths, seen.summary, seen.broken) == ((), "It is 19.\n\nFinal Answer: 19", ())
    assert read_blocks("").summary is None


@pytest.mark.parametrize(
    ("output", "says", "paths"),
    [
        ("<Parallel><Path>a<Path>b</Path></Parallel><Summary>c</Summary>", "path 1 does not close", ["a", "b"]),
        ("<Parallel><Path>a</Path><Path>b</Parallel><Summary>c</Summary>", "path 2 does not close", ["a", "b"]),
        ("<Parallel><Path>a</Path><Path>b", "path 2 does not close", ["a", "b"]),
        ("<Parallel><Path>a</Path><Summary>c</Summary>", "<Summary> stands in block 1, outside its paths", ["a"]),
        ("<Parallel><Path>a</Path>", "block 1 does not close", ["a"]),
        ("<Parallel><Path>a</Path></Parallel> c", "block 1 has no <Summary>", ["a"]),
        ("<Parallel><Path>a</Path></Parallel><Summary>c", "the <Summary> of block 1 does not close", ["a"]),
        ("<Parallel></Parallel><Summary>c</Summary>", "block 1 holds no path", []),
        ("<Path>a</Path>", "<Path> stands outside a block", []),
        ("<Parallel><Path>a<Parallel></Path></Parallel><Summary>c</Summary>", "<Parallel> stands in path 1", None),
        ("<Parallel><Path>a</Path></Parallel><Summary>c</Path></Summary>", "</Path> stands in the summary", ["a"]),
        ("<Parallel><Path>a</Path><Parallel><Path>b</Path></Parallel><Summary>c</Summary>", "1 does not close", None),
    ],
)
def test_what_is_badly_nested_is_named_and_the_rest_still_read(output, says, paths):
    seen = read_blocks(output)
    assert any(says in line for line in seen.broken), seen.broken
    if paths is not None:
        assert [path.text for path in seen.paths] == paths


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_lost_or_doubled_or_changed_tag_is_named(data):
    places = [place for place in range(len(TWO_BLOCKS)) if TWO_BLOCKS.startswith(tuple(TAGS), place)]
    place = data.draw(st.sampled_from(places))
    tag = next(tag for tag in TAGS if TWO_BLOCKS.startswith(tag, place))
    other = data.draw(st.sampled_from(["", tag + tag, *(one for one in TAGS if one != tag)]))
    assert read_blocks(TWO_BLOCKS[:place] + other + TWO_BLOCKS[place + len(tag) :]).broken


def test_the_instruction_is_no_part_of_the_problem():
    spoken = "Use <Parallel> blocks.\n\nProblem: What is\n\nProblem: 2?"
    assert bare_problem(spoken) == "What is\n\nProblem: 2?"
    assert bare_problem("Problem: What is 2?") == "Problem: What is 2?"
    asked = ["Think step by step.\nBe brief.\nWhat is 2?", "Think step by step.\nBe brief.\nWhat is 3?"]
    assert [bare_problem(one, shared_instruction(asked)) for one in asked] == ["What is 2?", "What is 3?"]
    assert shared_instruction(asked[:1]) == shared_instruction(["What is 2?", "What is 3?"]) == ""


def test_control_tokens_inside_its_texts_are_named(tmp_path):
    output = "<Parallel><Path>so</think2></Path><Path>b</Path></Parallel><Summary>c<summary></Summary>"
    rows = [{"problem": "What <Path>?", "output": output, "answer": "2", "id": 7}]
    (seen,) = audited(write_parquet(tmp_path / "t.parquet", rows))
    assert seen.structure == ("<Path> in the problem", "</think2> in path 1", "<summary> in the summary")
    assert (seen.id, seen.answer, seen.n_tokens) == ("7", "2", None)


def test_our_own_rows_of_that_format_come_back(tmp_path, bundled):
    one = example(bundled, 7)
    batch = FORMATS["parallel_r1"].rows([one], bundled)
    (seen,) = audited(write_parquet(tmp_path / "t.parquet", batch.to_pylist(), batch.schema), "bundled")
    assert (seen.problem, seen.answer, seen.broken, seen.structure) == (one.problem, one.answer, (), ())
    assert [path.text for path in seen.paths] == [path.text.strip() for path in one.paths]
    assert seen.summary is not None
    assert seen.summary.startswith(one.summary)


@pytest.mark.skipif(not REAL.exists(), reason="the real rows of ../shared/data are not on this machine")
def test_the_real_rows_are_read_and_the_one_broken_row_is_found():
    opened = open_dataset(str(REAL))
    seen = list(opened)
    assert (opened.format, opened.splits, len(seen)) == ("parallel_r1", ("train",), 341)
    assert {one.id: one.broken for one in seen if one.broken} == {
        "train row 327": ("the <Summary> of block 2 does not close",)
    }
    assert sum(len(one.paths) for one in seen) == 891
    assert all(path.is_closed and path.text for one in seen for path in one.paths)
    assert not any("<Parallel>" in one.problem or "Problem:" in one.problem for one in seen)
    assert sum(not one.paths for one in seen) == 3
    assert all("Final Answer:" in (one.summary or "") for one in seen)
