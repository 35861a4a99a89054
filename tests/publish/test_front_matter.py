"""The front matter is what the Hub takes: its names for licences and sizes, one default configuration, real files."""

from collections import Counter

import pytest
from huggingface_hub import DatasetCard, DatasetCardData

from datagen.publish.card.front_matter import front_matter
from datagen.recipe import Recipe


def card(rows=None, licences=("MIT",), **settings) -> DatasetCardData:
    tree = {
        "name": "small",
        "sources": [{"kind": "limo"}],
        "teachers": [{"name": "recorded", "kind": "recorded"}],
        **settings,
    }
    recipe = Recipe.model_validate(tree)
    matter = front_matter(recipe, rows or Counter(train=5, test=1), ("text", "parathinker"), licences)
    return DatasetCard(f"---\n{matter}---\n\n# small\n").data


def test_the_hubs_own_reader_finds_every_field_where_it_looks_for_it() -> None:
    data = card()
    assert isinstance(data, DatasetCardData)
    assert (data.pretty_name, data.license, data.language) == ("small", "mit", ["en"])
    assert data.size_categories == ["n<1K"]
    assert data.task_categories == ["text-generation"]
    assert [one["config_name"] for one in data.configs] == ["text", "parathinker"]
    assert [one.get("default", False) for one in data.configs] == [True, False]


def test_a_split_without_rows_has_no_entry() -> None:
    [text, _] = card(rows=Counter(train=5)).configs
    assert [files["split"] for files in text["data_files"]] == ["train"]


@pytest.mark.parametrize(
    ("licences", "named"),
    [
        (["Apache-2.0"], "apache-2.0"),
        (["MIT", "Apache-2.0", "mit"], ["apache-2.0", "mit"]),
        (["ODC-By-1.0"], "odc-by"),
        (["unknown"], "unknown"),
        (["our own terms"], "other"),
        (["MIT", "our own terms", "theirs"], ["mit", "other"]),
    ],
)
def test_licences_are_named_as_the_hub_names_them(licences: list[str], named: str | list[str]) -> None:
    data = card(licences=licences)
    assert data.license == named
    assert ("license_name" in data.to_dict()) == ("other" in named)


@pytest.mark.parametrize(
    ("rows", "size"),
    [(999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"), (5_000_000, "1M<n<10M"), (200_000_000, "100M<n<1B")],
)
def test_the_size_is_one_of_the_hubs_categories(rows: int, size: str) -> None:
    assert card(rows=Counter(train=rows)).size_categories == [size]


def test_no_language_is_stated_where_a_source_may_be_of_any() -> None:
    table = {"kind": "table", "name": "mine", "path": "rows.jsonl"}
    assert card(sources=[{"kind": "limo"}, table]).language is None
