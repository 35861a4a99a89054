"""Derives `frequent_phrases.json`: `python -m datagen.screen.derive_frequent_phrases FILE:COLUMN …`.

The bundled list was derived from the problems of DAPO-Math-17k (Apache-2.0), AIME 1983-2023 (MIT) and the training
split of MATH (MIT), each distinct text once. It holds phrases and counts, no problem.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from datagen.screen.phrases import FREQUENT, letter_words, phrases_of, without_drawings


def derive(texts: set[str]) -> str:
    """The list as JSON: the phrases that at least `FREQUENT` of the texts hold, and how many do."""
    counts = Counter(phrase for text in texts for phrase in phrases_of(letter_words(without_drawings(text))))
    frequent = {b" ".join(phrase).decode(): number for phrase, number in counts.items() if number >= FREQUENT}
    listed = dict(sorted(frequent.items(), key=lambda item: (-item[1], item[0])))
    return json.dumps({"problems": len(texts), "phrases": listed}, ensure_ascii=False, indent=0) + "\n"


def main() -> None:
    """Read the files and write the list beside this module."""
    texts: set[str] = set()
    for argument in sys.argv[1:]:
        file, column = argument.rsplit(":", 1)
        texts.update(pq.read_table(file, columns=[column]).column(0).to_pylist())
    Path(__file__).with_name("frequent_phrases.json").write_text(derive(texts), encoding="utf-8")


if __name__ == "__main__":
    main()
