"""A local endpoint that judges as it is told."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.answering import AnsweringEndpoint

GOLD = "its base is shorter than both of its legs"
"""A reference answer in words, which rules can't compare with anything."""


class Endpoint(AnsweringEndpoint):
    """It judges and solves as it is told.

    Attributes:
        judged: the questions to the judge, by their whole text.
        bodies: all requests to the judge, in order.
        reply: from a question's text and mark to the judge's whole answer, or to a response.
    """

    def __init__(self) -> None:
        super().__init__()
        self.judged: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.reply: Callable[[str, str], Any] = says("equal")
        self.finish_reason = "stop"

    async def answer(self, body: dict[str, Any], question: str) -> Any:
        mark = re.search(r"^VERDICT (\w+): equal$", question, re.MULTILINE)
        if mark is None:
            return f"I give up: {body['seed']}"
        self.judged[question] += 1
        self.bodies.append(body)
        await self.turn()
        reply = self.reply(question, mark[1])
        return (reply, self.finish_reason) if isinstance(reply, str) else reply


def says(verdict: str) -> Callable[[str, str], str]:
    return lambda text, mark: f"I compared both.\n\nVERDICT {mark}: {verdict}"
