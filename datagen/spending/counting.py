"""Counting tokens where an endpoint does not say how many there were."""

import threading
from collections.abc import Callable

from datagen.errors import DatagenError
from datagen.formats.tokenizer import load_tokenizer
from datagen.recipe import Recipe


def tokens_counter(recipe: Recipe) -> Callable[[str], int]:
    """A function that counts a text's tokens with the recipe's tokenizer, which is loaded when it is first needed.

    It never fails, since what it counts is paid already: where the tokenizer can't be had, or can't write a text, it
    gives the text's bytes, and no text has more tokens than that. Safe to call from any thread.
    """
    lock = threading.Lock()
    count: Callable[[str], int] | None = None

    def loaded() -> Callable[[str], int]:
        nonlocal count
        with lock:
            if count is None:
                try:
                    count = load_tokenizer(recipe.paths.tokenizer).count
                except DatagenError:
                    count = _bytes
            return count

    def tokens(text: str) -> int:
        try:
            return loaded()(text)
        except ValueError:
            return _bytes(text)

    return tokens


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
