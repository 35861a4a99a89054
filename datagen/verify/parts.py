"""Two answers of the same shape, part by part.

Tuples, intervals and matrices are equal when their parts are, in order; lists, sets and unions when each part of one
has an equal in the other. A part that can't be told leaves the whole untold, unless another part already tells it apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from datagen.verify.numbers import read_number
from datagen.verify.reading import Group, Node, Value
from datagen.verify.units import without_unit

Leaf = Callable[[str, str], bool | None]
"""Whether two values are equal, gold first; None when it can't tell."""

_UNORDERED = frozenset({"list", "set"})


def same_parts(gold: Node, answer: Node, leaf: Leaf) -> bool | None:
    """Whether two answers are equal part by part; None when that can't be told, or their shapes differ."""
    if isinstance(gold, Value) and isinstance(answer, Value):
        if _other_name(gold.name, answer.name) or ("=" in gold.text) != ("=" in answer.text):
            return None
        return leaf(gold.text, answer.text)
    if isinstance(gold, Value):
        return False if _is_number(gold) and _several_numbers(answer) else None
    if isinstance(answer, Value):
        return False if _is_number(answer) and _several_numbers(gold) else None
    gold, answer = _vector(gold), _vector(answer)
    if gold.kind == answer.kind == "matrix":
        return _in_order(gold.items, answer.items, leaf)
    if gold.kind == answer.kind == "tuple":
        if len(gold.items) == len(answer.items) == 2 and gold.ends != answer.ends:
            return _told_apart(gold, answer)
        return _in_order(gold.items, answer.items, leaf)
    if gold.kind == answer.kind == "union":
        return True if _each_has_its_equal(gold.items, answer.items, leaf) else None
    if gold.kind in _UNORDERED and answer.kind in _UNORDERED:
        names = _names(gold.items), _names(answer.items)
        if all(names) and set(names[0]) == set(names[1]):
            by_name = {item.name: item for item in answer.items}
            return _in_order(gold.items, [by_name[item.name] for item in gold.items], leaf)
        if (any(names[0]) or any(names[1])) and not all(names) and _different_things(names[0] or names[1]):
            return _in_order(gold.items, answer.items, leaf)
        return _each_has_its_equal(gold.items, answer.items, leaf)
    if {gold.kind, answer.kind} == {"tuple", "list"}:
        return _in_order(gold.items, answer.items, leaf)
    return None


def _is_number(node: Node) -> bool:
    return isinstance(node, Value) and read_number(without_unit(node.text)[0]) is not None


def _several_numbers(node: Node) -> bool:
    """Whether an answer is at least two numbers, and not the same one said twice."""
    if isinstance(node, Value) or node.kind in {"union", "matrix"} or not all(_is_number(item) for item in node.items):
        return False
    return len({item.text for item in node.items if isinstance(item, Value)}) > 1


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


def _other_name(gold: str, answer: str) -> bool:
    """Whether two plain variables differ: the line x = 5 is not the line y = 5."""
    return gold != answer and len(gold) == len(answer) == 1


def _names(items: Sequence[Node]) -> list[str]:
    names = [item.name for item in items]
    return names if all(names) and len(set(names)) == len(names) else []


def _different_things(names: Sequence[str]) -> bool:
    r"""Whether names name different things, so that their order counts; x_1 and x_2 are two roots of one equation."""
    return len({name.partition("_")[0] for name in names}) > 1
