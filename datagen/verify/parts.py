"""Two answers of the same shape, part by part.

Tuples, intervals and matrices are equal when their parts are, in order; lists, sets and unions when each part of one
has an equal in the other. A part that can't be told leaves the whole untold, unless another part tells it apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from datagen.verify.numbers import read_number
from datagen.verify.reading import Group, Node, Value
from datagen.verify.units import without_unit

Leaf = Callable[[str, str], bool | None]
"""Whether two values are equal, gold first; None when it can't tell."""

_UNORDERED = frozenset({"list", "set"})
_NAMED = frozenset({"list", "set", "tuple"})
_COMPOUND = re.compile(
    r"[,;<>=]|\\(?:text|pm|mp|cup|cap|in|mid|begin|\{|[lgn]e|mathbb|emptyset)(?![a-z])|\\\{|[A-Za-z]{3}"
)
_FUNCTION = re.compile(r"[A-Za-z]\([a-z]\)")


def same_parts(gold: Node, answer: Node, leaf: Leaf) -> bool | None:
    """Whether two answers are equal part by part; None when that can't be told, or their shapes differ."""
    if isinstance(gold, Value) and isinstance(answer, Value):
        if _other_name(gold, answer):
            return False if _is_number(gold) and _is_number(answer) else None
        if ("=" in gold.text) != ("=" in answer.text):
            return None
        return leaf(gold.text, answer.text)
    if isinstance(gold, Value):
        return False if isinstance(answer, Group) and _is_single(gold) and _is_several(answer) else None
    if isinstance(answer, Value):
        return False if _is_single(answer) and _is_several(gold) else None
    gold, answer = _vector(gold), _vector(answer)
    if gold.kind == answer.kind == "matrix":
        return _in_order(gold.items, answer.items, leaf)
    names = _names(gold.items), _names(answer.items)
    if gold.kind in _NAMED and answer.kind in _NAMED and all(names):
        if set(names[0]) != set(names[1]):
            return None
        named = {item.name: item for item in answer.items}
        return _in_order(gold.items, [named[item.name] for item in gold.items], leaf)
    if gold.kind == answer.kind == "tuple":
        if len(gold.items) == len(answer.items) == 2 and gold.ends != answer.ends:
            return _told_apart(gold, answer)
        return _in_order(gold.items, answer.items, leaf)
    if gold.kind == answer.kind == "union":
        return True if _each_has_its_equal(gold.items, answer.items, leaf) else None
    if gold.kind in _UNORDERED and answer.kind in _UNORDERED:
        if (any(names[0]) or any(names[1])) and not all(names) and _different_things(names[0] or names[1]):
            return _in_order(gold.items, answer.items, leaf)
        if gold.kind == answer.kind == "list" and all(isinstance(item, Value) for item in gold.items):
            return _one_to_one(gold.items, answer.items, leaf)
        return _each_has_its_equal(gold.items, answer.items, leaf)
    if {gold.kind, answer.kind} == {"tuple", "list"} and "()" in {gold.ends, answer.ends}:
        return _in_order(gold.items, answer.items, leaf)
    return None


def _is_number(value: Value) -> bool:
    return read_number(without_unit(value.text)[0]) is not None


def _is_single(value: Value) -> bool:
    """Whether a value is plainly one thing, no list or set in a spelling that reading does not know."""
    return not _COMPOUND.search(value.text)


def _is_several(group: Group) -> bool:
    """Whether an answer is at least two values; a set may say the same one twice."""
    values = [item.text for item in group.items if isinstance(item, Value)]
    return group.kind in _NAMED and len(values if group.kind == "list" else set(values)) > 1


def _vector(group: Group) -> Group:
    """A matrix of one column or one row as the tuple that it is."""
    if group.kind != "matrix":
        return group
    rows = [row.items for row in group.items if isinstance(row, Group)]
    if len(rows) == 1:
        return Group("tuple", rows[0], "()")
    if all(len(row) == 1 for row in rows):
        return Group("tuple", tuple(row[0] for row in rows), "()")
    return group


def _told_apart(gold: Group, answer: Group) -> bool | None:
    """Two pairs in different brackets: other intervals. A list in brackets is no interval, so that it stays untold."""
    return False if "[" in gold.ends + answer.ends or "]" in gold.ends + answer.ends else None


def _in_order(gold: Sequence[Node], answer: Sequence[Node], leaf: Leaf) -> bool | None:
    if len(gold) != len(answer):
        return False
    return _all(same_parts(one, other, leaf) for one, other in zip(gold, answer, strict=True))


def _each_has_its_equal(gold: Sequence[Node], answer: Sequence[Node], leaf: Leaf) -> bool | None:
    told = [[same_parts(one, other, leaf) for other in answer] for one in gold]
    columns = [[row[number] for row in told] for number in range(len(answer))]
    return _all(_any(line) for line in [*told, *columns])


def _one_to_one(gold: Sequence[Node], answer: Sequence[Node], leaf: Leaf) -> bool | None:
    """Whether the parts of two lists can be paired off: a number that stands there twice has to stand there twice."""
    if len(gold) != len(answer):
        return False
    left, untold = list(answer), False
    for one in gold:
        told = [same_parts(one, other, leaf) for other in left]
        if True in told:
            del left[told.index(True)]
        elif None in told:
            untold = True
        else:
            return False
    return None if untold else True


def _all(told: Iterable[bool | None]) -> bool | None:
    untold = False
    for one in told:
        if one is False:
            return False
        untold = untold or one is None
    return None if untold else True


def _any(told: Iterable[bool | None]) -> bool | None:
    untold = False
    for one in told:
        if one:
            return True
        untold = untold or one is None
    return None if untold else False


def _other_name(gold: Value, answer: Value) -> bool:
    """Whether two names differ: x = 5 is not y = 5; y may stand for f(x), and a constant W(n) for W(x)."""
    names = gold.name, answer.name
    if not all(names) or names[0] == names[1]:
        return False
    functions = [bool(_FUNCTION.fullmatch(name)) for name in names]
    if all(functions) and names[0][0] == names[1][0]:
        return bool(re.search(r"[a-z]", gold.text + answer.text))
    return not ("y" in names and any(functions))


def _names(items: Sequence[Node]) -> list[str]:
    names = [item.name for item in items]
    return names if all(names) and len(set(names)) == len(names) else []


def _different_things(names: Sequence[str]) -> bool:
    r"""Whether names name different things, so that their order counts; x_1 and x_2 are two roots of one equation."""
    return len({name.partition("_")[0] for name in names}) > 1
