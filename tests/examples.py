"""Examples as the select stage makes them, without a run: for tests and benchmarks of what is written of them."""

from collections.abc import Sequence
from dataclasses import replace

from datagen.formats.rendering import render, summary_text
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.tables import Example, Path, Split


def example(
    tokenizer: ExampleTokenizer, number: int, texts: Sequence[str], *, split: Split = "train", suspect: bool = False
) -> Example:
    """An example of its own number, with these texts as its paths."""
    one = drawn_example(tokenizer, number, list(enumerate(texts, start=1)), split=split)
    return replace(one, suspect_gold="kept", majority_answer="41") if suspect else one


def drawn_example(
    tokenizer: ExampleTokenizer,
    number: int,
    drawn: Sequence[tuple[int, str]],
    *,
    split: Split = "train",
    problem: str | None = None,
    summary: str | None = None,
) -> Example:
    """An example of its own number, with these numbers and texts as its paths."""
    answer = str(6 * number)
    problem, summary = problem or f"What is 6 times {number}?", summary or summary_text(answer)
    rendered = render(problem, drawn, summary, tokenizer)
    paths = tuple(
        Path(id_, text, answer, "correct", "stop", tokenizer.count(text), "t", f"model-{id_}", f"s{number}-{id_}")
        for id_, text in drawn
    )
    return Example(
        row_id=f"r{number}",
        id=f"p{number}",
        problem=problem,
        answer=answer,
        source="mine",
        source_id=str(number),
        revision="c0ffee",
        licence="MIT",
        paths=paths,
        summary=summary,
        summary_by="template",
        prompt=rendered.prompt,
        completion=rendered.completion,
        n_tokens=rendered.n_tokens,
        split=split,
        suspect_gold="",
        source_answer=answer,
        majority_answer=None,
        pass_rate=0.5,
        solutions=4,
        diversity=0.5 if len(drawn) > 1 else None,
        wrong_paths=0,
    )
