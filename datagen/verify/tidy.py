"""Answers in tidy form."""


def tidy(answer: str) -> str:
    """An answer without dress."""
    return answer.strip()
