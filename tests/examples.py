"""Examples as the select stage makes them, without a run: for tests and benchmarks of what is written of them."""

from collections.abc import Sequence

from datagen.formats.rendering import render, summary_text
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.tables import Example, Path, Split


def example(
    tokenizer: ExampleTokenizer, number: int, texts: Sequence[str], *, split: Split = "train", suspect: bool = False
) -> Example:
    """An example of its own number, with these texts as its paths."""
    problem, answer = f"What is 6 times {number}?", str(6 * number)
    drawn = list(enumerate(texts, start=1))
    rendered = render(problem, drawn, summary_text(answer), tokenizer)
    paths = tuple(
        Path(think_id, text, answer, "correct", "stop", tokenizer.count(text), "t", "m", f"s{number}-{think_id}")
        for think_id, text in drawn
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
        summary=summary_text(answer),
        summary_by="template",
        prompt=rendered.prompt,
        completion=rendered.completion,
        n_tokens=rendered.n_tokens,
        split=split,
        suspect_gold="kept" if suspect else "",
        source_answer=answer,
        majority_answer="41" if suspect else None,
        pass_rate=0.5,
        solutions=4,
        diversity=0.5 if len(texts) > 1 else None,
        wrong_paths=0,
    )
