"""Duplicates among synthetic problems with known truth, beside datasketch; time and memory of the screen's index.

The texts are made of the words of real problems (`../shared/data`), 400 characters in the mean. One in twenty is an
exact copy in another dress, one in twenty a near duplicate by small edits. Among the others stand siblings: the text of
another problem with one number changed, which are two problems. All have the same answer, so that answers help nobody.
Each contestant runs in a process of its own; datasketch (with scipy) is no dependency and has to be installed for it.
"""

import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.screen.duplicates import Rules, find_duplicates
from datagen.screen.number_words import TENS_VALUES
from datagen.screen.vocabulary import NUMBER_WORDS
from datagen.tables import Problem
from datagen.texts import problem_id

_DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "problems" / "math_train.parquet"
_TEXTS, _LARGE = 200_000, (100_000, 1_000_000)
_EXACT, _NEAR, _SIBLINGS = 0.05, 0.05, 0.05
_THRESHOLD = 0.85


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Ratios are given by the clock and by CPU time, since the clock also counts what else the machine does.

    Args:
        share: compare one of so many texts only.
    """
    texts = _TEXTS // share
    yield (
        f"| {texts:,} texts | texts a second | ratio | microseconds of CPU a text | ratio | near recall | exact recall "
        "| precision | peak MiB |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    told = {who: _contest(who, texts) for who in ("datasketch", "datagen")}
    for who, one in told.items():
        ratio, of_cpu = (told["datasketch"][name] / one[name] for name in ("seconds", "cpu_s"))
        yield (
            f"| {who} | {texts / one['seconds']:,.0f} | {ratio:.1f} | {one['cpu_s'] / texts * 1e6:.0f} | {of_cpu:.1f} "
            f"| {one['near']:.3f} | {one['exact']:.3f} | {one['precision']:.4f} | {one['peak_mib']:,} |"
        )
    yield ""
    yield "| problems | microseconds a problem | of CPU | peak MiB |"
    yield "|---|---|---|---|"
    for number in (number // share for number in _LARGE):
        one = _contest("datagen", number)
        wall, cpu = (one[name] / number * 1e6 for name in ("seconds", "cpu_s"))
        yield f"| {number:,} | {wall:.0f} | {cpu:.0f} | {one['peak_mib']:,} |"


def synthetic(number: int, seed: int = 0) -> Iterator[tuple[str, int, str]]:
    """Texts with the number of the problem that each one states, and how it came about."""
    draw = random.Random(seed)
    words, formulas = _material()
    originals: list[tuple[str, int]] = []
    for place in range(number):
        kind = draw.random()
        if not originals or kind >= _EXACT + _NEAR + _SIBLINGS:
            text = _text(draw, words, formulas)
            if len(originals) < 50_000:
                originals.append((text, place))
            else:
                originals[draw.randrange(50_000)] = (text, place)
            yield text, place, "original"
            continue
        text, truth = draw.choice(originals)
        if kind < _EXACT:
            yield _redressed(draw, text), truth, "exact"
        elif kind < _EXACT + _NEAR:
            yield _edited(draw, text, words), truth, "near"
        else:
            yield _sibling(draw, text), place, "sibling"


def _material() -> tuple[list[str], list[str]]:
    import pyarrow.parquet as parquet

    problems: list[str] = parquet.read_table(_DATA, columns=["problem"]).column(0).to_pylist()
    formulas = sorted({formula for text in problems for formula in re.findall(r"\$[^$]{1,40}\$", text)})
    words = [word for text in problems for word in re.sub(r"\$[^$]*\$|\[asy\].*?\[/asy\]", " ", text).split()]
    numbers = NUMBER_WORDS.keys() | TENS_VALUES.keys()
    return [word for word in words if re.fullmatch(r"[A-Za-z]{2,12}", word) and word.lower() not in numbers], formulas


def _text(draw: random.Random, words: list[str], formulas: list[str]) -> str:
    length = max(60, draw.gauss(400, 150))
    sentences: list[str] = []
    size = 0
    while size < length:
        start = draw.randrange(len(words) - 16)
        chosen = words[start : start + draw.randint(6, 16)]
        for _ in range(draw.randint(1, 2)):
            chosen.insert(draw.randrange(len(chosen)), draw.choice(formulas))
        chosen.insert(draw.randrange(len(chosen)), str(draw.randint(2, 9999)))
        sentences.append(f"{' '.join(chosen).capitalize()}.")
        size += len(sentences[-1]) + 1
    return " ".join(sentences)


def _redressed(draw: random.Random, text: str) -> str:
    dresses = [
        lambda t: t.replace("\\frac", "\\dfrac"),
        lambda t: re.sub(r"\$([^$]*)\$", r"\\(\1\\)", t),
        lambda t: f"## Task {draw.randint(1, 99)}.\n{t}",
        lambda t: t.replace(" ", "  "),
        lambda t: t.rstrip("."),
    ]
    return str(draw.choice(dresses)(text))


def _edited(draw: random.Random, text: str, words: list[str]) -> str:
    """A few small edits, none of them in a number or a formula."""
    pieces = text.split(" ")
    for _ in range(draw.randint(1, max(1, len(pieces) // 20))):
        free = [place for place, piece in enumerate(pieces) if re.fullmatch(r"[a-z]{2,}[.,]?", piece)]
        if not free:
            break
        place = draw.choice(free)
        edit = draw.randrange(4)
        if edit == 0:
            pieces[place] = draw.choice(words).lower()
        elif edit == 1:
            del pieces[place]
        elif edit == 2:
            pieces.insert(place, draw.choice(words).lower())
        else:
            letters = list(pieces[place])
            letters.insert(draw.randrange(len(letters)), draw.choice("aeiou"))
            pieces[place] = "".join(letters)
    return " ".join(pieces)


def _sibling(draw: random.Random, text: str) -> str:
    numbers = list(re.finditer(r"(?<![\w.$])\d+(?![\w$])", text))
    chosen = draw.choice(numbers)
    return f"{text[: chosen.start()]}{int(chosen.group()) + draw.randint(1, 8)}{text[chosen.end() :]}"


def _contest(who: str, number: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.screening", who, str(number)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _judged(truth: list[tuple[int, str]], removed: set[int]) -> dict[str, float]:
    groups: dict[int, list[int]] = {}
    for place, (problem, _) in enumerate(truth):
        groups.setdefault(problem, []).append(place)
    # of a group all but one are to go, whichever stays
    right = sum(min(len(removed.intersection(group)), len(group) - 1) for group in groups.values() if len(group) > 1)
    found: dict[str, list[bool]] = {"original": [], "exact": [], "near": [], "sibling": []}
    for place, (problem, kind) in enumerate(truth):
        found[kind].append(place in removed or all(other in removed for other in groups[problem] if other != place))
    shares = {kind: sum(found[kind]) / max(len(found[kind]), 1) for kind in ("exact", "near")}
    return {**shares, "precision": right / max(len(removed), 1)}


def _datagen(number: int) -> dict[str, Any]:
    problems, truth = [], []
    for place, (text, problem, kind) in enumerate(synthetic(number)):
        problems.append(Problem(f"{place:016x}", problem_id(text), text, "1", "mine", "", "", ""))
        truth.append((problem, kind))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu_before = time.perf_counter(), time.process_time()
    found = find_duplicates(lambda: iter(problems), Rules(str.__eq__, _THRESHOLD))
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    removed = {
        place
        for place, problem in enumerate(problems)
        if problem.id in found.joined
        or problem.id in found.conflicts
        or (problem.id in found.keepers and found.keepers[problem.id].row_id != problem.row_id)
    }
    return _judged(truth, removed) | {"seconds": seconds, "cpu_s": cpu_s, "peak_mib": (after - before) // 1024}


def _datasketch(number: int) -> dict[str, Any]:
    from datasketch import MinHash, MinHashLSH

    texts, truth = [], []
    for text, problem, kind in synthetic(number):
        texts.append(text)
        truth.append((problem, kind))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu_before = time.perf_counter(), time.process_time()
    index = MinHashLSH(threshold=0.8, num_perm=128)
    removed = set()
    for place, text in enumerate(texts):
        words = text.lower().split()
        minhash = MinHash(num_perm=128)
        minhash.update_batch([" ".join(pair).encode() for pair in zip(words, words[1:], words[2:], strict=False)])
        if index.query(minhash):
            removed.add(place)
        else:
            index.insert(place, minhash)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return _judged(truth, removed) | {"seconds": seconds, "cpu_s": cpu_s, "peak_mib": (after - before) // 1024}


if __name__ == "__main__":
    run = {"datagen": _datagen, "datasketch": _datasketch}[sys.argv[1]]
    print(json.dumps(run(int(sys.argv[2]))))
