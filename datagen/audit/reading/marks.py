"""Where structure stands in a text, and what of a prompt is the problem.

Without a tokenizer the names are those of the form itself and of the chat frames that are common among models of
reasoning; with one they are its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datagen.audit.reading.form import Mark
from datagen.formats.rendering import INSTRUCTION
from datagen.formats.tokenizer import CONTROL_TOKENS, END_OF_THOUGHT, THOUGHT, ExampleTokenizer, Piece

FORM_TOKENS: tuple[str, ...] = (*CONTROL_TOKENS, THOUGHT, END_OF_THOUGHT)
"""Control tokens of parallel thinking, and thought tags."""

_FRAME_TOKENS = (
    *("<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|end_of_text|>"),
)
_BEFORE_USER = re.compile(
    r"\A.*?(?:<｜User｜>|<\|im_start\|>user\n|<\|start_header_id\|>user<\|end_header_id\|>\s*|\[INST\] ?)", re.DOTALL
)
_AFTER_USER = re.compile(r"(?:<｜Assistant｜>|<\|im_end\|>|<\|eot_id\|>| ?\[/INST\]|<think>).*\Z", re.DOTALL)
_END = re.compile(r"(?:<[^<>\s]{1,40}>|\[[A-Z]{2,10}\])?\s*")
_USER_TEXT = "the user's text"


class TextMarks:
    """Finds structure in texts.

    Args:
        tokenizer: whose names count beside those of the form; None takes those of the common frames.
    """

    def __init__(self, tokenizer: ExampleTokenizer | None = None) -> None:
        others = _FRAME_TOKENS if tokenizer is None else tokenizer.names.values()
        longest_first = sorted({*FORM_TOKENS, *others}, key=lambda token: (-len(token), token))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def in_text(self, text: str) -> list[Mark]:
        """The structure of a text that holds its tokens by name."""
        return [Mark(match[0], match.start(), match.end()) for match in self._pattern.finditer(text)]

    def inside(self, place: str, text: str) -> list[str]:
        """Structure in what should be a text of its own: each token once with its place, `</think2> in path 1`."""
        return [f"{token} in {place}" for token in dict.fromkeys(self._pattern.findall(text))]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a user's text in a prompt.

    Attributes:
        before, after: the text, up to the `<think>` that opens the answer.
        tokens_before, tokens_after: the structure in it, by name.
    """

    before: str
    after: str
    tokens_before: tuple[str, ...]
    tokens_after: tuple[str, ...]

    @classmethod
    def of(cls, tokenizer: ExampleTokenizer) -> "Frame":
        """The frame that a tokenizer writes."""
        user = Piece(_USER_TEXT, control=False)
        pieces = tokenizer.prompt([user])
        at = pieces.index(user)
        return cls(
            before="".join(piece.text for piece in pieces[:at]),
            after="".join(piece.text for piece in pieces[at + 1 :]),
            tokens_before=tuple(piece.text for piece in pieces[:at] if piece.control),
            tokens_after=tuple(piece.text for piece in pieces[at + 1 :] if piece.control),
        )


def is_end(text: str) -> bool:
    """Whether this may follow a summary: nothing, or one token that looks like an EOS."""
    return _END.fullmatch(text) is not None


def problem_span(prompt: str, frame: Frame | None) -> tuple[int, int]:
    """Where in a rendered prompt the problem stands, without frame and instruction.

    Args:
        prompt: up to the first path.
        frame: the tokenizer's; where it is unknown, or the prompt has another one, the common ones are looked for.
    """
    own = frame is not None and prompt.startswith(frame.before)
    head = None if own else _BEFORE_USER.match(prompt)
    begin = len(frame.before) if own and frame is not None else head.end() if head else 0
    end = prompt.rfind(INSTRUCTION, begin)
    if end < 0:
        tail = _AFTER_USER.search(prompt, begin)
        end = tail.start() if tail else len(prompt)
    text = prompt[begin:end]
    return begin + len(text) - len(text.lstrip()), begin + len(text.rstrip())


def lacking(prompt: str, frame: Frame) -> Iterator[str]:
    """What of the tokenizer's frame a prompt does not have, blanks aside: some vocabularies add them."""
    written = _without_blanks(prompt)
    if not written.startswith(_without_blanks(frame.before)):
        yield frame.before
    if not written.endswith(_without_blanks(frame.after)):
        yield frame.after


def strays(tokens: Sequence[str], frame: Frame) -> Sequence[str]:
    """The structure of a prompt that is not its frame's.

    Args:
        tokens: the prompt's structure by name, without that of the instruction.
        frame: what they should begin and end with.
    """
    before, after = frame.tokens_before, frame.tokens_after
    if tuple(tokens[: len(before)]) == before:
        tokens = tokens[len(before) :]
    else:  # another frame, or a damaged one: its tokens are no part of the problem
        tokens = [token for token in tokens if token not in before]
    if tuple(tokens[len(tokens) - len(after) :]) == after:
        return tokens[: len(tokens) - len(after)]
    return [token for token in tokens if token not in after]


def _without_blanks(text: str) -> str:
    return "".join(text.split())
