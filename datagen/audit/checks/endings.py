"""Endings: paths that are not whole.

What a dataset states comes first: a closing token that is not there, a finish reason, a verdict. A path of which it
states neither finish reason nor verdict is judged by its last words. Such a text was cut where it breaks off
(`datagen.endings`), or within a long sentence of a text that has given no answer (docs/auditing.md has precision and
recall).
"""

import re
from collections.abc import Iterator

from datagen.audit.checks.tally import Hit, Tally
from datagen.audit.example import AuditedExample, AuditedPath
from datagen.endings import WITHIN, breaks_off
from datagen.thoughts import split_thought
from datagen.verify.closing import closing_answer

_FEWEST_WORDS = 6
"""Words of a sentence that can't be a label, a signature or an answer."""
_SENTENCE_BEGINS = re.compile(r"(?<=[.!?:;])\s|\n")
_QUANTITY = re.compile(r"[0-9%)}\]$]\s+\S+$")
"""A number and its unit: an answer rather than half a sentence."""


def endings(example: AuditedExample) -> Iterator[Tally]:
    """Paths that are not finished, and how one can tell."""
    told = [(path.number, reason) for path in example.paths if (reason := why_unfinished(path))]
    hits = tuple(Hit(f"path {number}: {reason}", reason) for number, reason in told)
    yield Tally("unfinished_paths", len(example.paths), hits)


def is_finished(path: AuditedPath) -> bool:
    """Whether nothing tells that a path is not whole."""
    return not why_unfinished(path)


def why_unfinished(path: AuditedPath) -> str:
    """Why a path is not whole; empty when nothing tells."""
    if not path.is_closed:
        return "not closed"
    if path.finish_reason in ("length", "content_filter"):
        return f"finish reason {path.finish_reason}"
    if path.verdict == "truncated":
        return "verdict truncated"
    if split_thought(path.text).cut:
        return "open thought"
    is_stated = path.finish_reason == "stop" or path.verdict is not None
    return "cut in the middle" if not is_stated and is_cut(path.text) else ""


def is_cut(text: str) -> bool:
    """Whether a text ends in the middle of something."""
    if breaks_off(text):
        return True
    text = text.rstrip()
    end = text[-WITHIN:]
    if not end[-1:].isalpha():
        return False
    sentence = _SENTENCE_BEGINS.split(end)[-1]
    is_prose = len(sentence.split()) >= _FEWEST_WORDS and not set("=~") & set(sentence)
    return is_prose and _QUANTITY.search(sentence) is None and closing_answer(text) is None
