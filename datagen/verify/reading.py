r"""What a tidy answer is made of: a value, or values in brackets, lists, sets, intervals, unions and matrices.

Two answers of the same shape are compared part by part, so that every part meets the cheapest step that can decide it.
Reading is generous about dress ("x = 3", "x \in [0,1)", "3 or 4") and strict about what it groups: what is not plainly
one of these shapes is one value, left to computer algebra as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from datagen.verify.numbers import read_number
from datagen.verify.units import without_unit
from datagen.verify.words import in_signs

Kind = Literal["tuple", "set", "list", "union", "matrix"]
_MOST_CHARACTERS = 4000
_MOST_ITEMS = 64
_DEEPEST = 6

_COMMAND = re.compile(r"\\[A-Za-z]+")
_STEP = re.compile(
    r"\\begin\{[a-z]*\}|\\end\{[a-z]*\}|\\[{}]|\\(?:langle|lfloor|lceil|lvert)(?![A-Za-z])"
    r"|\\(?:rangle|rfloor|rceil|rvert)(?![A-Za-z])|\\cup(?![A-Za-z])|\\approx(?![A-Za-z])|\\\\|[()\[\]{},;&=:]"
)
_OPENS = ("\\begin", "\\{", "\\langle", "\\lfloor", "\\lceil", "\\lvert", "(", "[", "{")
_CLOSES = ("\\end", "\\}", "\\rangle", "\\rfloor", "\\rceil", "\\rvert", ")", "]", "}")
_JOINED = re.compile(
    r"\s*,?\s*\\text\{\s*,?\s*(?:and|or)\s*\}\s*|(?:(?<=[0-9)}\]])|(?<=(?<![A-Za-z])[A-Za-z]))\s*,?\s*(?<![A-Za-z])(?:and|or)(?=[\s(\\0-9-]|[A-Za-z][=(])\s*"
    r"|(?<=,)\s*(?:and|or)(?=[\s(\\0-9-])\s*|(?<=[0-9)}\]])or(?=[A-Za-z][=(])|\s*\\(?:lor|vee)(?![A-Za-z])\s*"
)
_RESIDUE = re.compile(
    r"(?:([A-Za-z])\s*\\equiv\s*)?([-0-9a-z+ ]{1,30}?)\s*\(?\\[pb]?mod(?![a-z])\s*(\{[0-9a-z]+\}|[0-9a-z]+)\)?"
)
_MATRIX = re.compile(r"([\[(]?)\s*\\begin\{([pb]?matrix|array)\}(?:\{[a-z|]*\})?(.*)\\end\{\2\}\s*[\])]?", re.DOTALL)
_ELEMENT = re.compile(r"(?:[A-Za-z]|\\[a-z]+|\([A-Za-z](?:,[A-Za-z])*\))\s*\\in(?![A-Za-z])\s*(?=\S)")
_NAME = re.compile(
    r"\|?(?:\\(?:angle|triangle|text|mathbf|vec|overline|sin|cos|tan|cot|sec|csc|log|ln|min|max|arg)\b)?"
    r"[A-Za-z\\{][A-Za-z\\{} ]{0,30}(?:_(?:\{[^{}=]{1,20}\}|[0-9A-Za-z]))?'{0,2}(?:\([A-Za-z0-9,\\ ]{1,20}\))?\|?"
    r"|\((?:[A-Za-z\\]+(?:_(?:\{[^{}=]{1,9}\}|[0-9A-Za-z]))?,?\s?){1,8}\)|\\frac\{[A-Z]{1,3}(?:_[a-z](?:\([a-z]\))?)?\}\{[A-Z]{1,3}(?:_[a-z](?:\([a-z]\))?)?\}"
)
_BOUND = r"[^<>=\\]*(?:\\(?!le(?![a-z])|ge(?![a-z])|ne(?![a-z])|in(?![a-z]))[^<>=\\]*)*"
_VARIABLE = r"(?:[A-Za-z](?:_[0-9A-Za-z])?|\\(?:alpha|beta|theta|lambda|mu|phi|omega)|[A-Za-z]\([A-Za-z]\))"
_BETWEEN = re.compile(rf"({_BOUND})(<|>|\\le|\\ge)\s*({_VARIABLE})\s*(<|>|\\le|\\ge)\s*({_BOUND})")
_ONE_SIDE = re.compile(rf"({_VARIABLE})\s*(<|>|\\le|\\ge)\s*({_BOUND})|({_BOUND})(<|>|\\le|\\ge)\s*({_VARIABLE})")
_INEQUALITY = re.compile(r"[<>]|\\[lg]e(?![a-z])")
_BUILDER = re.compile(r"(?:[A-Za-z]|\\[a-z]+)\s*(?:\\in\s*\\(?:mathbb\{R\}|R)\s*)?(?:\\mid|[|:])(.+)", re.DOTALL)
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Value:
    """One value as text, and the name that it was given ("x" in "x = 3"); empty when it has none."""

    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Values that belong together.

    Attributes:
        kind: tuples, and intervals with them, are in order; lists, sets and unions are not; a matrix holds its rows.
        items: the parts.
        ends: the brackets of a tuple or an interval.
        name: as of a value.
    """

    kind: Kind
    items: tuple[Node, ...]
    ends: str = ""
    name: str = ""


