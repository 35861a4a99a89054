"""Words that ask for something else in each other's place: the smallest for the largest, the odd for the even.

One that merely is there or not says little, as writers add and drop words. Where one text has nothing but the one and
the other text nothing but its opposite, they are siblings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from datagen.screen.vocabulary import OPPOSITES

_SIDES = {word.encode(): place for word, place in OPPOSITES.items()}


def asks_the_opposite(one: Iterable[bytes], other: Iterable[bytes]) -> bool:
    """Whether a word of one text stands for its opposite in the other; both as `letter_words`."""
    here, there = _sides(one), _sides(other)
    return any(sides.isdisjoint(there[group]) for group, sides in here.items() if group in there)


def _sides(words: Iterable[bytes]) -> Mapping[int, Set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for word in words:
        if (place := _SIDES.get(word)) is not None:
            found[place[0]].add(place[1])
    return found
