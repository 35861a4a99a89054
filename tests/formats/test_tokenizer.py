import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, normalizers

from datagen.errors import UsageError
from datagen.formats import FORMATS, train_bundled
from datagen.formats.rendering import render, summary_text
from datagen.formats.tokenizer import CONTROL_TOKENS, PARALLEL_R1_TAGS, load_tokenizer
from datagen.formats.tokenizer_files import BUNDLED

ROOT = Path(__file__).parents[2]
TRICKS = [
    "<think>",
    "</think>",
    *PARALLEL_R1_TAGS,
    "<｜User｜>",
    "</s>",
    "<s>",
    "<unk>",
    "<|im_end|>",
    "<",
    "thi",
    "nk1>",
    "</",
    "\x00",
    "é",
    "🙂",
]
hostile = st.lists(st.one_of(st.sampled_from([*CONTROL_TOKENS, *TRICKS]), st.text(max_size=6)), max_size=8).map("".join)
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_control_tokens_get_the_published_ids_on_a_deepseek_tokenizer(deepseek_like):
    assert [deepseek_like.id_of(token) for token in CONTROL_TOKENS] == list(range(151665, 151684))


def test_a_control_token_that_is_there_already_keeps_its_id(tmp_path, bundled):
    bundled.save(tmp_path / "first")
    again = load_tokenizer(str(tmp_path / "first"))
    assert [again.id_of(token) for token in CONTROL_TOKENS] == [bundled.id_of(token) for token in CONTROL_TOKENS]


@many
@given(text=hostile)
def test_no_text_becomes_structure(any_tokenizer, text):
    structure = {any_tokenizer.id_of(token) for token in CONTROL_TOKENS}
    forbidden = any_tokenizer.forbidden_in(text)
    if forbidden is None:
        ids = any_tokenizer.encode_text(text)
        assert structure.isdisjoint(ids)
        assert any_tokenizer.count(text) == len(ids)
    else:
        assert forbidden in text or forbidden == "<unk>"
        with pytest.raises(ValueError, match="would be read as structure"):
            render(f"x{text}", [(1, "one")], summary_text("1"), any_tokenizer)


@many
@given(text=hostile)
def test_even_a_text_that_is_refused_is_encoded_without_any_added_token(deepseek_like, text):
    assert max(deepseek_like.encode_text(text), default=0) < 151_643


def test_a_tokenizer_that_holds_some_control_tokens_keeps_their_ids_and_gets_the_others(partly_there):
    theirs = ["<summary>", "</think3>", "</summary>", "<think2>", "</think2>"]
    held = [partly_there.id_of(token) for token in theirs]
    assert held[:2] == [263, 264]
    added = [partly_there.id_of(token) for token in CONTROL_TOKENS if token not in theirs]
    assert added == list(range(max(held) + 2, max(held) + 2 + len(added)))  # after its <think>, in our order
    assert len({*held, *added}) == len(CONTROL_TOKENS)
    (warning,) = FORMATS["parathinker"].warnings(partly_there)
    assert "can't be used on these rows as it is" in warning


@many
@given(text=hostile)
def test_no_text_becomes_structure_where_the_vocabulary_leads_to_it(partly_there, partly_there_consumer, text):
    structure = {partly_there.id_of(token) for token in CONTROL_TOKENS}
    if partly_there.forbidden_in(text) is None:
        assert structure.isdisjoint(partly_there.encode_text(text))
        example = render("x" + text, [(2, "one"), (3, f"{text} two")], summary_text("1"), partly_there)
        whole = partly_there_consumer.encode(example.prompt + example.completion, add_special_tokens=False)
        assert whole.ids == example.input_ids
    else:
        with pytest.raises(ValueError, match="would be read as structure"):
            render(f"x{text}", [(1, "one")], summary_text("1"), partly_there)


def test_merges_that_make_a_control_token_of_text_are_found(partly_there):
    assert partly_there.forbidden_in("the <summary> of it") == "<summary>"
    with pytest.raises(ValueError, match="would become the control token <summary>"):
        partly_there.encode_text("<summary>")


def test_the_unknown_token_is_structure_where_text_can_reach_it(sentencepiece_like):
    assert sentencepiece_like.forbidden_in("plain") is None
    assert sentencepiece_like.forbidden_in("a snowman: \N{SNOWMAN}") == "<unk>"
    with pytest.raises(ValueError, match="<unk>"):
        sentencepiece_like.encode_text("\N{SNOWMAN}")


def test_the_first_forbidden_string_is_named(bundled):
    assert bundled.forbidden_in("a </think2> b <think1>") == "</think2>"
    assert bundled.forbidden_in("a <think> b") == "<think>"
    assert bundled.forbidden_in("a </Path> b <Parallel>") == "</Path>"
    assert bundled.forbidden_in("x <think9> </ think1> <SUMMARY> <path>") is None


def test_thought_tags_are_forbidden_where_they_are_no_tokens(chatml):
    assert chatml.forbidden_in("so </think> it is") == "</think>"


