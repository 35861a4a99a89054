"""The form of Parallel-R1's published rows, with no tag in it that is not ours."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.formats import FORMATS
from datagen.formats.parallel_r1 import INSTRUCTION
from datagen.formats.rendering import summary_text
from datagen.formats.tokenizer import PARALLEL_R1_TAGS
from tests.examples import example

PUBLISHED = Path(__file__).parents[2] / ".." / "shared" / "data" / "parallel" / "parallel_r1_341.parquet"
TAG = re.compile("|".join(PARALLEL_R1_TAGS))


def test_an_example_is_one_parallel_block_its_summary_and_the_final_answer(bundled):
    one = example(bundled, 7, ["Six sevens.\n\n\\boxed{42}", "Seven sixes: \\boxed{42}"])
    (row,) = FORMATS["parallel_r1"].rows([one], bundled).to_pylist()
    assert row == {
        "id": "p7",
        "problem": f"{INSTRUCTION}What is 6 times 7?",
        "output": "<Parallel>\n<Path>\nSix sevens.\n\n\\boxed{42}\n</Path>\n<Path>\nSeven sixes: \\boxed{42}\n</Path>\n"
        f"</Parallel>\n<Summary>\n{summary_text('42')}\n</Summary>\n\nFinal Answer: 42",
        "answer": "42",
        "suspect_gold": "",
        "wrong_paths": 0,
    }


texts = st.lists(st.sampled_from([*PARALLEL_R1_TAGS, "<Path", ">", "<path>", "</ Path>", "\n", "so"]), min_size=1)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(texts.map("".join), min_size=1, max_size=6))
def test_every_tag_of_a_row_is_ours_whatever_teachers_write(bundled, texts):
    paths = [text if text.strip() and bundled.forbidden_in(text) is None else "plain" for text in texts]
    (row,) = FORMATS["parallel_r1"].rows([example(bundled, 7, paths)], bundled).to_pylist()
    found = TAG.findall(row["output"])
    assert found == ["<Parallel>", *["<Path>", "</Path>"] * len(paths), "</Parallel>", "<Summary>", "</Summary>"]
    assert re.findall(r"<Path>\n(.*?)\n</Path>", row["output"], re.DOTALL) == paths


@pytest.mark.parametrize("tag", PARALLEL_R1_TAGS)
def test_a_text_with_a_tag_is_refused_on_every_tokenizer(any_tokenizer, tag):
    assert any_tokenizer.forbidden_in(f"so {tag} it is") == tag


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published rows are in ../shared/data")
def test_the_instruction_is_the_published_one():
    problems = pq.read_table(PUBLISHED)["problem"].to_pylist()
    assert all(problem.startswith(INSTRUCTION) for problem in problems)
