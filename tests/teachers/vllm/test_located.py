"""What a recipe says about vLLM, found on this machine: once resolved it is the same again, wherever it is read."""

import os
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.recipe_file import dump_recipe, load_recipe
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm import located as located_module
from datagen.teachers.vllm.distribution import CHANGES_TEXT, text_settings
from datagen.teachers.vllm.located import located
from datagen.teachers.vllm.model import fingerprint
from tests.teachers.vllm.models import model


def load(folder, name="recipe.yaml", **teacher):
    """The vLLM teacher of a recipe that lies in a folder, and the recipe."""
    tree = {
        "name": "small",
        "sources": [{"kind": "limo"}],
        "teachers": [{"name": "own", "kind": "vllm"} | teacher],
    }
    (folder / name).write_text(yaml.safe_dump(tree))
    recipe = load_recipe(str(folder / name))
    return recipe.paid_teachers[0], recipe


def refusal(folder, **teacher):
    with pytest.raises(UsageError) as refused:
        load(folder, **teacher)
    assert str(refused.value).startswith("teachers.own: ")
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory beside the recipe's folder, which is returned."""
    for name in ("work", "recipes"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "recipes"


@pytest.mark.parametrize("where", ["recipes", "work"])
@pytest.mark.parametrize("spelling", ["tiny", "./tiny", "models/../tiny", "{}"])
def test_a_folder_becomes_a_name_that_tells_its_content(where, spelling, place):
    folder = model(place.parent / where / "tiny")
    (folder.parent / "models").mkdir()
    teacher, _ = load(place, model=spelling.format(folder))
    assert teacher.model == f"tiny@{fingerprint(folder)}"
    assert teacher.engine_args == {"model": str(folder)}


def test_a_home_folder_is_found(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place.parent))
    folder = model(place.parent / "tiny")
    assert load(place, model="~/tiny")[0].engine_args["model"] == str(folder)


def test_a_resolved_recipe_is_the_same_again_somewhere_else(place):
    model(place / "tiny")
    model(place / "base")
    model(place / "adapter")
    (place / "chat.jinja").write_text("{{ messages }}")
    own_python = Path("../env/bin/python")
    own_python.parent.mkdir(parents=True)
    own_python.symlink_to("/bin/sh")
    for told in (
        {"model": "./tiny", "python": "../env/bin/python", "engine_args": {"chat_template": "chat.jinja"}},
        {"model": "mine", "engine_args": {"model": "./base", "lora-modules": ["mine=./adapter", "other=org/lora"]}},
    ):
        teacher, recipe = load(place, **told)
        run = place.parent / "run"
        run.mkdir(exist_ok=True)
        (run / "recipe.yaml").write_text(dump_recipe(recipe))
        assert load_recipe(str(run / "recipe.yaml")) == recipe
        assert teacher.fingerprints


def test_a_hub_id_stays_as_it_is(place):
    for name in ("openai/gpt-oss-20b", "gpt2"):
        teacher, _ = load(place, model=name, engine_args={"max-model-len": 4096})
        assert (teacher.model, teacher.engine_args, teacher.fingerprints) == (name, {"max-model-len": 4096}, {})


@pytest.mark.parametrize("name", ["./gone", "/gone/model", "~/gone", "a/b/c", ".."])
def test_what_can_only_be_a_folder_must_be_a_models(name, place):
    assert f"{name}: there is no such" in refusal(place, model=name) or "holds no weights" in refusal(place, model=name)


def test_a_folder_that_changed_since_it_was_named_is_not_taken_for_what_it_was(place):
    folder = model(place / "tiny")
    teacher, _ = load(place, model="./tiny")
    model(folder, {"a": b"trained on"})
    said = refusal(place, model=teacher.model, engine_args={"model": str(folder)})
    assert teacher.model in said
    assert f"now holds another model, {fingerprint(folder)}" in said


def test_two_copies_of_a_model_are_one_teacher_given_twice(place):
    model(place / "one" / "tiny")
    model(place / "two" / "tiny")
    others = [{"name": name, "kind": "vllm", "model": f"{name}/tiny"} for name in ("one", "two")]
    (place / "r.yaml").write_text(yaml.safe_dump({"name": "r", "sources": [{"kind": "limo"}], "teachers": others}))
    with pytest.raises(UsageError, match=r"^r\.yaml: teachers: the model: tiny@[0-9a-f]{12} stands there twice"):
        load_recipe(str(place / "r.yaml"))


