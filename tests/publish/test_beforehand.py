"""What would keep a dataset from being published is said before it is built."""

import pytest

from datagen.errors import UsageError
from datagen.publish.hub.beforehand import refuse_unpublishable
from datagen.recipe import Recipe
from tests.publish.taking_hub import TOKEN

PUBLISHED = {"repo_id": "house/sums"}
RECORDED = [{"name": "carried", "kind": "recorded"}]


@pytest.fixture(autouse=True)
def no_token_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)


def recipe(**settings) -> Recipe:
    source = {"kind": "limo", "licence": "MIT"}
    return Recipe.model_validate({"name": "small", "sources": [source], "teachers": RECORDED, **settings})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "the recipe does not say where to"),
        ({"publish": {"repo_id": "nobody"}}, "'nobody': no name of a repository"),
        (
            {"publish": PUBLISHED, "teachers": [*RECORDED, {"name": "toy", "kind": "demo"}]},
            "teachers.toy: the demo teacher teaches a model nothing",
        ),
        ({"publish": PUBLISHED, "screen": {"benchmarks": []}}, "nobody looks for benchmark rows"),
    ],
)
def test_a_recipe_that_can_not_be_published_is_refused_with_what_to_do(monkeypatch, settings, told):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(UsageError, match=told):
        refuse_unpublishable(recipe(**settings))


def test_without_a_token_nothing_is_built_and_with_one_nothing_speaks_against_it(monkeypatch):
    with pytest.raises(UsageError, match="set HF_TOKEN"):
        refuse_unpublishable(recipe(publish=PUBLISHED))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    refuse_unpublishable(recipe(publish=PUBLISHED))
