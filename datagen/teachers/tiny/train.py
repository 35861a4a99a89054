"""Train the tiny teacher: `python -m datagen.teachers.tiny.train [--to FOLDER] [--minutes M] [--seed S] …`.

Needs torch and transformers, which datagen itself does without. Uses a GPU when there is one, else the CPU. What is
written is what vLLM loads: weights, tokenizer, and a card that says how it was trained and how often it is right.
"""

import argparse
import itertools
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer

from datagen.errors import DatagenError, UsageError
from datagen.teachers.tiny.card import Learnt, Measured, model_card
from datagen.teachers.tiny.held_out import recipe_problems
from datagen.teachers.tiny.tokenizing import prompt_of, train_tokenizer, write_tokenizer
from datagen.teachers.tiny.worked import worked_solutions

MODEL = Path(__file__).parent / "model"
"""The trained model that datagen ships."""

TRAINING = "training.json"
"""What learning took, for programs and for `--from`."""

_TOKENIZER_SOLUTIONS = 4000
_SAMPLES_EACH = 4


def main() -> int:
    """Parse, train, write; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m datagen.teachers.tiny.train", description=__doc__)
    parser.add_argument("--to", type=Path, default=MODEL, metavar="FOLDER", help=f"[{MODEL}]")
    parser.add_argument("--from", type=Path, dest="earlier", metavar="FOLDER", help="a model to go on from [none]")
    parser.add_argument("--minutes", type=float, default=25, metavar="M", help="of learning [25]")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="[0]")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="N", help="on the CPU [all]")
    arguments = parser.parse_args()
    try:
        train(arguments.to, arguments.minutes, arguments.seed, arguments.threads, arguments.earlier)
    except DatagenError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0


def train(to: Path, minutes: float, seed: int, threads: int, earlier: Path | None = None) -> None:
    """Train a tiny teacher and write it.

    Args:
        to: the folder, made if it is not there; files of a model that lies there are replaced.
        minutes: how long it learns; measuring takes about a minute more.
        seed: of everything that is drawn.
        threads: of torch on the CPU.
        earlier: the folder of a model to go on from; give another seed, so that the solutions are new to it.

    Raises:
        UsageError: torch or transformers is not installed, the time is not positive, or no trained model is to go on
            from.
    """
    if minutes <= 0:
        raise UsageError(f"--minutes {minutes:g}: give a time above 0")
    if earlier and not (earlier / TRAINING).is_file():
        raise UsageError(f"--from {earlier}: there is no {TRAINING}; name a folder that this command wrote")
    missing = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if missing:
        raise UsageError(f"training needs {' and '.join(missing)}: pip install {' '.join(missing)}")
    import torch

    from datagen.teachers.tiny import measuring
    from datagen.teachers.tiny.learning import learn

    torch.set_num_threads(threads)
    tokenizer = Tokenizer.from_file(str(earlier / "tokenizer.json")) if earlier else train_tokenizer(_texts(seed))
    model, learnt = learn(tokenizer, minutes, seed, _say, earlier)
    if earlier:
        learnt = learnt.after(Learnt(**json.loads((earlier / TRAINING).read_text(encoding="utf-8"))))
    to.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(to)
    write_tokenizer(tokenizer, to)
    (to / TRAINING).write_text(json.dumps(asdict(learnt), indent=2) + "\n", encoding="utf-8")
    asked = [problem for problem in recipe_problems() for _ in range(_SAMPLES_EACH)]
    samples = measuring.sampled(model.float(), tokenizer, asked, seed)
    measured = [Measured(sample.problem.kind, sample.verdict) for sample in samples]
    (to / "README.md").write_text(model_card(learnt, measured), encoding="utf-8")
    right = sum(each.verdict == "correct" for each in measured)
    _say(f"right {right} of {len(measured)} samples; written to {to}")


def _texts(seed: int) -> Iterator[str]:
    for solution in itertools.islice(worked_solutions(seed), _TOKENIZER_SOLUTIONS):
        yield f"{prompt_of(solution.problem.text)}\n{solution.thought}\n\n{solution.solution}"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
