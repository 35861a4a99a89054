"""What a request may cost at most, and what its completion did cost.

Amounts are whole numbers, so that sums over millions of completions are exact. What nobody counted is taken at its
most: a token is at least a byte, so a text has no more tokens than bytes.
"""

import math
from dataclasses import dataclass, replace

from datagen.errors import UsageError
from datagen.recipe import Recipe
from datagen.recipe_teachers import OpenAITeacher, PaidTeacher, Price, asks_in_batches
from datagen.teachers.base import Completion, Request

TEMPLATE_TOKENS = 256
"""What an endpoint may put around the messages: its chat template, and a system prompt of its own."""

BATCH_SHARE = 0.5
"""What of the list price the Batch API charges."""

_PICO_PER_USD = 10**12
_PICO_PER_MICRO = 10**6


@dataclass(frozen=True, slots=True)
class Amount:
    """Money and tokens.

    Attributes:
        picousd: 1e-12 USD; a price per million tokens with six decimals is a whole number of them per token.
        tokens: of prompt and completion together.
    """

    picousd: int = 0
    tokens: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.picousd + other.picousd, self.tokens + other.tokens)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.picousd - other.picousd, self.tokens - other.tokens)

    @property
    def usd(self) -> float:
        """In USD."""
        return self.picousd / _PICO_PER_USD


NOTHING = Amount()


def from_usd(usd: float, tokens: int = 0) -> Amount:
    """An amount of USD; what `Amount.usd` gave comes back as it was."""
    return Amount(round(usd * _PICO_PER_USD), tokens)


def is_priced(teacher: PaidTeacher) -> bool:
    """Whether it is known what a teacher costs; what runs on the user's own machines is free unless priced."""
    return not isinstance(teacher, OpenAITeacher) or teacher.price is not None


def refuse_unpriced(recipe: Recipe) -> None:
    """Refuse a budget in USD that nothing can be counted against.

    Raises:
        UsageError: names the teacher without a price.
    """
    if recipe.sampling.budget_usd is None:
        return
    for teacher in recipe.paid_teachers:
        free = teacher.price is None or not (teacher.price.input or teacher.price.output)
        if isinstance(teacher, OpenAITeacher) and free:
            raise UsageError(
                f"{recipe.name}: sampling.budget_usd needs teachers.{teacher.name}.price, in USD per million tokens, "
                "as in {input: 0.55, output: 2.19}; an endpoint that costs nothing is bounded by budget_tokens"
            )


@dataclass(frozen=True, slots=True)
class Tariff:
    """A teacher's price, made ready to be multiplied: 1e-12 USD per token, rounded up."""

    prompt: int
    completion: int

    @classmethod
    def of(cls, teacher: PaidTeacher) -> "Tariff":
        """The tariff of a teacher; one without a price costs nothing, one asked in batches half of its list price."""
        price = teacher.price or Price()
        share = BATCH_SHARE if asks_in_batches(teacher) else 1.0
        return cls(_per_token(share * price.input), _per_token(share * price.output))

    def amount(self, prompt_tokens: int, completion_tokens: int) -> Amount:
        """What so many tokens cost."""
        picousd = prompt_tokens * self.prompt + completion_tokens * self.completion
        return Amount(picousd, prompt_tokens + completion_tokens)

    def at_most(self, request: Request) -> Amount:
        """The most that a try of a request can cost."""
        return self.amount(most_prompt_tokens(request), request.max_tokens)

    def cost(self, request: Request, completion: Completion) -> Amount:
        """What a completion cost; at its most where nobody counted."""
        counted = with_usage(request, completion)
        return self.amount(counted.prompt_tokens or 0, counted.completion_tokens or 0)


def most_prompt_tokens(request: Request) -> int:
    """The most tokens that a request's prompt can have."""
    return TEMPLATE_TOKENS + sum(len(message.content.encode()) for message in request.messages)


def with_usage(request: Request, completion: Completion) -> Completion:
    """The completion with its tokens; those that nobody counted are at their most, and marked as estimated."""
    prompt, written = completion.prompt_tokens, completion.completion_tokens
    if prompt is not None and written is not None:
        return completion
    return replace(
        completion,
        prompt_tokens=most_prompt_tokens(request) if prompt is None else prompt,
        completion_tokens=request.max_tokens if written is None else written,
        usage_estimated=True,
    )


def _per_token(usd_per_million: float) -> int:
    return math.ceil(round(usd_per_million * _PICO_PER_MICRO, 3))


def shown_usd(usd: float) -> str:
    """Money for people: two decimals, and as many more as a small amount needs for two digits."""
    if usd == 0 or abs(usd) >= 0.1:
        return f"{usd:,.2f}"
    return f"{usd:.{1 - math.floor(math.log10(abs(usd)))}f}"
