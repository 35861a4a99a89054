"""The tokenizer of an example: its control tokens are structure, and no text can pass for them.

Text and structure never share a call: text is encoded by a copy of the tokenizer that knows no added token at all,
special or not, and structure is looked up by name. What a consumer gets who tokenises the plain text instead is the
same, as long as no text holds the name of a token; `forbidden_in` finds those that do.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer

from datagen.errors import UsageError
from datagen.formats.chat_template import around_user_text
from datagen.formats.decoding import TextDecoder
from datagen.formats.encoding import TextEncoder
from datagen.formats.tokenizer_files import TokenizerFiles, read_tokenizer_files
from datagen.texts import digest

CONTROL_TOKENS: tuple[str, ...] = (
    *(token for number in range(1, 9) for token in (f"<think{number}>", f"</think{number}>")),
    "<summary>",
    "</summary>",
    "<vllm_pad>",
)
"""In the order in which they are added: a released model's ids depend on it."""

PARALLEL_R1_TAGS: tuple[str, ...] = ("<Parallel>", "</Parallel>", "<Path>", "</Path>", "<Summary>", "</Summary>")
"""The structure of the format `parallel_r1`, whose trainer makes tokens of them. No text holds one, in any format: so
which texts are paths does not depend on the formats that are written."""

THOUGHT, END_OF_THOUGHT = "<think>", "</think>"
_USER, _ASSISTANT = "<｜User｜>", "<｜Assistant｜>"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the rendered text: one control token by its name, or plain text."""

    text: str
    control: bool


def load_tokenizer(name: str) -> "ExampleTokenizer":
    """Load a tokenizer and add the control tokens that it lacks.

    Args:
        name: `bundled`, a folder with tokenizer.json and tokenizer_config.json, or a Hub id. HF_ENDPOINT,
            HF_HUB_OFFLINE and the Hub's cache are honoured.

    Raises:
        UsageError: it can't be found or reached, is no tokenizer, has no EOS, or there is no way to write a prompt.
    """
    return ExampleTokenizer(read_tokenizer_files(name))


class ExampleTokenizer:
    """A tokenizer with the control tokens, and its way of writing a prompt.

    Attributes:
        bos_token: what a text starts with; empty when the tokenizer has none.
        eos_token: what a text ends with.
        fingerprint: 64 hexadecimal digits; equal for two tokenizers that give the same ids and the same prompts.
    """

    def __init__(self, files: TokenizerFiles) -> None:
        self._files = files
        try:
            self._whole: Tokenizer = Tokenizer.from_str(files.spec)
        except Exception as error:  # the library raises bare Exception
            raise UsageError(f"tokenizer {files.name}: tokenizer.json can't be read ({error})") from error
        self._whole.no_truncation()
        self._whole.no_padding()
        present = {token.content for token in self._whole.get_added_tokens_decoder().values()}
        self._whole.add_special_tokens(
            [AddedToken(token, special=True, normalized=False) for token in CONTROL_TOKENS if token not in present]
        )
        self.bos_token = self._named("bos_token")
        self.eos_token = self._named("eos_token")
        if not self.eos_token:
            raise UsageError(f"tokenizer {files.name}: tokenizer_config.json names no eos_token, which ends every text")

        self._ids = self._structure_ids()
        self._names = {id_: token for token, id_ in self._ids.items()}
        longest_first = sorted(self._ids, key=lambda token: (-len(token), token))
        self._splitter = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

        self._decoder = TextDecoder(self._whole)
        spec = json.loads(self._whole.to_str())
        text_only: Tokenizer = Tokenizer.from_str(json.dumps(_text_only(spec)))
        self._text = TextEncoder(text_only)
        # Some vocabularies list their added tokens among the ordinary ones too, where text might reach them.
        self._reachable = any(text_only.id_to_token(id_) is not None for id_ in self._names)
        self._forbidden = tuple(sorted({*self._ids, THOUGHT, END_OF_THOUGHT, *PARALLEL_R1_TAGS}))
        self._forbidden_once_normalised = self._normalised_names()

        before, after = self._around_user_text()
        self._before, self._after = self.pieces(before), self.pieces(after)
        self.fingerprint = digest("tokenizer", _what_gives_ids(spec), before, after, self.bos_token, self.eos_token)

    @property
    def chat_template(self) -> str | None:
        """Its chat template as Jinja source; None when it has none."""
        return self._files.chat_template

    def encode_text(self, text: str) -> list[int]:
        """The ids of a text as text: none of them is an added token's, whatever the text holds.

        Raises:
            ValueError: the vocabulary can't write the text without an added token (`forbidden_in` names it), or the
                text is not valid Unicode.
        """
        half = _half_of_a_pair(text)
        if half is not None:
            raise ValueError(f"the text is not valid Unicode: it holds {half}, half of a surrogate pair")
        ids = self._text.encode(text)
        arisen = self._names.keys() & ids if self._reachable else set()
        if arisen:
            raise ValueError(f"the text would become the control token {self._names[min(arisen)]}")
        return ids

    def count(self, text: str) -> int:
        """How many tokens `encode_text` gives; errors as there."""
        return len(self.encode_text(text))

    def forbidden_in(self, text: str) -> str | None:
        """The first string of a text that would be read as structure by whoever tokenises the plain text.

        That is: any control token, a thought tag, a tag of Parallel-R1, and every added token of the tokenizer that is
        not blank; and, as its escape, half of a surrogate pair, which no tokenizer and no file takes. None means that
        `encode_text` takes the text.
        """
        found = _half_of_a_pair(text) or _first(self._forbidden, text)
        if found is None and self._forbidden_once_normalised and self._whole.normalizer is not None:
            found = _first(self._forbidden_once_normalised, self._whole.normalizer.normalize_str(text))
        if found is None and self._reachable:
            ids = self._text.encode(text)
            found = next((self._names[id_] for id_ in ids if id_ in self._names), None)
        return found

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """Take text of our own or the tokenizer's apart at its control tokens. Never for text of others."""
        parts = self._splitter.split(text)
        return tuple(Piece(part, control=index % 2 == 1) for index, part in enumerate(parts) if part)

    def prompt(self, user_text: Iterable[Piece]) -> tuple[Piece, ...]:
        """A user's text in the tokenizer's frame, up to and including the `<think>` that opens the answer."""
        return (*self._before, *user_text, *self._after)

    def encode(self, pieces: Sequence[Piece]) -> list[int]:
        """The ids of pieces: control tokens by name, neighbouring texts together; errors as in `encode_text`."""
        ids: list[int] = []
        for control, run in groupby(pieces, key=lambda piece: piece.control):
            if control:
                ids.extend(self._ids[piece.text] for piece in run)
            else:
                ids.extend(self.encode_text("".join(piece.text for piece in run)))
        return ids

    def id_of(self, control_token: str) -> int:
        """The id of a control token or another added token; KeyError when there is no such."""
        return self._ids[control_token]

    @property
    def names(self) -> Mapping[int, str]:
        """The control tokens and every other added token that is not blank, by id."""
        return self._names

    @property
    def highest_id(self) -> int:
        """The highest id that stands for anything."""
        return max(self._whole.get_vocab(with_added_tokens=True).values())

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, control tokens included."""
        return self._decoder.decode(ids)

    def save(self, folder: Path) -> None:
        """Write tokenizer.json and tokenizer_config.json, control tokens included; the folder is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        added = self._whole.get_added_tokens_decoder()
        config: dict[str, Any] = {
            **self._files.config,
            "added_tokens_decoder": {str(id_): _as_json(added[id_]) for id_ in sorted(added)},
            "bos_token": self.bos_token or None,
            "eos_token": self.eos_token,
        }
        config.pop("chat_template", None)
        if self._files.chat_template is not None:
            config["chat_template"] = self._files.chat_template
        (folder / "tokenizer.json").write_text(self._whole.to_str(), "utf-8")
        config_text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "tokenizer_config.json").write_text(config_text + "\n", "utf-8")

    def _named(self, role: str) -> str:
        value = self._files.config.get(role)
        token = value.get("content") if isinstance(value, dict) else value
        if not token:
            return ""
        if not isinstance(token, str) or self._whole.token_to_id(token) is None:
            raise UsageError(
                f"tokenizer {self._files.name}: tokenizer_config.json says {role}: {token}, "
                "but tokenizer.json has no such token; correct one of them"
            )
        return token

    def _structure_ids(self) -> dict[str, int]:
        # Blank ones (runs of spaces, in some tokenizers) are how text is written, no structure.
        ids = {token.content: id_ for id_, token in self._whole.get_added_tokens_decoder().items()}
        ids = {token: id_ for token, id_ in ids.items() if token.strip()}
        for token in (self.bos_token, self.eos_token):
            id_ = self._whole.token_to_id(token)
            if token and id_ is not None:
                ids[token] = id_
        return ids

    def _normalised_names(self) -> tuple[str, ...]:
        # Such tokens are looked for in the normalised text, where a full-width < may have become a plain one.
        if self._whole.normalizer is None:
            return ()
        added = self._whole.get_added_tokens_decoder().values()
        names = (self._whole.normalizer.normalize_str(token.content) for token in added if token.normalized)
        return tuple(sorted({name for name in names if name.strip()}))

    def _around_user_text(self) -> tuple[str, str]:
        if _USER in self._ids and _ASSISTANT in self._ids:
            return f"{self.bos_token}{_USER}", f"{_ASSISTANT}{THOUGHT}"
        if self._files.chat_template is None:
            raise UsageError(
                f"tokenizer {self._files.name}: it has neither a {_USER} token nor a chat template, so there is no way "
                "to write a prompt; use a folder that also holds a chat_template.jinja, or paths.tokenizer: bundled"
            )
        before, after = around_user_text(self._files.chat_template, bos_token=self.bos_token, eos_token=self.eos_token)
        if not before.startswith(self.bos_token):
            before = self.bos_token + before
        if not after.rstrip().endswith(THOUGHT):
            after += THOUGHT
        return before, after


