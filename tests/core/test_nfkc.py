"""NFKC that no text can hold up."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.nfkc import nfkc
from datagen.same_words import counted_words
from datagen.screen.phrases import letter_words
from datagen.verify.tidy import tidy

MARKS = "\u0301\u0327" * 300_000


@given(st.text(max_size=29))
def test_ordinary_text_is_in_nfkc(text: str) -> None:
    assert nfkc(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("reads", [nfkc, counted_words, letter_words, tidy])
def test_a_text_of_combining_marks_is_read_in_time(reads: object) -> None:
    """Sorting them all by insertion would take half an hour, so the run of the tests would end first."""
    assert callable(reads)
    reads("a" + MARKS)