Node = Value | Group


def readings(text: str) -> tuple[Node, ...]:
    """The ways in which a tidy text can be read, the likeliest first: "1,22" is one number or two."""
    if len(text) > _MOST_CHARACTERS:
        return (Value(text),)
    text = in_signs(text)
    if _THOUSANDS.fullmatch(text):
        return (Value(text),)
    first = _read(text, 0)
    if isinstance(first, Group) and first.kind == "list" and read_number(without_unit(text)[0]) is not None:
        return Value(text), first
    return (first,)


def _read(text: str, depth: int) -> Node:
    text = text.strip()
    if depth > _DEEPEST:
        return Value(text)
    text = _ELEMENT.sub("", text, count=1) if _ELEMENT.match(text) else text
    text = _without_braces(text)
    interval = _interval(text, depth)
    if interval is not None:
        return interval
    residue = _RESIDUE.fullmatch(text)
    if residue:
        return Group("tuple", (_read(residue[2], depth + 1), _read(residue[3], depth + 1)), "mod", residue[1] or "")
    matrix = _MATRIX.fullmatch(text)
    if matrix and _closes_at_end(text):
        rows = tuple(
            Group("tuple", tuple(_read(cell, depth + 1) for cell in _split(row, ("&",))), "()")
            for row in _split(matrix[3], ("\\\\",))
            if row.strip() and row.strip() != "\\hline"
        )
        return Group("matrix", rows)
    joined = _JOINED.sub(", ", text) if _JOINED.search(text) else text
    if joined != text and _INEQUALITY.search(text):
        return _either(text, depth)
    lines = _split(joined, (";",))
    if 1 < len(lines) <= _MOST_ITEMS and len(_split(joined, (",", ";"))) > len(lines):  # p = 5, q = 2; p = 7, q = 2
        return Group("list", tuple(_as_tuple(_read(line, depth + 1)) for line in lines))
    parts = _list_parts(joined)
    if len(parts) > 1:
        return _listed(parts, depth)
    if joined != text:
        return Value(text)
    pieces = _split(text, ("\\cup",))
    if 1 < len(pieces) <= _MOST_ITEMS:
        return Group("union", tuple(_read(piece, depth + 1) for piece in pieces))
    return _named(text, depth) or _bracketed(text, depth) or _ratio(text, depth) or _plus_minus(text) or Value(text)


def _either(text: str, depth: int) -> Node:
    """Inequalities joined by "or" as the union that they are; joined by "and" they are left as they stand."""
    parts = _JOINED.split(text)
    if re.search(r"(?<![A-Za-z])and(?![A-Za-z])", text):
        return Value(text)
    items = tuple(_read(part, depth + 1) for part in parts)
    if all(isinstance(item, Group) and item.kind == "tuple" for item in items):
        return Group("union", items)
    return Value(text)


def _as_tuple(node: Node) -> Node:
    return Group("tuple", node.items, "()") if isinstance(node, Group) and node.kind == "list" else node


def _listed(parts: list[str], depth: int) -> Node:
    if len(parts) > _MOST_ITEMS:
        return Value(", ".join(parts))
    items = [_read(part, depth + 1) for part in parts]
    names = [item.name for item in items]
    if names[0] and not any(names[1:]):  # n = 1, 2, 3
        first = items[0]
        items[0] = Value(first.text) if isinstance(first, Value) else Group(first.kind, first.items, first.ends)
    flat: list[Node] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Group) and item.kind == "list" and not item.name else [item])
    return Group("list", tuple(flat))


def _list_parts(text: str) -> list[str]:
    """A bare list's parts; a comma that groups digits is none where other commas have a blank."""
    parts = _split(text, (",", ";"))
    if len(parts) > 1 and re.search(r"[0-9], [0-9]", text) and re.search(r"[0-9],[0-9]{3}(?![0-9])", text):
        merged = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
        return _split(merged, (",", ";"))
    return parts


def _named(text: str, depth: int) -> Node | None:
    r"""The value of "x = 3", of "AB = 2 \cdot 3 = 6" and of "x = 1/3 \approx 0.33"; None for other equations."""
    pieces = _split(text, ("=",))
    approximate = _split(pieces[-1], ("\\approx",))
    if len(pieces) == 1 and len(approximate) == 1:
        return None
    if len(pieces) == 1:
        name, value = approximate[0].strip(), approximate[1]
        if name and not _is_name(name):  # the exact value comes first
            return _read(name, depth + 1)
    else:
        name, value = pieces[0].strip(), approximate[0]
        if name and not _is_name(name) and len(pieces) == 2:
            return None
    if not value.strip():
        return None
    read = _read(value, depth + 1)
    if read.name:
        return read
    if isinstance(read, Group) and read.kind == "tuple" and name.startswith("(") and len(pieces) == 2:
        return _each_named(read, name)
    name = name if _is_name(name) else ""
    return Value(read.text, name) if isinstance(read, Value) else Group(read.kind, read.items, read.ends, name)