def test_the_bundled_model_has_a_name_of_its_own(place, monkeypatch):
    folder = model(place.parent / "package" / "model")
    monkeypatch.setattr(located_module, "_folder_of_bundled", lambda: folder)
    teacher, _ = load(place, model="bundled")
    assert teacher.model == f"datagen-tiny-teacher@{fingerprint(folder)}"
    assert teacher.engine_args["model"] == str(folder)
    elsewhere, _ = load(place, model="bundled", base_urls=["http://127.0.0.1:8000/v1"])
    assert elsewhere.model == teacher.model
    shutil.rmtree(folder)
    assert "holds no tiny teacher" in refusal(place, model="bundled")


def test_an_interpreter_is_found_and_its_link_is_left_alone(place, monkeypatch):
    environment = place.parent / "env" / "bin"
    environment.mkdir(parents=True)
    (environment / "python").symlink_to("/bin/sh")
    for spelling in ("../env/bin/python", str(environment / "python")):
        found = load(place, model="m", python=spelling)[0].python
        assert os.path.isabs(found)
        assert os.path.islink(found)
        assert os.path.samefile(os.path.dirname(found), environment)
    monkeypatch.setenv("PATH", str(environment))
    assert load(place, model="m", python="python")[0].python == str(environment / "python")
    assert "there is no such program" in refusal(place, model="m", python="../gone/bin/python")
    assert "bin/python" in refusal(place, model="m", python="../env")


def test_servers_that_run_already_may_have_their_files_elsewhere(place):
    url = "http://127.0.0.1:8000/v1"
    (place / "chat.jinja").write_text("{{ messages }}")
    model(place / "tiny")
    given = {"model": "/far/away", "chat-template": "chat.jinja", "tokenizer": "./gone"}
    teacher, _ = load(place, model="./tiny", base_urls=[url], python="/gone/python", engine_args=given)
    assert (teacher.model, teacher.python) == ("./tiny", "/gone/python")
    assert teacher.engine_args == given | {"chat-template": str(place / "chat.jinja")}
    assert set(teacher.fingerprints) == {"chat-template"}


def test_an_adapter_is_asked_by_its_name_and_found_by_its_path(place):
    base, adapter = model(place / "base"), model(place / "adapter")
    for entry in ("mine=./adapter", {"name": "mine", "path": "./adapter"}, '{"name": "mine", "path": "./adapter"}'):
        teacher, _ = load(place, model="mine", engine_args={"model": "./base", "lora_modules": entry})
        assert teacher.model == "mine"
        assert teacher.engine_args["model"] == str(base)
        assert teacher.engine_args["lora_modules"] == {"name": "mine", "path": str(adapter)}
        assert teacher.fingerprints == {"model": fingerprint(base), "lora-modules": fingerprint(adapter)}
    assert "no such file" in refusal(place, model="x", engine_args={"model": "org/base", "lora-modules": ["x=./gone"]})


def test_what_is_no_path_is_left_alone(place):
    (place / "vllm").mkdir()
    given = {
        "chat-template": "{% for m in messages %}{{ m.content }}{% endfor %}",
        "generation-config": "vllm",
        "hf-overrides": {"a": [1, {"b": None}]},
        "tokenizer": "s3://bucket/some/tokenizer",
    }
    assert load(place, model="org/m", engine_args=given)[0].engine_args == given


NAMES = st.sampled_from([*CHANGES_TEXT, "max-model-len", "reasoning-parser", "speculative-config"])
SPELLINGS = st.builds(lambda name, in_yaml: name.replace("-", "_") if in_yaml else name, NAMES, st.booleans())
TEXTS = st.sampled_from(
    ["tiny", "./tiny", "org/model", "m=tiny", '{"name": "m", "path": "tiny"}', "{{ x }}", "auto", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    engine_args=st.dictionaries(SPELLINGS, VALUES, max_size=4),
    base_urls=st.sampled_from([(), ("http://127.0.0.1:8000/v1",)]),
)
def test_whatever_engine_args_hold_they_are_resolved_once_and_counted_alike(place, engine_args, base_urls):
    if len({name.replace("_", "-") for name in engine_args}) < len(engine_args):
        return  # a setting that is given twice is refused
    if not (place / "tiny").exists():
        model(place / "tiny")
    given = VLLMTeacher(name="v", kind="vllm", model="m", base_urls=base_urls, engine_args=engine_args)
    once = located(given, place)
    assert located(once, place.parent) == once
    assert text_settings(located(once, place.parent)) == text_settings(once)
    dashed = {name.replace("_", "-"): value for name, value in once.engine_args.items()}
    assert text_settings(once.model_copy(update={"engine_args": dashed})) == text_settings(once)
