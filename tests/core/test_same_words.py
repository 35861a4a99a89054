"""When two paths say the same."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from datagen.same_words import SAME_SHARE, counted_words, say_the_same


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=("Zs", "Cc")), min_size=1), min_size=1))
def test_paths_are_told_apart_by_words_and_not_by_blanks(words: list[str]) -> None:
    assert say_the_same(counted_words(" ".join(words)), counted_words("\n\n  ".join(words) + "\n"))


def test_a_path_with_another_opening_says_the_same_and_one_with_other_steps_does_not() -> None:
    steps = "subtract 3 x on both sides then add 4 so 4 x is 24 and hence x is 6"
    assert say_the_same(counted_words(f"Okay. {steps}"), counted_words(f"Alright, so: {steps}"))
    assert not say_the_same(
        counted_words(steps), counted_words("try x = 5 and x = 6 and see which of the two sides agree at 6")
    )


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=30))
def test_the_quick_look_at_the_counts_changes_no_verdict(one: list[str], other: list[str]) -> None:
    agree = Indel.normalized_similarity(one, other) >= SAME_SHARE
    assert say_the_same(counted_words(" ".join(one)), counted_words(" ".join(other))) == agree
