"""The form of a ParaThinker example, whether its tokens are ids or stand in text.

    …<summary> </summary>…<think1>{path}</think1><think2>{path}</think2>…<summary>{summary}</summary><EOS>

The marks of an example are read twice: as the published trainer reads them, which says what it would stumble over, and
as a person does, which says what the paths are all the same. A mark that stands in a text is structure inside it.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from datagen.formats.rendering import MOST_PATHS

PAD, SUMMARY, END_OF_SUMMARY = "<vllm_pad>", "<summary>", "</summary>"
OPENINGS = {f"<think{number}>": number for number in range(1, 9)}
CLOSINGS = {f"</think{number}>": number for number in range(1, 9)}
STARTS = {*OPENINGS, SUMMARY}
"""What the trainer looks for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One token of structure: its name, and its place from `begin` to before `end`, in ids or characters."""

    token: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A path or the summary.

    Attributes:
        token: that opens it.
        begin: where that token begins.
        text_begin, text_end: what stands in it.
        end: where its closing token ends; of one that does not close, where its text ends.
        inside: the structure in its text.
    """

    token: str
    begin: int
    text_begin: int
    text_end: int
    end: int
    inside: tuple[str, ...]

    @property
    def is_closed(self) -> bool:
        """Whether its closing token ends it."""
        return self.end > self.text_end


@dataclass(frozen=True, slots=True)
class Form:
    """One example, taken apart.

    Attributes:
        prompt_end: where the first path begins, or what there is instead.
        prompt_marks: the structure of the prompt but for pads and the summary tags of the instruction.
        paths: in their order.
        summary: None when nothing opens it.
        structure: tokens inside paths and summary, each with its place.
        broken: what the trainer would stumble over, in words.
    """

    prompt_end: int
    prompt_marks: tuple[str, ...]
    paths: tuple[Part, ...]
    summary: Part | None
    structure: tuple[str, ...]
    broken: tuple[str, ...]


def read_form(marks: Sequence[Mark], length: int, text_of: Callable[[int, int], str]) -> Form:
    """Take one example apart.

    Args:
        marks: its structure, in order.
        length: of the whole example, in the unit of the marks.
        text_of: what stands between two places.
    """
    prompt_marks, body = _split(marks)
    paths, summary, loose = _parts(body, length)
    structure = [f"{token} in path {OPENINGS[path.token]}" for path in paths for token in path.inside]
    if summary is not None:
        structure += [f"{token} in the summary" for token in summary.inside]
    broken = [*_stumbled_over(marks), *(f"{token} stands between the paths" for token in loose)]
    broken += _texts_between(paths, summary, text_of)
    if summary is not None and not summary.is_closed:
        broken.append(f"{END_OF_SUMMARY} does not close the summary")
    return Form(
        prompt_end=body[0].begin if body else length,
        prompt_marks=prompt_marks,
        paths=tuple(paths),
        summary=summary,
        structure=tuple(dict.fromkeys(structure)),
        broken=tuple(dict.fromkeys(broken)),
    )


def any_path(tokens: Sequence[str]) -> bool:
    """Whether among tokens of structure a path opens and closes."""
    return _last_path(tokens) >= 0


def _split(marks: Sequence[Mark]) -> tuple[tuple[str, ...], Sequence[Mark]]:
    """The names of the prompt's marks, and the marks from the first path on."""
    tokens = [mark.token for mark in marks]
    last_summary = _last(tokens, SUMMARY)
    pairs = (at for at in range(last_summary - 1) if tokens[at : at + 2] == [SUMMARY, END_OF_SUMMARY])
    instruction = next(pairs, None)
    if instruction is not None:
        end = next(at for at in range(instruction + 2, len(marks)) if tokens[at] in STARTS)
        prompt = tokens[:instruction] + tokens[instruction + 2 : end]
    else:  # a summary tag of the instruction is missing or moved: the trainer's own first path
        end = next((at for at, token in enumerate(tokens) if token in OPENINGS), last_summary)
        prompt = [token for token in tokens[:end] if token not in (SUMMARY, END_OF_SUMMARY)]
    return tuple(token for token in prompt if token != PAD), marks[end:]


