"""A teacher that answers with real recorded outputs: whoever rehearses a run meets the texts of the real one.

A request is about the recorded problem whose text stands in its last user message, whatever the prompt puts around it;
of several the longest. White space does not count. Which of the problem's outputs answers follows from the problem,
the request's seed and the server's: the same request gets the same reply. The beginning of an answer is continued as
the output that begins so; white space does not count there either.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.errors import UsageError
from datagen.teachers.demo.protocol import ChatRequest
from datagen.teachers.demo.solver import DemoReply, text_of
from datagen.thoughts import split_thought

CHARACTERS_A_TOKEN = 4
"""Tokens are estimated, in usage and in limits: whoever recorded the outputs had another tokenizer than ours."""

_MODEL = "recorded"
_NOTHING_RECORDED = "No output of this problem is recorded, so there is nothing to answer."
_NOTHING_GOES_ON = "No recorded output of this problem begins so, so there is nothing to go on with."
_ANCHOR = 16
_REMEMBERED = 16_384
_SIGN = re.compile(r"\S")


class Replay:
    """Answers with the outputs of a Parquet file. The outputs stay in Arrow's buffers: as much memory as their text.

    Args:
        file: with the columns `problem` and `output`; several rows a problem, rows with a null are left out.
        seed: another seed draws other outputs.

    Raises:
        UsageError: the file can't be read, lacks a column, or holds no output.
    """

    models = (_MODEL,)
    takes_any_model = True

    def __init__(self, file: Path, seed: int = 0) -> None:
        self._seed = seed
        problems, self._outputs = _columns(file)
        self._rows: defaultdict[bytes, list[int]] = defaultdict(list)
        self._find = lru_cache(_REMEMBERED)(ProblemIndex(self._recorded(problems)).find)
        if not self._rows:
            raise UsageError(f"--replay {file}: no row has both a problem and an output")

    def replies(self, request: ChatRequest, seed: int) -> list[DemoReply]:
        """Recorded outputs, cut where they are longer than the request allows; a short text where there are none."""
        texts = [(message.role, text_of(message.model_dump())) for message in request.messages]
        prompt_tokens = sum(_tokens(text) for _, text in texts)
        problem = self._find(next((text for role, text in reversed(texts) if role == "user"), ""))
        if problem is None:
            content, used = _NOTHING_RECORDED, _tokens(_NOTHING_RECORDED)
            return [DemoReply("", content, "stop", prompt_tokens, used, is_known=False)] * request.n
        if request.continue_final_message:
            return [self._rest(problem, texts[-1][1], request.limit, prompt_tokens)] * request.n
        outputs = (self._drawn(problem, seed, choice) for choice in range(request.n))
        return [_reply(output, request.limit, prompt_tokens) for output in outputs]

    def _recorded(self, problems: pa.ChunkedArray) -> Iterator[str]:
        """Each problem that has an output; on the way its rows are noted."""
        row = 0
        for chunk in problems.chunks:
            outputs = self._outputs.slice(row, len(chunk)).is_valid().to_pylist()
            for problem, has_output in zip(chunk.to_pylist(), outputs, strict=True):
                if has_output and problem and (text := _squeezed(problem)):
                    self._rows[_name(text)].append(row)
                    yield text
                row += 1

    def _rest(self, problem: str, beginning: str, limit: int | None, prompt_tokens: int) -> DemoReply:
        """What follows the beginning in the output that begins so; a short text where none does."""
        for row in self._rows[_name(problem)]:
            output: str = self._outputs[row].as_py()
            end = _end_of(beginning, output)
            if end is not None:
                return _reply(output, limit, prompt_tokens, end)
        used = _tokens(_NOTHING_GOES_ON)
        return DemoReply("", _NOTHING_GOES_ON, "stop", prompt_tokens, used, is_known=False)

    def _drawn(self, problem: str, seed: int, choice: int) -> str:
        name = _name(problem)
        rows = self._rows[name]
        drawn = hashlib.blake2b(f"{self._seed} {seed} {choice}".encode(), key=name, digest_size=8).digest()
        output: str = self._outputs[rows[int.from_bytes(drawn) % len(rows)]].as_py()
        return output


class ProblemIndex:
    """Finds which of many problems stands in a text, by hashes: its time does not grow with the number of problems.

    Every problem is entered under its first characters, with its length. At each place of a text the next characters
    are looked up, and where some problem begins so, the stretches of the lengths that it may have.

    Args:
        problems: their texts; the same may come again.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        self._names: set[bytes] = set()
        for text in map(_squeezed, problems):
            self._names.add(_name(text))
            lengths[text[:_ANCHOR]].add(len(text))
        self._lengths = {anchor: sorted(known, reverse=True) for anchor, known in lengths.items()}
        self._anchors = sorted({len(anchor) for anchor in self._lengths}, reverse=True)

    def find(self, text: str) -> str | None:
        """The longest problem that stands in a text, white space squeezed; None when there is none."""
        text = _squeezed(text)
        found = ""
        for anchor in self._anchors:
            if len(found) >= anchor and anchor < _ANCHOR:  # a problem this short is its own anchor
                break
            for start in range(len(text) - anchor + 1):
                if start + len(found) >= len(text):  # what starts here is not longer
                    break
                for length in self._lengths.get(text[start : start + anchor], ()):
                    if length <= len(found):
                        break
                    stretch = text[start : start + length]
                    if len(stretch) == length and _name(stretch) in self._names:
                        found = stretch
                        break
        return found or None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _name(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)


def _reply(output: str, limit: int | None, prompt_tokens: int, start: int = 0) -> DemoReply:
    """An output from a place on, as far as the limit lets it."""
    kept = output[start:] if limit is None else output[start : start + limit * CHARACTERS_A_TOKEN]
    is_whole = start + len(kept) == len(output) and not split_thought(output).cut
    return DemoReply("", kept, "stop" if is_whole else "length", prompt_tokens, _tokens(kept))


def _end_of(beginning: str, output: str) -> int | None:
    """Where a beginning ends in an output; None when the output begins otherwise."""
    end = 0
    signs = _SIGN.finditer(output)
    for sign in _SIGN.finditer(beginning):
        found = next(signs, None)
        if found is None or found.group() != sign.group():
            return None
        end = found.end()
    return end


def _columns(file: Path) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    try:
        schema = pq.read_schema(file)
        for name in ("problem", "output"):
            _refuse_unless_text(file, schema, name)
        table = pq.read_table(file, columns=["problem", "output"], partitioning=None)
    except FileNotFoundError:
        raise UsageError(f"--replay {file}: there is no such file") from None
    except (OSError, pa.ArrowException) as error:
        said = str(error).splitlines()[0][:200]
        raise UsageError(f"--replay {file}: this is no Parquet file that can be read ({said})") from error
    return table["problem"], table["output"]


def _refuse_unless_text(file: Path, schema: Any, name: str) -> None:
    position = schema.get_field_index(name)
    if position < 0:
        there = ", ".join(schema.names)
        raise UsageError(f"--replay {file}: there is no column {name}, only {there}; it needs problem and output")
    kind = schema.field(position).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise UsageError(f"--replay {file}: column {name} holds {kind}, text is needed")