def _each_named(group: Group, names: str) -> Node:
    """(a, b) = (2, 3) as what it says of a and of b."""
    named = [name.strip() for name in names[1:-1].split(",")]
    if len(named) != len(group.items):
        return group
    items = [
        Value(item.text, name) if isinstance(item, Value) else item
        for item, name in zip(group.items, named, strict=True)
    ]
    return Group("tuple", tuple(items), group.ends)


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text) or all(_NAME.fullmatch(part) for part in text.split(":")))


def _bracketed(text: str, depth: int) -> Node | None:
    for opening, closing in (("\\{", "\\}"), ("\\langle", "\\rangle"), ("(", ")"), ("[", "]"), ("(", "]"), ("[", ")")):
        if text.startswith(opening) and text.endswith(closing) and _closes_at_end(text):
            inner = text[len(opening) : -len(closing)]
            parts = _split(inner, (",", ";"))
            if opening == "\\{":
                builder = _BUILDER.fullmatch(inner)
                if builder and (condition := _interval(builder[1].strip(), depth + 1)) is not None:
                    return condition
                if re.search(r"\\mid|[|:]|\\(?:ldots|dots|cdots)", inner):
                    return None
                items = _listed(parts, depth) if len(parts) > 1 else _read(inner, depth + 1)
                inside = items.items if isinstance(items, Group) and items.kind == "list" else (items,)
                return Group("set", inside if inner.strip() else ())
            if len(parts) < 2 or len(parts) > _MOST_ITEMS:
                return None
            ends = "()" if opening == "\\langle" else opening + closing
            return Group("tuple", tuple(_read(part, depth + 1) for part in parts), ends)
    return None


def _ratio(text: str, depth: int) -> Node | None:
    """A ratio of roots and the like; one of plain numbers is a value, since it may be reduced."""
    parts = _split(text, (":",))
    if len(parts) < 2 or any(not part.strip() or re.search(r"[A-Za-z]{2}", _COMMAND.sub("", part)) for part in parts):
        return None
    if all(read_number(without_unit(part)[0]) is not None for part in parts):
        return None
    return Group("tuple", tuple(_read(part, depth + 1) for part in parts), "ratio")


def _interval(text: str, depth: int) -> Node | None:
    if not _INEQUALITY.search(text) or text.startswith("\\{"):
        return None
    both = _BETWEEN.fullmatch(text)
    if both and all(both[number].strip() for number in (1, 5)):
        low, first, second, high = both[1], both[2], both[4], both[5]
        if (first in {"<", "\\le"}) != (second in {"<", "\\le"}):
            return None
        if first in {">", "\\ge"}:
            low, first, second, high = high, second, first, low
        ends = ("(" if first in {"<", ">"} else "[") + (")" if second in {"<", ">"} else "]")
        return Group("tuple", (_read(low, depth + 1), _read(high, depth + 1)), ends)
    one = _ONE_SIDE.fullmatch(text)
    if not one:
        return None
    bound, sign = (one[3], one[2]) if one[1] else (one[4], _FLIPPED[one[5]])
    if not bound.strip() or re.search(r"[<>,]|\\(?:text|cup)", bound):
        return None
    end = _read(bound, depth + 1)
    if sign in {"<", "\\le"}:
        return Group("tuple", (Value("-\\infty"), end), "(" + (")" if sign == "<" else "]"))
    return Group("tuple", (end, Value("\\infty")), ("(" if sign == ">" else "[") + ")")


_FLIPPED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}


def _plus_minus(text: str) -> Node | None:
    if text.count("\\pm") != 1 or "\\mp" in text:
        return None
    before, after = (part.strip() for part in text.split("\\pm"))
    return Group("list", (Value(f"{before}+{after}" if before else after), Value(f"{before}-{after}")))


def _without_braces(text: str) -> str:
    while text.startswith("{") and text.endswith("}") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


def _closes_at_end(text: str) -> bool:
    """Whether the bracket that a text begins with is closed by the one that it ends with."""
    depth = 0
    for step in _STEP.finditer(text):
        depth += _turn(step.group())
        if depth == 0:
            return step.end() == len(text)
    return False


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """The parts between separators that stand in no bracket."""
    parts: list[str] = []
    depth = start = 0
    for step in _STEP.finditer(text):
        turn = _turn(step.group())
        depth += turn
        if depth == 0 and turn == 0 and step.group() in separators:
            parts.append(text[start : step.start()])
            start = step.end()
    parts.append(text[start:])
    return parts


def _turn(step: str) -> int:
    if step.startswith(_OPENS) and step != "\\end":
        return 1
    return -1 if step.startswith(_CLOSES) else 0
