"""What the tiny teacher's learning took, and its model card: what it is and is not, and how often it is right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

from jinja2 import Environment, StrictUndefined


@dataclass(frozen=True, slots=True)
class Learnt:
    """What learning took and came to.

    Attributes:
        steps: steps of the optimiser.
        tokens: tokens read, prompts included.
        minutes: minutes of learning.
        rounds: how many times learning began, the first time from nothing, later ones from what was there.
        loss: nats a token of the reply, mean of the last hundred steps; every solution was new to the model.
        device: what it ran on.
        threads: of the CPU.
        parameters: weights, shared ones once.
    """

    steps: int
    tokens: int
    minutes: float
    rounds: int
    loss: float
    device: str
    threads: int
    parameters: int

    def after(self, earlier: "Learnt") -> "Learnt":
        """This round counted on top of the earlier ones; loss, device and threads are those of the last."""
        return replace(
            self,
            steps=earlier.steps + self.steps,
            tokens=earlier.tokens + self.tokens,
            minutes=earlier.minutes + self.minutes,
            rounds=earlier.rounds + self.rounds,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One sampled answer: the kind of its problem, and the verifier's verdict."""

    kind: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many samples of a kind there are, and how many of them are right and cut off."""

    kind: str
    samples: int
    correct: int
    truncated: int


def model_card(learnt: Learnt, measured: Sequence[Measured]) -> str:
    """The card as Markdown, with the front matter that the Hub reads.

    Args:
        learnt: what learning took.
        measured: samples of held-out problems, at the recipe's temperature and most tokens.
    """
    counts = Counter((sample.kind, sample.verdict) for sample in measured)
    kinds = dict.fromkeys(sample.kind for sample in measured)
    shares = [_share(kind, measured, counts) for kind in kinds]
    whole = Share(
        "all", len(measured), sum(share.correct for share in shares), sum(share.truncated for share in shares)
    )
    template = (resources.files("datagen.teachers.tiny") / "card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(learnt=learnt, shares=[*shares, whole], whole=whole)


def _share(kind: str, measured: Sequence[Measured], counts: Counter[tuple[str, str]]) -> Share:
    samples = sum(sample.kind == kind for sample in measured)
    return Share(kind, samples, counts[kind, "correct"], counts[kind, "truncated"])