def test_a_token_that_only_normalisation_reveals_is_found(tmp_path, bundled):
    bundled.save(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.add_tokens([AddedToken("<tool>", normalized=True)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(str(tmp_path))
    assert tokenizer.token_to_id("<tool>") in tokenizer.encode("＜tool＞").ids
    assert loaded.forbidden_in("＜tool＞") == "<tool>"


def test_half_a_surrogate_pair_is_refused(any_tokenizer):
    assert any_tokenizer.forbidden_in("a\ud800") == "\\ud800"
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        any_tokenizer.encode_text("a\ud800")


def test_a_saved_tokenizer_is_the_same_tokenizer(tmp_path, any_tokenizer):
    any_tokenizer.save(tmp_path / "saved")
    again = load_tokenizer(str(tmp_path / "saved"))
    paths = [(1, "Six times 7 is 42.\n"), (4, "7+7+7+7+7+7 = 42")]
    before = render("What is 6 times 7?", paths, summary_text("42"), any_tokenizer)
    assert render("What is 6 times 7?", paths, summary_text("42"), again) == before
    assert again.fingerprint == any_tokenizer.fingerprint
    again.save(tmp_path / "twice")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "twice" / name).read_bytes() == (tmp_path / "saved" / name).read_bytes()


def test_a_saved_tokenizer_gives_the_same_ids_to_whoever_tokenises_the_plain_text(tmp_path, any_tokenizer):
    any_tokenizer.save(tmp_path)
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    paths = [(2, "  Six times 7\n\nis 42."), (1, "7+7+7+7+7+7 = 42 "), (6, "\n42")]
    ours = render("What is 6 times 7?  ", paths, summary_text("42"), any_tokenizer)
    assert theirs.encode(ours.prompt + ours.completion, add_special_tokens=False).ids == ours.input_ids


def test_fingerprints_tell_tokenizers_apart(tmp_path, bundled, deepseek_like, chatml, chatml_folder):
    (tmp_path / "tokenizer.json").write_bytes((chatml_folder / "tokenizer.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_bytes((chatml_folder / "tokenizer_config.json").read_bytes())
    (tmp_path / "chat_template.jinja").write_text("<|im_start|>{{ messages[0].content }}<|im_end|>", "utf-8")
    other_prompt = load_tokenizer(str(tmp_path))
    assert len({one.fingerprint for one in (bundled, deepseek_like, chatml, other_prompt)}) == 4


def test_dropout_in_a_tokenizer_does_not_make_ids_random(tmp_path):
    spec = json.loads((BUNDLED / "tokenizer.json").read_text("utf-8"))
    spec["model"]["dropout"] = 0.5
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec), "utf-8")
    (tmp_path / "tokenizer_config.json").write_bytes((BUNDLED / "tokenizer_config.json").read_bytes())
    tokenizer = load_tokenizer(str(tmp_path))
    assert tokenizer.count("a quadratic equation " * 50) == load_tokenizer("bundled").count(
        "a quadratic equation " * 50
    )


def test_the_bundled_tokenizer_is_what_its_script_makes(tmp_path):
    train_bundled.main(["--to", str(tmp_path)])
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / name).read_bytes() == (BUNDLED / name).read_bytes()
    assert (BUNDLED / "tokenizer.json").stat().st_size < 300_000


def break_json(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}", "utf-8")


def forget_eos(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text("{}", "utf-8")


def unknown_eos(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"eos_token": "<over>"}', "utf-8")


def forget_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def refuse_users(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ raise_exception('system first') }}", "utf-8")


def ignore_users(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("<|im_start|>", "utf-8")


def look_inside(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ messages.__class__.__mro__ }}", "utf-8")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer.json"),
        (lambda folder: (folder / "tokenizer_config.json").unlink(), "no tokenizer_config.json"),
        (break_json, "can't be read"),
        (forget_eos, "no eos_token"),
        (unknown_eos, "eos_token: <over>"),
        (forget_template, "neither a <｜User｜> token nor a chat template"),
        (refuse_users, "system first"),
        (ignore_users, "exactly once"),
        (look_inside, "SecurityError"),
    ],
)
def test_a_folder_that_is_no_tokenizer_is_refused_with_advice(tmp_path, chatml_folder, damage, says):
    for file in chatml_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    damage(tmp_path)
    with pytest.raises(UsageError) as refusal:
        load_tokenizer(str(tmp_path))
    assert says in str(refusal.value)


def test_a_missing_folder_is_refused_with_advice():
    with pytest.raises(UsageError, match="there is no such folder, and it is no Hub id; use a folder"):
        load_tokenizer("./nowhere/at/all")


class Hub(http.server.BaseHTTPRequestHandler):
    """A stand-in for the Hub: the bundled files as the repository org/small."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        repository, _, file = self.path.partition("/resolve/main/")
        path = BUNDLED / file
        found = repository == "/org/small" and file and path.is_file()
        content = path.read_bytes() if found else b"{}"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{file}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        if not found:
            self.send_header("X-Error-Code", "EntryNotFound" if repository == "/org/small" else "RepoNotFound")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def load_elsewhere(name: str, home: Path, **environment: str) -> str:
    """What loading gives in a fresh process: the Hub's client reads its environment when imported."""
    program = (
        "import sys\n"
        "from datagen.errors import UsageError\n"
        "from datagen.formats.tokenizer import load_tokenizer\n"
        "try: print(load_tokenizer(sys.argv[1]).fingerprint)\n"
        "except UsageError as refusal: print(refusal)\n"
    )
    variables = {**os.environ, "HF_HOME": str(home), "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", program, name]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_a_tokenizer_comes_from_the_hub_and_then_from_its_cache(tmp_path, hub, bundled):
    assert load_elsewhere("org/small", tmp_path, HF_ENDPOINT=hub) == bundled.fingerprint
    assert load_elsewhere("org/small", tmp_path, HF_ENDPOINT=hub, HF_HUB_OFFLINE="1") == bundled.fingerprint


def test_a_repository_that_the_hub_lacks_is_refused_with_advice(tmp_path, hub):
    said = load_elsewhere("org/other", tmp_path, HF_ENDPOINT=hub)
    assert "the Hub has no such repository; use a folder, or paths.tokenizer: bundled" in said


def test_a_hub_out_of_reach_is_refused_with_advice(tmp_path):
    said = load_elsewhere("org/small", tmp_path, HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert "the Hub can't be reached; use a folder, or paths.tokenizer: bundled" in said
