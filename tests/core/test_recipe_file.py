"""Recipes as files: what is read, overridden and refused, each refusal in a line or two that says what to do."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.recipe_file import bundled_recipes, dump_recipe, load_recipe

EXAMPLE = Path(__file__).parents[2] / ".." / "shared" / "example-recipe.yaml"
SMALL: dict[str, Any] = {
    "name": "small",
    "sources": [{"kind": "limo"}, {"kind": "s1k", "name": "extra"}],
    "teachers": [
        {"name": "recorded", "kind": "recorded"},
        {"name": "r1", "kind": "openai", "model": "reasoner", "api_key_env": "R1_KEY"},
    ],
}


def write(folder: Path, tree: object, name: str = "small.yaml") -> str:
    path = folder / name
    path.write_text(yaml.safe_dump(tree), "utf-8")
    return str(path)


def refusal(reference: str, *overrides: str, limit: int | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        load_recipe(reference, overrides, limit)
    message = str(refused.value)
    assert 0 < len(message.splitlines()) <= 2
    assert len(message) < 600
    return message


def test_the_example_recipe_of_the_design_loads_and_every_setting_is_known(tmp_path: Path) -> None:
    if not EXAMPLE.is_file():
        pytest.skip("shared/example-recipe.yaml is not beside this repository")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"question": "1 + 1?", "final_answer": "2"}\n')
    recipe = load_recipe(
        str(EXAMPLE), [f"sources.mine.path={rows}", f"screen.benchmarks.house-exam.path={rows}"], limit=None
    )
    given = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    shown = recipe.model_dump(mode="json")
    assert set(given) <= set(shown)
    for section in ("sampling", "verify", "paths", "output", "publish"):
        assert {key: shown[section][key] for key in given[section]} == given[section]
    assert [source.label for source in recipe.sources] == ["open_r1", "deepmath", "s1k", "limo", "mine"]


@pytest.mark.parametrize("name", sorted(bundled_recipes()))
def test_every_bundled_recipe_loads_and_says_what_it_is(name: str) -> None:
    assert load_recipe(name).name == name
    assert bundled_recipes()[name]


@pytest.mark.parametrize("name", sorted(bundled_recipes()))
def test_a_resolved_recipe_is_the_same_recipe_again(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name, ["sampling.temperature=0.7", "paths.think_ids=random"], limit=3)
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe), "utf-8")
    assert load_recipe(str(tmp_path / "recipe.yaml")) == recipe


def test_settings_that_are_left_out_have_the_defaults_of_the_design(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, SMALL))
    assert recipe.paths.count == (2, 6)
    assert recipe.target_correct == 6
    assert recipe.screen.near_duplicates == 0.85
    assert [one.name for one in recipe.screen.benchmarks] == ["aime24", "aime25", "amc23", "math500"]
    assert recipe.sampling.max_attempts == 16
    assert recipe.publish is None


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("sampling.temperature=0.5", lambda recipe: recipe.sampling.temperature == 0.5),
        ("sources.0.limit=7", lambda recipe: recipe.sources[0].limit == 7),
        ("sources.extra.limit=7", lambda recipe: recipe.sources[1].limit == 7),
        ("sources.limo.revision=abc", lambda recipe: recipe.sources[0].revision == "abc"),
        ("teachers.r1.model=other", lambda recipe: recipe.paid_teachers[0].model == "other"),
        ("paths.count=[1, 3]", lambda recipe: recipe.paths.count == (1, 3)),
        ("screen.near_duplicates=null", lambda recipe: recipe.screen.near_duplicates is None),
        ("publish.repo_id=a/b", lambda recipe: recipe.publish.repo_id == "a/b"),
        ("description=a=b", lambda recipe: recipe.description == "a=b"),
    ],
)
def test_any_setting_can_be_overridden_by_number_or_by_name(tmp_path: Path, override: str, read: Any) -> None:
    assert read(load_recipe(write(tmp_path, SMALL), [override]))


def test_the_limit_applies_to_each_source(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, SMALL), limit=5)
    assert [source.limit for source in recipe.sources] == [5, 5]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("sampling.temprature=1", "small.yaml: sampling.temprature: unknown setting; did you mean temperature?"),
        ("sampeling.temperature=1", "sampeling: unknown setting; did you mean sampling?"),
        ("sources.0.limits=1", "sources.0.limits: unknown setting; did you mean limit?"),
        ("teachers.r1.api_key_envs=A", "teachers.1.api_key_envs: unknown setting; did you mean api_key_env?"),
        ("teachers.r1.price.outputs=1", "teachers.1.price.outputs: unknown setting; did you mean output?"),
        ("teachers.r1.kind=openay", "unknown kind 'openay'; did you mean openai?"),
        ("sources.0.kind=lim", "unknown kind 'lim'; did you mean limo?"),
        ("sampling.temperature=hot", "sampling.temperature: input should be a valid number"),
        ("sampling.temperature=3", "sampling.temperature: input should be less than or equal to 2, not 3"),
        ("paths.count=[3, 2]", "paths.count: [3, 2] must rise and lie within 1 to 6"),
        ("paths.count=[2, 7]", "must rise and lie within 1 to 6"),
        ("paths.summary.teacher=nobody", "no teacher is called 'nobody'; there are recorded, r1"),
        ("verify.judge=nobody", "verify.judge: no teacher is called 'nobody'"),
        ("screen.benchmarks=[aime23]", "unknown benchmark 'aime23': use one of aime24"),
        ("sources.extra.name=limo", "sources: limo stands there twice; give each a name of its own"),
        (
            "sampling.target_correct=1",
            "sampling.target_correct: 1 is less than the 2 correct paths that paths.count and paths.require make",
        ),
        ("version=2", "version: 2: this datagen reads recipes of version 1"),
        ("name=a/b", "name: "),
        ("sources=[]", "sources: "),
        ("sources.0.path=nowhere.parquet", "nowhere.parquet: there is no such file or folder; looked in"),
        ("sources.nobody.limit=1", "there is no 'nobody'; there are limo, extra, or a number from 0"),
        ("sources.2.limit=1", "there is no '2'"),
        ("sampling.temperature.x=1", "temperature"),
        ("sampling.temperature", "write KEY=VALUE"),
        ("=1", "write KEY=VALUE"),
        ("name=[", "the value is not valid YAML"),
        ("teachers.r1.base_url=example.com", "'example.com' is no http(s) address"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_the_way_out(
    tmp_path: Path, override: str, said: str
) -> None:
    tree = {**SMALL, "sampling": {"temperature": 0.8}}
    assert said in refusal(write(tmp_path, tree), override)


def test_a_setting_within_a_list_of_names_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    reference = write(tmp_path, {**SMALL, "screen": {"benchmarks": ["aime24"]}})
    assert "aime24 holds a value, not settings" in refusal(reference, "screen.benchmarks.aime24.path=x")


@pytest.mark.parametrize("sources", [5, "limo", {"kind": "limo"}, [5], None])
def test_sources_that_are_no_list_of_settings_are_refused_with_a_limit_too(tmp_path: Path, sources: object) -> None:
    assert "sources" in refusal(write(tmp_path, {**SMALL, "sources": sources}), limit=3)


def test_a_limit_below_one_is_refused(tmp_path: Path) -> None:
    assert "--limit 0: give a whole number above 0" in refusal(write(tmp_path, SMALL), limit=0)


def test_a_recipe_of_another_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert "quickstrat: no such file or bundled recipe; did you mean quickstart?" in refusal("quickstrat")
    assert "there is no such file" in refusal(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"name: [", ", line 1: not valid YAML"),
        (b"a: b\nc: d: e\n", ", line 2: not valid YAML"),
        (b"- a\n", "a recipe is a mapping of settings"),
        (b"", "a recipe is a mapping of settings"),
        (b"\xff\xfe\xff", "can't be read"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(text)
    assert said in refusal(str(path))


@pytest.mark.parametrize(
    "override",
    [
        "teachers.r1.api_key_env=sk-123456",
        "teachers.r1.api_key_env=[sk-123456]",
        "teachers.r1.api_key=sk-123456",
        "teachers={name: r1, kind: openai, model: m, api_key_env: sk-123456}",
        "teachers.r1.base_url=https://user:sk-123456@host/v1",
        "teachers.r1.price=[{api_key_env: sk-123456}]",
    ],
)
def test_a_key_in_the_wrong_place_is_never_shown(tmp_path: Path, override: str) -> None:
    assert "sk-123456" not in refusal(write(tmp_path, SMALL), override)


def test_a_path_is_looked_up_beside_the_recipe_first(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    tree = {**SMALL, "sources": [{"kind": "limo", "path": "rows.jsonl"}, {"kind": "s1k", "path": "s3://b/rows"}]}
    recipe = load_recipe(write(tmp_path, tree))
    assert [source.path for source in recipe.sources] == [str(tmp_path / "rows.jsonl"), "s3://b/rows"]


KEYS = st.sampled_from(
    [
        "sources",
        "teachers",
        "sampling",
        "paths",
        "screen",
        "benchmarks",
        "0",
        "r1",
        "limo",
        "count",
        "path",
        "kind",
        "x",
    ]
)
VALUES = st.one_of(
    st.sampled_from(["null", "[]", "{}", "1", "text", "[1, 2]", "{kind: limo}", "true", ".nan", "1e400", "[[]]"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=5),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(KEYS, min_size=1, max_size=4), value=VALUES, limit=st.sampled_from([None, 3]))
def test_whatever_is_set_the_recipe_is_used_or_refused_in_two_lines(
    tmp_path: Path, keys: list[str], value: str, limit: int | None
) -> None:
    reference = write(tmp_path, SMALL)
    said = ""
    try:
        load_recipe(reference, [f"{'.'.join(keys)}={value}"], limit)
    except UsageError as refused:
        said = str(refused)
    assert len(said.splitlines()) <= 2


def test_the_recipe_that_the_docs_write_can_be_built(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "building.md").read_text()
    written = [
        textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    ]
    (tmp_path / "problems.jsonl").touch()
    (tmp_path / "mine.yaml").write_text("".join(written))
    recipe = load_recipe(str(tmp_path / "mine.yaml"))
    assert recipe.teachers[0].api_key_env == "MY_KEY"
    assert len(recipe.screen.leave_out) == 2
