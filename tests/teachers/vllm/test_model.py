"""What is loaded is named by its content, and what no server could load is refused with what is missing."""

import json
import shutil
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.teachers.vllm.model import context_length, fingerprint, refuse_incomplete, weights_bytes
from tests.teachers.vllm.models import CONFIG, model, safetensors


def test_the_same_model_in_another_folder_is_the_same(tmp_path):
    one = model(tmp_path / "one", chat_template_jinja="{{ messages }}")
    shutil.copytree(one, tmp_path / "two")
    (tmp_path / "two" / "README.md").write_text("what it is")
    (tmp_path / "two" / "optimizer.pt").write_bytes(b"not loaded")
    assert fingerprint(one) == fingerprint(tmp_path / "two")
    assert len(fingerprint(one)) == 12


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "config.json").write_text(json.dumps(CONFIG | {"rope_theta": 5})),
        lambda folder: (folder / "tokenizer.json").write_text('{"added_tokens": []}'),
        lambda folder: (folder / "generation_config.json").write_text('{"top_k": 20}'),
        lambda folder: (folder / "chat_template.jinja").write_text("other"),
        lambda folder: (folder / "model.safetensors").write_bytes(safetensors({"a": bytes(10_000), "b": b"Weights"})),
        lambda folder: (folder / "model.safetensors").write_bytes(safetensors({"c": bytes(10_000), "b": b"weights"})),
        lambda folder: (folder / "model.safetensors").write_bytes(safetensors({"a": bytes(10_001), "b": b"weights"})),
        lambda folder: (folder / "more.safetensors").write_bytes(safetensors({"d": b""})),
    ],
    ids=["configuration", "tokenizer", "defaults", "template", "a tensor", "its name", "its shape", "another file"],
)
def test_what_changes_the_model_changes_its_name(change, tmp_path):
    folder = model(tmp_path / "m")
    before = fingerprint(folder)
    change(folder)
    assert fingerprint(folder) != before


def test_weights_in_other_forms_count_whole_where_they_are_what_is_loaded(tmp_path):
    folder = model(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(bytes(9000) + b"a")
    before = fingerprint(folder)
    refuse_incomplete(folder)
    (folder / "pytorch_model.bin").write_bytes(bytes(9000) + b"b")
    assert fingerprint(folder) != before
    assert weights_bytes(str(folder)) == 9001


def index(folder):
    weights = {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), ["holds no weights", "*.safetensors"]),
        (lambda folder: (folder / "config.json").unlink(), ["holds no config.json"]),
        (lambda folder: (folder / "config.json").write_text("{}"), ["config.json", "names no architecture"]),
        (lambda folder: (folder / "config.json").write_text("{"), ["config.json", "JSON"]),
        (index, ["model-00002-of-00002.safetensors is missing"]),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(safetensors({"a": bytes(99)})[:-1]),
            ["cut off", "fetch it again"],
        ),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), ["no safetensors file"]),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 99), ["no safetensors file"]),
        (
            lambda folder: (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1"),
            ["Git LFS", "git lfs pull"],
        ),
    ],
    ids=["no weights", "no config", "no architecture", "no JSON", "a shard", "cut off", "empty", "noise", "LFS"],
)
def test_a_folder_that_no_server_could_load_is_refused(spoil, words, tmp_path):
    folder = model(tmp_path / "m")
    refuse_incomplete(folder)
    spoil(folder)
    with pytest.raises(UsageError) as refused:
        refuse_incomplete(folder)
    assert all(word in str(refused.value) for word in [str(folder), *words])


def test_a_model_in_the_hubs_cache_is_measured_without_the_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    repository = tmp_path / "models--org--small"
    folder = model(repository / "snapshots" / ("c" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c" * 40)
    size = (folder / "model.safetensors").stat().st_size
    assert weights_bytes("org/small", cache_dir=str(tmp_path)) == size
    assert weights_bytes("org/small", revision="c" * 40, cache_dir=str(tmp_path)) == size
    assert context_length("org/small", cache_dir=str(tmp_path)) == 2048
    assert weights_bytes("org/other", cache_dir=str(tmp_path)) is None
    assert weights_bytes("a/b/c", cache_dir=str(tmp_path)) is None


WHOLE = safetensors({"a": bytes(8), "b": b"weights"})
OFFSETS = st.none() | st.integers(-20, 20) | st.text(max_size=2) | st.lists(st.integers(-5, 40) | st.none(), max_size=3)
HEADERS = st.dictionaries(
    st.text(max_size=3), OFFSETS | st.fixed_dictionaries({"dtype": OFFSETS, "shape": OFFSETS, "data_offsets": OFFSETS})
).map(lambda header: (lambda text: struct.pack("<Q", len(text)) + text + bytes(30))(json.dumps(header).encode()))
CUT = st.builds(lambda at, noise: WHOLE[:at] + noise, st.integers(0, len(WHOLE)), st.binary(max_size=20))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CUT | HEADERS | st.binary(max_size=40))
def test_whatever_a_weights_file_holds_it_is_named_or_refused(content, tmp_path):
    folder = model(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(content)
    outcomes = [_outcome(look, folder) for look in (refuse_incomplete, fingerprint)]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] is None or outcomes[0].startswith(f"{folder / 'model.safetensors'}: ")


def _outcome(look, folder):
    """How a look at a folder was refused; None when it was not."""
    try:
        look(folder)
    except UsageError as error:
        return str(error)
    return None
