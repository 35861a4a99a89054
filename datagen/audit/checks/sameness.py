"""Sameness: paths of an example that say the same, and how far apart its paths are.

Both by what selection goes by. A path counts when it repeats an earlier one, so that of three equal paths two count.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from datagen.approaches import ReadPath, is_same_path, mean_distance, read_path
from datagen.audit.checks.tally import Hit, Tally
from datagen.audit.example import AuditedExample


def read_paths(example: AuditedExample) -> list[ReadPath]:
    """Its paths, ready to be compared."""
    return [read_path(path.text, example.problem) for path in example.paths]


def sameness(example: AuditedExample, read: Sequence[ReadPath]) -> Iterator[Tally]:
    """Paths whose words are those of an earlier path, and others that are one path with it."""
    equal: list[Hit] = []
    near: list[Hit] = []
    for place, path in enumerate(read):
        earlier = list(zip(example.paths, read[:place], strict=False))
        number = example.paths[place].number
        if (twin := next((one for one, other in earlier if _same_words(path, other)), None)) is not None:
            equal.append(Hit(f"path {number} is path {twin.number}"))
        elif (twin := next((one for one, other in earlier if is_same_path(path, other)), None)) is not None:
            near.append(Hit(f"path {number} says what path {twin.number} says"))
    yield Tally("same_paths", len(read), tuple(equal))
    yield Tally("nearly_same_paths", len(read), tuple(near))


def diversity(read: Sequence[ReadPath]) -> float | None:
    """The mean distance of its paths, 0 to 1; None without two."""
    return mean_distance([path.approach for path in read])


def _same_words(one: ReadPath, other: ReadPath) -> bool:
    return np.array_equal(one.words.ordered, other.words.ordered)
