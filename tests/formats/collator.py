"""What the published ParaThinker trainer does with an example, point by point of PARATHINKER.md, and what must hold.

Written from that page alone and from nothing of ours, so that the two can disagree. The numbers are the page's points.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datagen.formats.tokenizer import ExampleTokenizer

CONTEXT = 28_672
SWAPPED_SHARE = 0.3
PROMPT, SUMMARY, PADDING = 1, 10, 0

Row = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Batch:
    """What the model is given of one example; lists as long as its tokens.

    Attributes:
        segments: the stored attention mask.
        path_of: number of the path that a token belongs to, after its path token; 0 on prompt and summary.
    """

    input_ids: list[int]
    labels: list[int]
    segments: list[int]
    position_ids: list[int]
    path_of: list[int]

    def mask(self) -> npt.NDArray[np.bool_]:
        """Point 6, what the patched model makes of the segments: row by row the tokens that a token sees."""
        segment = np.array(self.segments)
        reader, read = segment[:, None], segment[None, :]
        seen = (reader == read) | (read == PROMPT) | (reader == SUMMARY)
        return np.tril(seen & (reader != PADDING) & (read != PADDING))


@dataclass(frozen=True)
class Collator:
    """The trainer's collator.

    Attributes:
        opening: ids of `<think1>` to `<think8>`; a closing token's id is one more than its opening one's.
        summary: id of `<summary>`; that of `</summary>` is one more.
    """

    opening: tuple[int, ...] = tuple(range(151_665, 151_681, 2))  # 1: hard-coded in the published trainer
    summary: int = 151_681

    @classmethod
    def of(cls, tokenizer: ExampleTokenizer) -> "Collator":
        """The same trainer with another tokenizer's ids in the place of its own."""
        return cls(tuple(tokenizer.id_of(f"<think{number}>") for number in range(1, 9)), tokenizer.id_of("<summary>"))

    def __call__(self, rows: Sequence[Row], draw: random.Random) -> Batch:
        """A step of training."""
        assert len(rows) == 1  # 1
        return self.collate(rows[0], draw if draw.random() < SWAPPED_SHARE else None)

    def collate(self, row: Row, swap: random.Random | None = None) -> Batch:
        """What a row becomes in a step without a swap, or with one that is drawn so."""
        ids, labels = list(row["input_ids"]), list(row["labels"])
        if swap:
            self._swap(ids, labels, swap)
        return self._batch(ids, labels, list(row["attention_mask"]))

    def hits(self, ids: Sequence[int]) -> list[int]:
        """Where path tokens and `<summary>` stand; 2: the first is the prompt's, and is skipped unseen."""
        return [place for place, id_ in enumerate(ids) if id_ in self.opening or id_ == self.summary][1:]

    def _swap(self, ids: list[int], labels: list[int], draw: random.Random) -> None:
        *paths, _ = self.hits(ids)
        if len(paths) < 2:  # 4
            return
        for place, new in zip(draw.sample(paths, 2), draw.sample(self.opening[6:], 2), strict=True):
            assert ids[place] in self.opening[:6]  # 4
            closing = ids.index(ids[place] + 1)
            ids[place], ids[closing] = new, new + 1
            labels[closing] = new + 1  # 4: there, and not at the opening token

    def _batch(self, ids: list[int], labels: list[int], segments: list[int]) -> Batch:
        *paths, summary = self.hits(ids)
        assert ids[summary] == self.summary  # 3
        positions, path_of = list(range(len(ids))), [0] * len(ids)
        begin_of_summary = 0
        for begin, end in zip(paths, [*paths[1:], summary], strict=True):
            length = end - begin
            positions[begin:end] = range(paths[0], paths[0] + length)  # 5
            path_of[begin:end] = [self.opening.index(ids[begin]) + 1] * length
            last = paths[0] + length - 1
            if last > begin_of_summary:  # 5: off by one where a path is one token longer than all before it
                begin_of_summary = last + 1
        positions[summary:] = range(begin_of_summary, begin_of_summary + len(ids) - summary)
        return Batch(ids, labels, segments, positions, path_of)