def _first(strings: Sequence[str], text: str) -> str | None:
    places = ((text.find(string), -len(string), string) for string in strings)
    return min((place for place in places if place[0] >= 0), default=(0, 0, None))[2]


def _half_of_a_pair(text: str) -> str | None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return ascii(text[error.start])[1:-1]
    return None


def _text_only(spec: dict[str, Any]) -> dict[str, Any]:
    """The tokenizer that knows text only, and gives the same ids each time."""
    model = {**spec["model"], "dropout": None} if "dropout" in spec["model"] else spec["model"]
    pre_tokenizer = _without_first_blank(spec["pre_tokenizer"])
    return {**spec, "model": model, "pre_tokenizer": pre_tokenizer, "added_tokens": [], "post_processor": None}


def _without_first_blank(pre_tokenizer: Any) -> Any:
    """SentencePiece's blank before the first word of a text: our texts never stand first, a token does."""
    if isinstance(pre_tokenizer, list):
        return [_without_first_blank(part) for part in pre_tokenizer]
    if not isinstance(pre_tokenizer, dict):
        return pre_tokenizer
    changed = {key: _without_first_blank(value) for key, value in pre_tokenizer.items()}
    return {**changed, "prepend_scheme": "never"} if changed.get("prepend_scheme") == "first" else changed


def _what_gives_ids(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec[key] for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}


def _as_json(token: AddedToken) -> dict[str, Any]:
    return {
        "content": token.content,
        "lstrip": token.lstrip,
        "normalized": token.normalized,
        "rstrip": token.rstrip,
        "single_word": token.single_word,
        "special": token.special,
    }
