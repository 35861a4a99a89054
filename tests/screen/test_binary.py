import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.verify.binary import is_binary


@pytest.mark.parametrize(
    "answer",
    [
        "yes",
        "No",
        "TRUE",
        "False.",
        r"$\text{Yes}$",
        r"\text{No}.",
        r"\( \textbf{yes} \)",
        r"\boxed{\text{True}}",
        "**No**",
    ],
)
def test_a_bare_yes_or_no_is_binary_however_it_is_dressed(answer):
    assert is_binary(answer)


@pytest.mark.parametrize(
    "answer", ["", "n", "0", "1", "none", "nothing", r"\text{yes}, 5", "not true", "x=no", r"\text{odd}", r"\neg", "北"]
)
def test_other_answers_are_not_binary(answer):
    assert not is_binary(answer)


@given(st.text())
def test_any_text_gets_a_plain_verdict(answer):
    assert is_binary(answer) in (True, False)