def _parts(body: Sequence[Mark], length: int) -> tuple[list[Part], Part | None, list[str]]:
    """Paths, summary, and the marks between them that neither open nor close anything."""
    tokens = [mark.token for mark in body]
    last_summary = _last(tokens, SUMMARY)
    last_path = _last_path(tokens[:last_summary])
    closed_at: dict[str, list[int]] = defaultdict(list)
    for at, token in enumerate(tokens[:last_summary]):
        closed_at[token].append(at)
    paths: list[Part] = []
    loose: list[str] = []
    at = 0
    while at < len(body):
        token = tokens[at]
        if token == SUMMARY and at > last_path:
            return paths, _summary(body[at:], length), loose
        if token in OPENINGS:
            closings = closed_at[f"</think{OPENINGS[token]}>"]
            following = bisect(closings, at)
            is_closed = following < len(closings)
            if is_closed:
                end = closings[following]
            else:  # it runs on to what opens next
                end = next((place for place in range(at + 1, len(body)) if tokens[place] in STARTS), len(body))
            paths.append(_part(body, at, end, length, is_closed=is_closed))
            at = end + 1 if is_closed else end
            continue
        if token not in CLOSINGS and token not in (SUMMARY, END_OF_SUMMARY):
            loose.append(token)
        at += 1
    return paths, None, loose


def _last(tokens: Sequence[str], token: str) -> int:
    """The last place of a token; the length where it stands nowhere."""
    return max((at for at, other in enumerate(tokens) if other == token), default=len(tokens))


def _last_path(tokens: Sequence[str]) -> int:
    """Where the last path opens that closes; -1 where none does."""
    closings = {token: at for at, token in enumerate(tokens) if token in CLOSINGS}
    opened = (at for at, token in enumerate(tokens) if token in OPENINGS)
    return max((at for at in opened if closings.get(f"</think{OPENINGS[tokens[at]]}>", -1) > at), default=-1)


def _summary(body: Sequence[Mark], length: int) -> Part:
    closing = max((at for at, mark in enumerate(body) if mark.token == END_OF_SUMMARY), default=None)
    return _part(body, 0, len(body) if closing is None else closing, length, is_closed=closing is not None)


def _part(marks: Sequence[Mark], opening: int, end: int, length: int, *, is_closed: bool) -> Part:
    text_end = marks[end].begin if end < len(marks) else length
    return Part(
        token=marks[opening].token,
        begin=marks[opening].begin,
        text_begin=marks[opening].end,
        text_end=text_end,
        end=marks[end].end if is_closed else text_end,
        inside=tuple(mark.token for mark in marks[opening + 1 : end]),
    )


def _texts_between(paths: Sequence[Part], summary: Part | None, text_of: Callable[[int, int], str]) -> Iterator[str]:
    parts = [*paths, *([summary] if summary else [])]
    for part, following in pairwise(parts):
        if part.end < following.begin and text_of(part.end, following.begin).strip():
            yield f"text stands between path {OPENINGS[part.token]} and {following.token}"


def _stumbled_over(marks: Sequence[Mark]) -> Iterator[str]:
    """The points of PARATHINKER.md, "What the trainer does with an example", that the example breaks."""
    starts = [mark for mark in marks if mark.token in STARTS]
    times = Counter(mark.token for mark in marks)
    if not starts or starts[0].token != SUMMARY:
        yield f"no {SUMMARY} in the prompt: the trainer loses the first path"
    if not any(start.token in OPENINGS for start in starts[1:]):
        yield "no path"
    if len(starts) < 2 or starts[-1].token != SUMMARY:
        yield f"the last start is not the {SUMMARY} of the answer"
    for token in (SUMMARY, END_OF_SUMMARY):
        if times[token] != 2:
            yield f"{token} stands {times[token]} times, not twice"
    for opening, number in OPENINGS.items():
        closing = f"</think{number}>"
        if times[opening] > 1:
            yield f"{opening} stands {times[opening]} times"
        if times[closing] > 1:
            yield f"{closing} stands {times[closing]} times"
        if times[opening] and not times[closing]:
            yield f"{opening} does not close"
        if times[closing] and not times[opening]:
            yield f"{closing} closes nothing"
        if times[opening] == times[closing] == 1 and not _closes_in_time(starts, marks, opening, closing):
            yield f"{closing} does not stand between {opening} and the next start"
        if times[opening] and number > MOST_PATHS:
            yield f"{opening}: the trainer takes <think1> to <think{MOST_PATHS}> only"


def _closes_in_time(starts: Sequence[Mark], marks: Sequence[Mark], opening: str, closing: str) -> bool:
    begin = next(at for at, start in enumerate(starts) if start.token == opening)
    closed = next(mark.begin for mark in marks if mark.token == closing)
    after = starts[begin + 1].begin if begin + 1 < len(starts) else closed + 1
    return starts[begin].begin < closed < after
