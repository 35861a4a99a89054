"""Whom a dataset cites, and whose terms it names: what is known, and nothing that is guessed."""

import re

import pytest

from datagen.publish.card.citations import METHOD, has_work, terms_of, works_to_cite
from datagen.recipe import DATASETS
from datagen.sources.entry import R1
from datagen.sources.pulling import LIMO_RELEASES
from datagen.sources.s1k import GEMINI

FIELDS = re.compile(r"^  (\w+)\s+= \{(.*)\},?$")


def fields(entry: str) -> dict[str, str]:
    opening, *lines, closing = entry.splitlines()
    assert re.fullmatch(r"@misc\{[\w-]+,", opening)
    assert closing == "}"
    matches = [FIELDS.match(line) for line in lines]
    assert all(matches), entry
    return {match.group(1): match.group(2) for match in matches}


@pytest.mark.parametrize("dataset", [*DATASETS.values(), *LIMO_RELEASES.values()])
def test_each_source_of_the_hub_is_cited_beside_the_method(dataset: str) -> None:
    assert has_work(dataset)
    works = works_to_cite([dataset], [])
    assert next(iter(works)) == METHOD
    assert len(works) == 2
    for key, entry in works.items():
        assert entry.startswith(f"@misc{{{key},\n")
        assert {"title", "author", "year", "url"} <= fields(entry).keys()
        assert entry.count("{") == entry.count("}")


def test_an_arxiv_paper_is_found_at_its_number() -> None:
    works = works_to_cite(DATASETS.values(), [R1, "openai/gpt-oss-20b"])
    papers = [fields(entry) for entry in works.values() if "eprint" in entry]
    assert len(papers) == len(works) - 1  # Open R1 is no paper
    assert all(paper["url"] == f"https://arxiv.org/abs/{paper['eprint']}" for paper in papers)


def test_two_sources_of_one_work_cite_it_once() -> None:
    assert list(works_to_cite(LIMO_RELEASES.values(), [])) == [METHOD, "ye2025limo"]


def test_a_file_is_not_taken_for_the_source_whose_schema_it_has() -> None:
    assert list(works_to_cite(["open_r1.jsonl"], [])) == [METHOD]
    assert not has_work("open_r1.jsonl")


@pytest.mark.parametrize("model", ["deepseek-ai/DeepSeek-R1", "DeepSeek-R1", R1])
def test_a_known_model_is_known_by_its_name_whoever_serves_it(model: str) -> None:
    assert "MIT" in terms_of(model, is_recorded=False)
    assert "deepseekai2025r1" in works_to_cite([], [model])


@pytest.mark.parametrize("model", ["deepseek-reasoner", "deepseek-r1-distill-qwen-7b", "my-gpt-oss-20b", "unknown"])
def test_what_is_not_known_is_said_to_be_unknown(model: str) -> None:
    assert "not known to datagen" in terms_of(model, is_recorded=False)
    assert "no terms are known" in terms_of(model, is_recorded=True)
    assert list(works_to_cite([], [model])) == [METHOD]


def test_recorded_texts_stand_under_what_their_source_states_as_well() -> None:
    assert terms_of(GEMINI, is_recorded=True).startswith("as the source states; Google's Gemini API terms")
