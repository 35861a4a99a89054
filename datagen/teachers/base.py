"""What a teacher is to the sampler: something that answers a request. No provider's type crosses this line."""

from dataclasses import dataclass
from typing import Protocol

from datagen.tables import FinishReason


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what is asked."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        messages: the rendered prompt.
        temperature, top_p, max_tokens: the parameters that change the distribution.
        seed: sent along when given; it is no part of what is asked.
    """

    messages: tuple[Message, ...]
    temperature: float
    top_p: float
    max_tokens: int
    seed: int | None


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back: thought and text apart, tokens as the endpoint counted them (None when it did not say)."""

    reasoning: str
    content: str
    finish_reason: FinishReason
    prompt_tokens: int | None
    completion_tokens: int | None


class TeacherClient(Protocol):
    """A teacher that can be asked."""

    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            DatagenError: it will not work, or did not after retries; the message says why and what to do.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
