"""How one example becomes text, token ids, attention segments and labels.

One list of segments makes both the text and the ids, so that they can't drift apart:

    <BOS><｜User｜>{problem} {instruction}<｜Assistant｜><think>
    <think1>{path 1}</think1><think2>{path 2}</think2>…<summary>{summary}</summary><EOS>

without the line break; on a tokenizer without `<｜User｜>` the prompt is that of its own chat template. The optional
padding between prompt and paths is left to the engine that needs it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datagen.formats.tokenizer import ExampleTokenizer, Piece

INSTRUCTION = (
    "You FIRST think about the reasoning process as an internal monologue and then summarize the reasoning process to "
    "get the final answer. The summary process MUST BE enclosed within <summary> </summary> tags. The final answer "
    "MUST BE put in \\boxed{}."
)
"""Released models were trained with it, so it is an interface. It names the summary tags, which become tokens."""

SUMMARY_PREFIX = "By analyzing multiple reasoning processes above, I concluded that: The final answer is"
"""Forced at inference, so it is an interface, and never trained."""

MOST_PATHS = 6
"""The trainer swaps some of the first six path tokens for the seventh and eighth, and knows no more."""

UNTRAINED = -100
PROMPT_SEGMENT, SUMMARY_SEGMENT = 1, 10
"""Of `attention_mask`; the i-th path drawn has i + 1."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One example, ready to train on.

    Attributes:
        prompt, completion: their concatenation is the whole text.
        input_ids: its token ids.
        attention_mask: the segment of each token: 1 prompt, i + 1 the i-th path drawn, 10 summary.
        labels: the token's id where it is trained, else -100; shifting them is the trainer's business.
    """

    prompt: str
    completion: str
    input_ids: list[int]
    attention_mask: list[int]
    labels: list[int]

    @property
    def n_tokens(self) -> int:
        """Tokens of the whole example."""
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class _Segment:
    pieces: tuple[Piece, ...]
    part: int
    trained: bool


def user_text(problem: str) -> str:
    """What the user says: the problem and the instruction."""
    return f"{problem} {INSTRUCTION}"


def summary_text(answer: str) -> str:
    r"""The summary that states an answer: the forced prefix, then `\boxed{answer}`."""
    return f"{SUMMARY_PREFIX} \\boxed{{{answer}}}"


def render(problem: str, paths: Sequence[tuple[int, str]], summary: str, tokenizer: ExampleTokenizer) -> Rendered:
    """Render one example.

    Trained are the path texts, the closing tokens, the summary after the forced prefix, `</summary>` and EOS. A summary
    that does not start with the prefix (a teacher wrote it) is trained from its first token: nothing of it is forced.

    Args:
        problem: the problem's text.
        paths: number of the path token (1 to 6, none twice) and text of each path, in drawing order.
        summary: what stands between the summary tags.
        tokenizer: whose ids to use.

    Raises:
        ValueError: no path, a path token that is no number from 1 to 6 or stands twice, an empty text, or a text that
            holds what would be read as structure.
    """
    prompt, completion = _segments(problem, paths, summary, tokenizer)
    input_ids: list[int] = []
    attention_mask: list[int] = []
    labels: list[int] = []
    for segment in (prompt, *completion):
        ids = tokenizer.encode(segment.pieces)
        input_ids += ids
        attention_mask += [segment.part] * len(ids)
        labels += ids if segment.trained else [UNTRAINED] * len(ids)
    return Rendered(_text([prompt]), _text(completion), input_ids, attention_mask, labels)


def render_text(
    problem: str, paths: Sequence[tuple[int, str]], summary: str, tokenizer: ExampleTokenizer
) -> tuple[str, str]:
    """Prompt and completion of one example as `render` gives them, without the cost of its ids; errors as there."""
    prompt, completion = _segments(problem, paths, summary, tokenizer)
    return _text([prompt]), _text(completion)


def tokens_of_frame(problem: str, summary: str, n_paths: int, tokenizer: ExampleTokenizer) -> int:
    """Tokens of an example without its path texts.

    Together with `tokenizer.count` of each path it is exactly `Rendered.n_tokens`, so that paths can be chosen within
    a budget without rendering every choice.

    Raises:
        ValueError: the problem or the summary holds what can't be encoded as text.
    """
    paths = [(think_id, "") for think_id in range(1, n_paths + 1)]
    segments = (_prompt(problem, tokenizer), *_completion(paths, summary, tokenizer))
    return sum(len(tokenizer.encode(segment.pieces)) for segment in segments)


def _segments(
    problem: str, paths: Sequence[tuple[int, str]], summary: str, tokenizer: ExampleTokenizer
) -> tuple[_Segment, list[_Segment]]:
    """The prompt, and what follows it, of texts that have been checked."""
    _check_think_ids([think_id for think_id, _ in paths])
    _check_text("the problem", problem, tokenizer)
    for think_id, text in paths:
        _check_text(f"path {think_id}", text, tokenizer)
    _check_text("the summary", summary, tokenizer)
    return _prompt(problem, tokenizer), _completion(paths, summary, tokenizer)


def _prompt(problem: str, tokenizer: ExampleTokenizer) -> _Segment:
    instruction = user_text(problem).removeprefix(problem)
    pieces = tokenizer.prompt((Piece(problem, control=False), *tokenizer.pieces(instruction)))
    return _Segment(pieces, PROMPT_SEGMENT, trained=False)


def _completion(paths: Sequence[tuple[int, str]], summary: str, tokenizer: ExampleTokenizer) -> list[_Segment]:
    segments: list[_Segment] = []
    for place, (think_id, text) in enumerate(paths, start=1):
        part = place + 1
        segments.append(_Segment((_control(f"<think{think_id}>"),), part, trained=False))
        segments.append(_Segment((Piece(text, control=False), _control(f"</think{think_id}>")), part, trained=True))
    forced = SUMMARY_PREFIX if summary.startswith(SUMMARY_PREFIX) else ""
    own = summary.removeprefix(forced)
    end = (_control("</summary>"), _control(tokenizer.eos_token))
    segments.append(_Segment((_control("<summary>"), Piece(forced, control=False)), SUMMARY_SEGMENT, trained=False))
    segments.append(_Segment((Piece(own, control=False), *end), SUMMARY_SEGMENT, trained=True))
    return segments


def _control(token: str) -> Piece:
    return Piece(token, control=True)


def _text(segments: Iterable[_Segment]) -> str:
    return "".join(piece.text for segment in segments for piece in segment.pieces)


def _check_think_ids(think_ids: Sequence[int]) -> None:
    allowed = range(1, MOST_PATHS + 1)
    if not think_ids or len(set(think_ids)) < len(think_ids) or any(think_id not in allowed for think_id in think_ids):
        raise ValueError(
            f"path tokens {list(think_ids)}: there must be one or more, from 1 to {MOST_PATHS}, none twice"
        )


def _check_text(what: str, text: str, tokenizer: ExampleTokenizer) -> None:
    if not text.strip():
        raise ValueError(f"{what} is empty")
    forbidden = tokenizer.forbidden_in(text)
    if forbidden is not None:
        raise ValueError(f"{what} holds {forbidden}, which would be read as structure")
