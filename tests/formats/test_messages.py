"""One correct path a row, in the form that the trainers' templates and LLaMA-Factory's loader take."""

import json
from dataclasses import replace

import datasets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.formats import FORMATS
from datagen.formats.chat_template import render_conversation
from datagen.formats.export import export
from datagen.formats.messages import answer_text
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.solutions import path_text, recorded_solution
from datagen.tables import Example
from tests.examples import example
from tests.formats.conftest import CHATML

DISTILLED = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{% endif %}"
    "{% if message['role'] == 'assistant' %}{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "{{ '<｜Assistant｜>' + content + eos_token }}{% endif %}{% endfor %}"
)
"""What DeepSeek-R1-Distill's template does with an answer."""

QWEN3 = (
    "{% for message in messages %}{% set content = message.content %}{% set thought = '' %}"
    "{% if message.reasoning_content is string %}{% set thought = message.reasoning_content %}"
    "{% elif '</think>' in content %}"
    "{% set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}"
    "{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
    "{{ '<|im_start|>' + message.role + '\\n' }}"
    "{% if message.role == 'assistant' %}{{ '<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' }}{% endif %}"
    "{{ content.lstrip('\\n') + '<|im_end|>\\n' }}{% endfor %}"
)
"""What Qwen3's template does with a turn."""


def with_thoughts(tokenizer: ExampleTokenizer) -> Example:
    """Three paths: with a thought of several paragraphs, without a thought, and a wrong one."""
    texts = ["Twice.\n\nThree times.\n\nIt is \\boxed{42}.", "Plainly \\boxed{42}.", "Rather \\boxed{41}."]
    one = example(tokenizer, 7, texts)
    first, second, third = one.paths
    paths = (replace(first, thought_chars=len("Twice.\n\nThree times.")), second, replace(third, verdict="wrong"))
    return replace(one, paths=paths, wrong_paths=1)


def test_each_correct_path_is_a_row_and_a_wrong_one_is_none(bundled):
    rows = FORMATS["messages"].rows([with_thoughts(bundled), example(bundled, 8, ["\\boxed{48}"])], bundled).to_pylist()
    assert [(row["id"], row["solution_id"], row["model"]) for row in rows] == [
        ("p7", "s7-1", "model-1"),
        ("p7", "s7-2", "model-2"),
        ("p8", "s8-1", "model-1"),
    ]
    assert [[message["role"] for message in row["messages"]] for row in rows] == [["user", "assistant"]] * 3
    assert [row["messages"][0]["content"] for row in rows] == [f"What is 6 times {number}?" for number in (7, 7, 8)]
    assert [row["messages"][1]["content"] for row in rows] == [
        "<think>\nTwice.\n\nThree times.\n</think>\n\nIt is \\boxed{42}.",
        "Plainly \\boxed{42}.",
        "\\boxed{48}",
    ]


def test_a_path_that_is_a_thought_alone_closes_with_the_answer(bundled):
    one = example(bundled, 7, ["Think.\n\n\\boxed{42}"])
    path = replace(one.paths[0], thought_chars=len(one.paths[0].text))
    (row,) = FORMATS["messages"].rows([replace(one, paths=(path,))], bundled).to_pylist()
    said = "<think>\nThink.\n\n\\boxed{42}\n</think>\n\nThe final answer is \\boxed{42}"
    assert row["messages"][1]["content"] == said


def test_a_row_of_a_doubtful_reference_answer_is_marked(bundled):
    rows = FORMATS["messages"].rows([example(bundled, 7, ["a", "b"], suspect=True)], bundled).to_pylist()
    assert [row["suspect_gold"] for row in rows] == ["kept", "kept"]


parts = st.text(alphabet="ab \n.<>/", min_size=1).map(str.strip).filter(bool)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(thought=parts, content=parts)
def test_thought_and_content_are_what_the_teacher_wrote_wherever_blank_lines_stand(bundled, thought, content):
    solution = recorded_solution("p", "?", content, model="m", index=0, reasoning=thought)
    one = example(bundled, 7, ["x"])
    text = path_text(solution, "both")
    path = replace(one.paths[0], text=text, thought_chars=len(solution.reasoning))
    (row,) = FORMATS["messages"].rows([replace(one, paths=(path,))], bundled).to_pylist()
    assert row["messages"][1]["content"] == f"<think>\n{thought}\n</think>\n\n{content}"


@pytest.mark.parametrize("template", [CHATML, QWEN3], ids=["shows it as it stands", "takes it apart"])
def test_templates_with_and_without_thoughts_show_the_same(template):
    said = answer_text("Twice.\n\nThree times.", "It is \\boxed{42}.")
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": said}]
    shown = render_conversation(template, messages, bos_token="<s>", eos_token="</s>")
    assert shown is not None
    assert shown.endswith(f"<|im_start|>assistant\n{said}<|im_end|>\n")
    apart = {"role": "assistant", "content": "It is \\boxed{42}.", "reasoning_content": "Twice.\n\nThree times."}
    by_key = render_conversation(template, [messages[0], apart], bos_token="<s>", eos_token="</s>")
    assert (by_key == shown) == (template == QWEN3)  # a key of its own is lost on the other


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (CHATML, None),
        (QWEN3, None),
        (DISTILLED, "drops the thoughts"),
        (
            "{{ messages[0].content }}{% if messages|length > 1 %}{{ raise_exception('no') }}{% endif %}",
            "fails on these",
        ),
        (None, "no chat template"),
    ],
)
def test_a_template_that_loses_thoughts_is_told(tmp_path, bundled, template, says):
    bundled.save(tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    config.pop("chat_template")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    if template is not None:
        (tmp_path / "chat_template.jinja").write_text(template, "utf-8")
    warnings = FORMATS["messages"].warnings(load_tokenizer(str(tmp_path)))
    assert [says in warning for warning in warnings] == ([True] if says else [])


def test_llamafactory_finds_its_columns_and_nothing_but_files_of_one_kind(tmp_path, dataset):
    export(dataset, "messages", tmp_path / "out")
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text("utf-8"))
    assert list(info) == ["train", "test"]
    for split, about in info.items():
        assert about["formatting"] == "sharegpt"
        files = sorted((tmp_path / "out" / about["file_name"]).iterdir())
        assert {file.suffix for file in files} == {".parquet"}
        names = [str(file) for file in files]
        rows = datasets.load_dataset("parquet", data_files=names, split="train", cache_dir=str(tmp_path / "cache"))
        assert rows.to_list() == datasets.load_from_disk(str(tmp_path / "out" / split)).to_list()
        tags = about["tags"]
        for user, assistant in rows[about["columns"]["messages"]]:
            assert user[tags["role_tag"]] == tags["user_tag"]
            assert assistant[tags["role_tag"]] == tags["assistant_tag"]
            assert assistant[tags["content_tag"]]
