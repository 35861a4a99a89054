"""What a server is started with is a part of what was asked exactly where it changes what the model writes."""

import pytest

from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.families import body_of, parameters_of
from datagen.teachers.vllm.distribution import text_settings
from datagen.teachers.vllm.located import located
from tests.teachers.misbehaving import request
from tests.teachers.vllm.models import model


def teacher(name="m", **engine_args):
    return VLLMTeacher(name="v", kind="vllm", model=name, engine_args={**engine_args})


@pytest.mark.parametrize(
    "engine_args",
    [
        {},
        {"reasoning-parser": "openai_gptoss", "max-model-len": 32768},
        {"gpu_memory_utilization": 0.8, "tensor-parallel-size": 2, "enforce-eager": True, "max-num-seqs": 64},
        {"speculative-config": {"method": "ngram", "num_speculative_tokens": 4}, "seed": 7, "port": 8000},
        {"dtype": "auto", "kv_cache_dtype": "auto", "generation-config": "vllm", "quantization": None},
        {"enable-lora": True, "lora-modules": ["other=/path"], "max-lora-rank": 64},
    ],
    ids=["nothing", "README", "memory and speed", "speculation", "defaults", "an adapter that nobody asks for"],
)
def test_what_does_not_change_the_text_leaves_keys_as_they_were(engine_args):
    assert parameters_of(teacher(**engine_args), request()) == parameters_of(teacher(), request())
    assert "engine_args" not in parameters_of(teacher(**engine_args), request())


@pytest.mark.parametrize(
    ("engine_args", "counted"),
    [
        ({"quantization": "fp8"}, {"quantization": "fp8"}),
        ({"quant": "fp8"}, {"quantization": "fp8"}),
        ({"kv_cache_dtype": "fp8_e5m2"}, {"kv-cache-dtype": "fp8_e5m2"}),
        ({"dtype": "float16"}, {"dtype": "float16"}),
        ({"generation-config": "auto"}, {"generation-config": "auto"}),
        ({"override-generation-config": {"top_k": 20}}, {"override-generation-config": {"top_k": 20}}),
        ({"default_chat_template_kwargs.enable_thinking": False}, None),
        ({"hf-overrides.rope_theta": 1000}, {"hf-overrides.rope_theta": 1000}),
        (
            {"model": "org/base", "lora-modules": ["m=org/lora", "n=x"]},
            {"model": "org/base", "lora-modules": "org/lora"},
        ),
    ],
)
def test_what_changes_the_text_is_a_part_of_what_was_asked(engine_args, counted):
    expected = counted or {"default-chat-template-kwargs.enable_thinking": False}
    assert text_settings(teacher(**engine_args)) == expected
    assert parameters_of(teacher(**engine_args), request())["engine_args"] == expected
    assert "engine_args" not in body_of(teacher(**engine_args), request())


def test_files_count_by_their_content_and_not_by_their_place(tmp_path):
    for name in ("one", "two"):
        model(tmp_path / name / "base")
        model(tmp_path / name / "adapter")
        (tmp_path / name / "chat.jinja").write_text("{{ messages }}")
    settings = {"model": "base", "lora-modules": ["m=./adapter"], "chat-template": "chat.jinja"}
    first, second = (text_settings(located(teacher(**settings), tmp_path / name)) for name in ("one", "two"))
    assert first == second
    (tmp_path / "two" / "chat.jinja").write_text("{{ messages }} ")
    model(tmp_path / "two" / "adapter", {"a": b"trained on"})
    third = text_settings(located(teacher(**settings), tmp_path / "two"))
    assert {name for name in first if first[name] != third[name]} == {"chat-template", "lora-modules"}


def test_a_folder_counts_once_as_it_is_in_the_models_name(tmp_path):
    model(tmp_path / "tiny")
    assert text_settings(located(teacher("tiny"), tmp_path)) == {}
    assert set(text_settings(located(teacher("name", model="./tiny"), tmp_path))) == {"model"}
