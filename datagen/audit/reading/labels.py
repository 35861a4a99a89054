"""What a trainer is told beside the ids: which token belongs to which segment, and which are learnt.

`attention_mask` is 1 on the prompt, one value of its own on each path, 10 on the summary. `labels` are -100 on the
prompt, on the opening tokens and on the words that inference forces, and the id itself elsewhere.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from datagen.audit.reading.form import Form
from datagen.formats.rendering import PROMPT_SEGMENT, SUMMARY_SEGMENT, UNTRAINED

Ids = npt.NDArray[np.int64]

_PADDING_SEGMENT = 0


def wrong_segments(mask: Ids, form: Form, length: int) -> Iterator[str]:
    """What is wrong with an example's segment numbers, in words.

    Args:
        mask: its attention_mask.
        form: the example, taken apart.
        length: ids that it has, padding included.
    """
    if len(mask) != length:
        yield f"attention_mask has {len(mask)} values for {length} ids"
        return
    if length and (mask == PROMPT_SEGMENT).all():
        yield f"attention_mask is {PROMPT_SEGMENT} everywhere: it names no segments"
        return
    if (mask[: form.prompt_end] != PROMPT_SEGMENT).any():
        yield f"attention_mask is not {PROMPT_SEGMENT} on the whole prompt"
    parts = [*form.paths, *([form.summary] if form.summary else [])]
    ends = [part.begin for part in parts[1:]] + [_end_of_text(mask)]
    seen = {_PADDING_SEGMENT, PROMPT_SEGMENT, SUMMARY_SEGMENT}
    for part, end in zip(parts, ends, strict=True):
        values = {int(value) for value in np.unique(mask[part.begin : end])}
        if part is form.summary:
            if values != {SUMMARY_SEGMENT}:
                yield f"attention_mask is not {SUMMARY_SEGMENT} on the whole summary"
        elif len(values) > 1:
            yield f"attention_mask is not one value on {part.token}"
        elif values & seen:
            yield f"attention_mask is {min(values)} on {part.token}, which is another segment's"
        seen |= values


def wrong_labels(labels: Ids, ids: Ids, form: Form, end: int, forced_ids: list[int]) -> Iterator[str]:
    """What is wrong with an example's labels, in words.

    Args:
        labels: of the whole example.
        ids: its input_ids.
        form: the example, taken apart.
        end: where its padding begins.
        forced_ids: of the words that inference forces on a summary.
    """
    if len(labels) != len(ids):
        yield f"labels has {len(labels)} values for {len(ids)} ids"
        return
    trained = labels != UNTRAINED
    other = int(np.count_nonzero(trained & (labels != ids)))
    if other:
        yield f"labels are other ids than input_ids at {other} places"
    if count := int(np.count_nonzero(trained[: form.prompt_end])):
        yield f"labels train {count} tokens of the prompt"
    if count := int(np.count_nonzero(trained[end:])):
        yield f"labels train {count} tokens of the padding"
    for path in form.paths:
        if trained[path.begin]:
            yield f"labels train {path.token}"
        if count := int(np.count_nonzero(~trained[path.text_begin : path.end])):
            yield f"labels leave out {count} tokens of {path.token}"
    if form.summary is not None:
        if trained[form.summary.begin]:
            yield f"labels train {form.summary.token}"
        learnt_from = form.summary.text_begin
        if ids[learnt_from : learnt_from + len(forced_ids)].tolist() == forced_ids:
            learnt_from += len(forced_ids)
        if count := int(np.count_nonzero(trained[form.summary.text_begin : learnt_from])):
            yield f"labels train {count} tokens of the summary's forced words"
        if count := int(np.count_nonzero(~trained[learnt_from:end])):
            yield f"labels leave out {count} tokens from the summary on"


def _end_of_text(mask: Ids) -> int:
    seen = np.flatnonzero(mask)
    return int(seen[-1]) + 1 if len(seen) else 0
