"""What stands in a line, whatever it is."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datagen.recipe_teachers import OpenAITeacher
from datagen.teachers.base import Completion
from datagen.teachers.batch.lines import read_result
from datagen.teachers.faults import Fault, explain

NAMES = st.sampled_from(["custom_id", "response", "error", "status_code", "body", "choices", "message", "code"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON | st.binary(max_size=50))
def test_whatever_a_line_says_it_is_read_or_nobodys(told: Any) -> None:
    line = told if isinstance(told, bytes) else json.dumps(told).encode()
    result = read_result(line)
    assert result is None or isinstance(result.got, Completion | Fault)


@given(JSON)
def test_whatever_a_result_says_it_is_a_completion_or_a_fault_that_can_be_told(told: Any) -> None:
    asking = OpenAITeacher.model_validate({"name": "t", "kind": "openai_batch", "model": "m"})
    for line in ({"custom_id": "a", "response": told}, {"custom_id": "a", "response": None, "error": told}):
        result = read_result(json.dumps(line).encode())
        assert result is not None
        if isinstance(result.got, Fault):
            assert explain(result.got, asking, "u", None, 1).isprintable()
