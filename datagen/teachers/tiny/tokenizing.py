"""The tiny teacher's tokenizer and chat template.

A byte-level BPE in which each digit is a token of its own, so that arithmetic goes digit by digit, and which can write
any text, since what a recipe asks may be in any words. The thought tags are tokens of their own but not special: a
decoder that leaves special tokens out keeps them, as those of the DeepSeek-R1 family do.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import Template
from jinja2.sandbox import SandboxedEnvironment
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from datagen.errors import DatagenError
from datagen.teachers.prompting import Prompt, load_prompt
from datagen.thoughts import CLOSE, OPEN

BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
CONTEXT = 1024
"""Tokens that the model can hold."""

_VOCABULARY = 640
_SPECIAL = (EOS, BOS, "<｜User｜>", "<｜Assistant｜>")
_PIECES = r"\d| ?[^\s\w]+(?: (?=\d))?| ?[^\W\d]+|\s+"  # a digit; signs with the blanks about them; a word; blanks
_CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{% endif %}"
    "{% if message['role'] == 'assistant' %}{{ '<｜Assistant｜>' + message['content'] + eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}"
)


def prompt_of(problem: str) -> str:
    """What the model reads of a problem: the very text that datagen sends, in the chat template, the thought opened."""
    messages = [{"role": message.role, "content": message.content} for message in _prompt().messages(problem)]
    return _template().render(messages=messages, bos_token=BOS, eos_token=EOS, add_generation_prompt=True)


def reply_of(thought: str, solution: str, *, ends: bool) -> str:
    """What the model writes after the prompt; a thought that never ends is not closed."""
    return f"{thought}\n{CLOSE}\n\n{solution}{EOS}" if ends else thought


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer that writes these texts in few tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    added = len(_SPECIAL) + 2
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=_VOCABULARY - added, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in (OPEN, CLOSE)])
    return tokenizer


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json, the chat template in it."""
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": EOS,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": _CHAT_TEMPLATE,
    }
    text = json.dumps(config, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """The id of a token that the tokenizer has."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise DatagenError(f"the tiny teacher's tokenizer has no token {token}")
    return found


@cache
def _prompt() -> Prompt:
    return load_prompt("solve", "tiny")


@cache
def _template() -> Template:
    return SandboxedEnvironment().from_string(_CHAT_TEMPLATE)
