r"""A problem with other letters: each variable and each point is named after its place in the formulas.

`x`, `\alpha` and the `A` of a triangle `ABC` are letters that an author may choose. Their order in the formulas tells
them apart without their names, so that two texts which differ in letters alone have the same tokens.
"""

import re
from collections.abc import Sequence

from datagen.screen.gist import is_variable
from datagen.screen.vocabulary import FUNCTIONS, GREEK_LETTERS

_FORMULA = re.compile(r"\$[^$]{1,2000}\$|\\\([^$]{1,2000}?\\\)|\\\[[^$]{1,2000}?\\\]")
_SYMBOL = re.compile(r"\\([A-Za-z]+)|[A-Z]{2,6}(?![A-Za-z])|[a-z]{2,3}(?![A-Za-z])|[A-Za-z](?![A-Za-z])")


def letters_of(problem: str) -> tuple[str, ...]:
    """The letters that the formulas of a raw text use, in the order in which they come, each once."""
    found: dict[str, None] = {}
    for formula in _FORMULA.findall(problem):
        for symbol in _SYMBOL.finditer(formula):
            if symbol[1] is None:
                run = symbol.group().lower()
                found |= {} if run in FUNCTIONS else dict.fromkeys(run)
            elif (greek := "\\" + symbol[1].lower().removeprefix("var")) in GREEK_LETTERS:
                found[greek] = None
    return tuple(found)


def renamed(tokens: Sequence[str], letters: Sequence[str]) -> list[str]:
    """The tokens with places for names; runs of letters ("xy", "abc") are taken apart.

    Args:
        tokens: of the normal form.
        letters: of `letters_of`; where a text has no formulas, its variables are named in their order.
    """
    if not letters:
        letters = tuple(dict.fromkeys(filter(is_variable, tokens)))
    names = {letter: f"?{place}" for place, letter in enumerate(letters)}
    with_names: list[str] = []
    for token in tokens:
        if token in names:
            with_names.append(names[token])
        elif len(token) <= 6 and token not in FUNCTIONS and names.keys() >= set(token):
            with_names += [names[letter] for letter in token]
        else:
            with_names.append(token)
    return with_names