def check_every_point(row: Row, collator: Collator, *, seed: int = 0) -> int:
    """Assert all that the trainer needs of a row, plain and after a swap; the number of its paths."""
    assert 0 < len(row["input_ids"]) == len(row["attention_mask"]) == len(row["labels"]) <= CONTEXT  # 7
    plain, swapped = collator.collate(row), collator.collate(row, random.Random(seed))
    paths = _check_batch(plain, collator)
    assert _check_batch(swapped, collator) == paths

    changed = [place for place, id_ in enumerate(swapped.input_ids) if id_ != plain.input_ids[place]]
    assert len(changed) == (4 if paths >= 2 else 0)  # 4: the opening and the closing token of two paths
    assert len({number for number in swapped.path_of if number > 6}) == (2 if paths >= 2 else 0)
    relabelled = [place for place, label in enumerate(swapped.labels) if label != plain.labels[place]]
    assert relabelled == [place for place in changed if swapped.input_ids[place] - 1 in collator.opening]
    assert replace(swapped, **{name: getattr(plain, name) for name in ("input_ids", "labels", "path_of")}) == plain
    return paths


def _check_batch(batch: Batch, collator: Collator) -> int:
    ids, segments, positions = batch.input_ids, batch.segments, batch.position_ids
    starts = collator.hits(ids)
    assert ids.index(collator.summary) < starts[0]  # 2: skipped was the prompt's `<summary>`, and no path
    *paths, summary = starts
    assert 1 <= len(paths) <= 6
    assert ids[summary] == collator.summary
    assert [place for place, id_ in enumerate(ids) if id_ == collator.summary][1:] == [summary]
    assert ids.count(collator.summary + 1) == 2  # 3: in the prompt, and at the end
    assert ids.index(collator.summary + 1) < paths[0]

    ends = [*paths[1:], summary]
    numbers = [batch.path_of[begin] for begin in paths]
    assert len(set(numbers)) == len(numbers)
    for number, begin, end in zip(numbers, paths, ends, strict=True):
        assert ids[begin] == collator.opening[number - 1]
        assert ids[end - 1] == ids[begin] + 1
        assert end - begin > 2, "a path says something"
        assert batch.labels[begin] == -100
        assert batch.labels[begin + 1 : end] == ids[begin + 1 : end]
    closing = {opening + 1 for opening in collator.opening}
    assert [place + 1 for place, id_ in enumerate(ids) if id_ in closing] == ends  # 3: each once, behind its path

    assert segments[: paths[0]] == [PROMPT] * paths[0]  # 6
    assert segments[summary:] == [SUMMARY] * (len(ids) - summary)
    parts = [set(segments[begin:end]) for begin, end in zip(paths, ends, strict=True)]
    assert all(len(part) == 1 for part in parts)
    assert len(set.union(*parts)) == len(parts)
    assert not set.union(*parts) & {PROMPT, SUMMARY, PADDING}

    assert positions[: paths[0]] == list(range(paths[0]))  # 5
    for begin, end in zip(paths, ends, strict=True):
        assert positions[begin:end] == list(range(paths[0], paths[0] + end - begin))
    longest = paths[0] + max(end - begin for begin, end in zip(paths, ends, strict=True)) - 1
    assert positions[summary] - longest in (0, 1)
    assert positions[summary:] == list(range(positions[summary], positions[summary] + len(ids) - summary))
    assert batch.path_of == [
        *[0] * paths[0],
        *(number for number, begin, end in zip(numbers, paths, ends, strict=True) for _ in range(begin, end)),
        *[0] * (len(ids) - summary),
    ]
    _check_mask(batch.mask(), paths[0], list(zip(paths, ends, strict=True)), summary)
    return len(paths)


def _check_mask(mask: npt.NDArray[np.bool_], prompt: int, paths: Sequence[tuple[int, int]], summary: int) -> None:
    """6: a token sees the prompt and its own path so far; the summary sees all that came before."""
    expected = np.zeros_like(mask)
    expected[:, :prompt] = True
    for begin, end in paths:
        expected[begin:end, begin:end] = True
    expected[summary:] = True
    assert np.array_equal(mask, np.tril(expected))
