"""The funnel of many sources: what is left out of sight is summed and said, never lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.funnel import SourceRows, largest, together

counts = st.integers(0, 50)
dropped = st.dictionaries(st.tuples(st.sampled_from(["pull", "screen", "select"]), st.sampled_from("ab")), counts)
tables = st.dictionaries(st.text("xyz", min_size=1), st.builds(SourceRows, counts, dropped, counts, counts))


@settings(deadline=None)
@given(sources=tables, most=st.integers(1, 5))
def test_a_bounded_funnel_has_the_sums_of_the_whole_and_names_the_largest_in_their_order(
    sources: dict[str, SourceRows], most: int
) -> None:
    shown = largest(sources, most)
    assert together(shown.values()) == together(sources.values())
    named = [source for source in shown if source in sources]
    assert named == [source for source in sources if source in named]
    assert len(named) == min(most, len(sources))
    left_out = [rows.pulled for source, rows in sources.items() if source not in named]
    assert all(shown[source].pulled >= max(left_out, default=0) for source in named)
    assert list(shown)[len(named) :] == ([f"({len(left_out)} others)"] if left_out else [])
