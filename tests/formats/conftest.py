"""Tokenizers of the kinds that there are, each small, each a folder on disk; and a dataset in every format."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.tables import Example, Split
from tests.examples import example

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
DEEPSEEK_ADDED = [  # order and number as in the DeepSeek-R1-Distill-Qwen tokenizers: 22 from 151643 on
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜begin▁of▁sentence｜>",
    "<|EOT|>",
    "<think>",
    "</think>",
    *(f"<|vision_{number}|>" for number in range(8)),
    "<tool_call>",
    "</tool_call>",
    *(f"<|fim_{number}|>" for number in range(5)),
]
CHATML = (
    "{%- for message in messages %}\n"
    "    {{- '<|im_start|>' + message.role + '\\n' + message.content | trim + '<|im_end|>\\n' }}\n"
    "{%- endfor %}\n"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"
)


def save(folder: Path, tokenizer: Tokenizer, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return folder


def byte_level(vocabulary: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE({token: id_ for id_, token in enumerate(vocabulary)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@pytest.fixture(scope="session")
def bundled() -> ExampleTokenizer:
    return load_tokenizer("bundled")


@pytest.fixture(scope="session")
def deepseek_like(tmp_path_factory: pytest.TempPathFactory) -> ExampleTokenizer:
    """A base vocabulary of 151,643, 22 added tokens, BOS and EOS as objects, some added tokens not special."""
    tokenizer = byte_level([*BYTES, *(f"\N{SNOWMAN}{number}" for number in range(151_643 - 256))])
    plain = {"<think>", "</think>", "<｜User｜>", "<｜Assistant｜>", "<tool_call>", "</tool_call>"}
    for token in DEEPSEEK_ADDED:
        tokenizer.add_tokens([AddedToken(token, special=token not in plain, normalized=False)])
    bos, eos = ({"__type": "AddedToken", "content": DEEPSEEK_ADDED[place]} for place in (3, 0))
    folder = tmp_path_factory.mktemp("deepseek")
    return load_tokenizer(str(save(folder, tokenizer, bos_token=bos, eos_token=eos)))


@pytest.fixture(scope="session")
def chatml_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No BOS, no `<｜User｜>`, no `<think>`: the prompt is its chat template's. Its texts are NFC-normalised."""
    tokenizer = byte_level(BYTES)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    folder = save(tmp_path_factory.mktemp("chatml"), tokenizer, bos_token=None, eos_token="<|im_end|>")
    (folder / "chat_template.jinja").write_text(CHATML, "utf-8")
    return folder


@pytest.fixture(scope="session")
def chatml(chatml_folder: Path) -> ExampleTokenizer:
    return load_tokenizer(str(chatml_folder))


@pytest.fixture(scope="session")
def sentencepiece_like(tmp_path_factory: pytest.TempPathFactory) -> ExampleTokenizer:
    """BOS, EOS and the unknown token stand in the ordinary vocabulary too, where text reaches the last."""
    alphabet = [chr(code) for code in range(33, 127)]
    vocabulary = ["<unk>", "<s>", "</s>", "▁", "\n", *alphabet, *(f"▁{letter}" for letter in alphabet)]
    merges = [("▁", letter) for letter in alphabet]
    ids = {token: id_ for id_, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    template = [
        {"name": "tools", "template": "{{ raise_exception('not this one') }}"},
        {"name": "default", "template": "{{ bos_token }}[INST] {{ messages[0]['content'] }} [/INST]"},
    ]
    folder = tmp_path_factory.mktemp("sentencepiece")
    return load_tokenizer(str(save(folder, tokenizer, bos_token="<s>", eos_token="</s>", chat_template=template)))


@pytest.fixture(scope="session")
def unigram(tmp_path_factory: pytest.TempPathFactory) -> ExampleTokenizer:
    """Pieces with scores, NFKC, bytes for what no piece has; a blank before every text, after a token too."""
    letters = [chr(code) for code in range(33, 127)]
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((f"<0x{byte:02X}>", -9.0) for byte in range(256))]
    pieces += [("▁", -2.0), *((letter, -4.0) for letter in letters), *((f"▁{letter}", -5.0) for letter in letters)]
    pieces += [("think", -4.5), ("▁summary", -4.5), ("User", -4.5)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    folder = save(tmp_path_factory.mktemp("unigram"), tokenizer, bos_token="<s>", eos_token="</s>")
    (folder / "chat_template.jinja").write_text("{{ bos_token }}{{ messages[0]['content'] }}</s>", "utf-8")
    return load_tokenizer(str(folder))


@pytest.fixture(scope="session")
def partly_there(tmp_path_factory: pytest.TempPathFactory) -> ExampleTokenizer:
    """It holds some of the control tokens: special, not special, and in the vocabulary, where merges lead to one."""
    steps = ["<s", "<su", "<sum", "<summ", "<summa", "<summar", "<summary", "<summary>"]
    merges = [(step[:-1], step[-1]) for step in steps]
    vocabulary = {token: id_ for id_, token in enumerate([*BYTES, *steps, "</think3>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>", "</summary>", "<think2>"])
    tokenizer.add_tokens(
        [AddedToken("</think2>", special=False, normalized=False), AddedToken("<think>", special=False)]
    )
    folder = save(tmp_path_factory.mktemp("partly"), tokenizer, eos_token="<|im_end|>")
    (folder / "chat_template.jinja").write_text(CHATML, "utf-8")
    return load_tokenizer(str(folder))


@pytest.fixture(scope="session")
def partly_there_consumer(partly_there: ExampleTokenizer, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """That one in the hands of somebody who tokenises the plain text of an example."""
    folder = tmp_path_factory.mktemp("saved")
    partly_there.save(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(params=["bundled", "deepseek_like", "chatml", "sentencepiece_like", "unigram"], scope="session")
def any_tokenizer(request: pytest.FixtureRequest) -> ExampleTokenizer:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def plain_consumer(any_tokenizer: ExampleTokenizer, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """The same tokenizer in the hands of somebody who tokenises the plain text of an example."""
    folder = tmp_path_factory.mktemp("saved")
    any_tokenizer.save(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def sixes(tokenizer: ExampleTokenizer, number: int, split: Split = "train") -> Example:
    """An example of two paths."""
    return example(
        tokenizer,
        number,
        [f"Six times {number} is {6 * number}.", f"It is {number} plus {5 * number}."],
        split=split,
    )


@pytest.fixture
def dataset(tmp_path: Path, bundled: ExampleTokenizer) -> Path:
    """A run's dataset folder: two shards of train, one of test, all formats."""
    folder = tmp_path / "dataset"
    shards = {
        "train-00000-of-00002": [sixes(bundled, number) for number in range(1, 6)],
        "train-00001-of-00002": [sixes(bundled, number) for number in range(6, 9)],
        "test-00000-of-00001": [sixes(bundled, 9, "test")],
    }
    for one in FORMATS.values():
        (folder / one.folder).mkdir(parents=True)
        for shard, examples in shards.items():
            with pq.ParquetWriter(folder / one.folder / f"{shard}.parquet", one.schema) as writer:
                writer.write_batch(one.rows(examples, bundled))
    bundled.save(folder / "tokenizer")
    return folder
