"""What every paid completion has, whoever wanted it: its seed, what was sent with it, its record in the journal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datagen.journal import Journal
from datagen.recipe import Sampling
from datagen.recipe_teachers import PaidTeacher
from datagen.spending.cost import NOTHING, Tariff, with_usage
from datagen.spending.ledger import taken_over
from datagen.teachers.base import Completion, Message, Origin, Request
from datagen.teachers.families import parameters_of, started_with
from datagen.teachers.prompting import Prompt
from datagen.texts import digest

SETTINGS = ("temperature", "top_p", "max_tokens")
"""The settings that were sent along, as a record names them."""

_HASH_DIGITS = 16


def seed_of(teacher: PaidTeacher, recipe_seed: int, messages: Sequence[Message], attempt: int) -> int | None:
    """The seed that goes with a request; it follows from what is asked and is no part of it. None sends none."""
    if teacher.seed == "none":
        return None
    return int(digest("seed", recipe_seed, [asdict(message) for message in messages], attempt)[:8], 16) >> 1


def settings_sent(teacher: PaidTeacher, request: Request) -> dict[str, float | int | None]:
    """The value of each of `SETTINGS` that goes with a request; None for one that the teacher's family is not sent."""
    sent = parameters_of(teacher, request)
    return {name: sent.get(name) for name in SETTINGS}


def sampling_settings(teacher: PaidTeacher, sampling: Sampling) -> dict[str, float | int | None]:
    """The same for whatever a recipe samples."""
    return settings_sent(teacher, Request((), sampling.temperature, sampling.top_p, sampling.max_tokens, seed=None))


def problem_hash(problem: str) -> str:
    """How a record names the problem that was asked: 16 hexadecimal digits of its raw text."""
    return digest(problem)[:_HASH_DIGITS]


def take_over(key: str, journal: Journal, other: Journal | None) -> dict[str, Any] | None:
    """What another run had paid for under a key; it is kept here from now on. None when there is no such thing."""
    record = None if other is None else other.get(key)
    if record is None:
        return None
    kept = taken_over(record)
    journal.append(key, kept)
    return kept


def record_of(
    teacher: PaidTeacher, request: Request, attempt: int, prompt: Prompt, problem: str, completion: Completion
) -> dict[str, Any]:
    """A completion as the journal keeps it: what was asked, setting by setting (None: not sent), and what came back.

    Args:
        teacher: who was asked.
        request: what was asked.
        attempt: the number of the attempt, from 0.
        prompt: the prompt file that the request was rendered from.
        problem: the problem's text; only its hash is kept.
        completion: what came back.
    """
    return record_from(teacher, request, origin_of("", attempt, prompt, problem), completion)


def origin_of(key: str, attempt: int, prompt: Prompt, problem: str) -> Origin:
    """Where a request comes from; arguments as in `record_of`, and the key of its completion."""
    return Origin(key, attempt, prompt.sha256, problem_hash(problem))


def record_from(teacher: PaidTeacher, request: Request, origin: Origin, completion: Completion) -> dict[str, Any]:
    """The same as `record_of`, of what is known of a request when its problem is not at hand."""
    return {
        "model": teacher.model,
        "attempt": origin.attempt,
        "prompt": origin.prompt,
        "problem": origin.problem,
        **settings_sent(teacher, request),
        **started_with(teacher),
        **asdict(with_usage(request, completion)),
        "cost_usd": Tariff.of(teacher).cost(request, completion).usd,
    }


@dataclass(frozen=True, slots=True)
class KeptCompletions:
    """The paid completions of a run, as a teacher that outlives it sees them."""

    teacher: PaidTeacher
    journal: Journal

    def __contains__(self, key: str) -> bool:
        """Whether the completion of a key is kept."""
        return key in self.journal

    def keep(self, request: Request, completion: Completion) -> None:
        """Keep a completion that nobody waits for, by where its request came from."""
        if request.origin is not None:
            record = record_from(self.teacher, request, request.origin, completion)
            self.journal.append(request.origin.key, record)

    def at_most(self, requests: Sequence[Request]) -> tuple[float, int]:
        """USD and tokens that requests may cost."""
        tariff = Tariff.of(self.teacher)
        worst = sum(map(tariff.at_most, requests), NOTHING)
        return worst.usd, worst.tokens
