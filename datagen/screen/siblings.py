"""What two problems of one template differ in beside their numbers: opposites, letters that change places, choices.

Siblings share nearly all of their words, and each is a problem of its own. Only what no rewording does counts: a
synonym is no opposite, letters that are renamed throughout say the same, and answers are a choice only where both
texts offer both.
"""

from collections.abc import Iterable, Sequence

from datagen.screen.benchmark_words import GREEK
from datagen.screen.phrases import letter_words, skeleton

_LETTERS = 2
"""Letters up to which a word may stand for something."""
_FEWEST_LETTERS_OF_A_CHOICE = 3
_GREEK = frozenset(name.encode() for name in GREEK)
_OPPOSITES = tuple(
    tuple(frozenset(words.encode().split()) for words in alternatives)
    for alternatives in (
        ("largest greatest maximum maximal highest biggest", "smallest least minimum minimal lowest"),
        ("odd", "even"),
        ("increasing", "decreasing"),
        ("interior", "exterior"),
        ("inscribed", "circumscribed"),
        ("clockwise", "counterclockwise"),
        ("horizontal", "vertical"),
        ("acute", "obtuse"),
        ("sine", "cosine", "tangent"),
        ("arithmetic", "geometric", "harmonic"),
        ("median", "mode"),
        ("ellipse", "hyperbola", "parabola"),
        ("polar", "cylindrical", "spherical"),
        ("numerator", "denominator"),
        ("positive", "negative"),
        ("sum", "difference", "product", "quotient"),
        ("area", "perimeter", "volume"),
        ("radius", "diameter"),
        ("inside", "outside"),
        ("rational", "irrational"),
        ("rows", "columns"),
        ("parallel", "perpendicular"),
        ("prime", "composite"),
        ("width", "height"),
        ("before", "after"),
        ("domain", "range"),
    )
)
_OPPOSED = frozenset[bytes]().union(*(words for alternatives in _OPPOSITES for words in alternatives))


def opposed(words: Iterable[bytes]) -> frozenset[bytes]:
    """Those of some words that have an opposite."""
    return _OPPOSED.intersection(words)


def say_opposites(first: frozenset[bytes], second: frozenset[bytes]) -> bool:
    """Whether a text says the opposite of what another says in its place ("largest", "smallest").

    Args:
        first: the `opposed` words of one text.
        second: those of the other.
    """
    if first == second or not first or not second:
        return False
    for alternatives in _OPPOSITES:
        said = [bool(words & first) for words in alternatives]
        answered = [bool(words & second) for words in alternatives]
        if any(said) and any(answered) and not any(map(bool.__and__, said, answered)):
            return True
    return False


def swap_letters(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    """Whether two skeletons are equal but for letters, use the same letters, and one is no renaming of the other.

    "Find the shape of z = c in the coordinates (r, theta, z)" is another problem with theta = c at its end.
    """
    if len(one) != len(other) or one == other:
        return False
    pairs = set(zip(one, other, strict=True))
    if any(first != second and not (_is_letter(first) and _is_letter(second)) for first, second in pairs):
        return False
    return set(one) == set(other) and len(pairs) > len(set(one))


def choose_otherwise(answers: tuple[str, str], texts: tuple[Sequence[bytes], Sequence[bytes]]) -> bool:
    """Whether two answers are different words, and each text holds both: another choice, not another form of one.

    Args:
        answers: two raw answers.
        texts: the words of their problems.
    """
    first, second = (skeleton(letter_words(answer)) for answer in answers)
    if first == second or any(character.isdigit() for answer in answers for character in answer):
        return False
    choices = {*first, *second}
    return (
        len(first) == len(second) == 1
        and all(len(choice) >= _FEWEST_LETTERS_OF_A_CHOICE for choice in choices)
        and all(choices <= set(words) for words in texts)
    )


def _is_letter(word: bytes) -> bool:
    return len(word) <= _LETTERS or word in _GREEK
