"""What an audit sees of an example, whatever format it was written in."""

from dataclasses import dataclass

from datagen.tables import FinishReason, VerdictKind


@dataclass(frozen=True, slots=True)
class AuditedPath:
    """One path.

    Attributes:
        number: of its opening token; its place, from 1, where the format has no numbers.
        text: without its opening and closing token.
        is_closed: whether its closing token stands where it must.
        finish_reason: as the dataset states it; None where it does not.
        answer: as the dataset states it; None where it does not.
        verdict: as the dataset states it; None where it does not.
        writer: the model that wrote it, as the dataset states it; empty where it does not.
    """

    number: int
    text: str
    is_closed: bool = True
    finish_reason: FinishReason | None = None
    answer: str | None = None
    verdict: VerdictKind | None = None
    writer: str = ""


@dataclass(frozen=True, slots=True)
class AuditedExample:
    """One example.

    Attributes:
        id: the dataset's own, or `train row 17`, counted from 0.
        split: the split that it stands in; `train` where the dataset knows none.
        problem: what is asked, without any instruction that all examples share.
        paths: in their order; empty where the format has none, or none can be read.
        summary: what follows them, without its tokens; None where the example lacks it.
        answer: the reference answer, where the dataset holds one.
        source, licence: as the dataset states them; empty where it does not.
        n_tokens: of the whole example: the ids that it holds; else what the given tokenizer makes of its text, or what
            our own column says; None without any.
        structure: control tokens and thought tags that stand inside the problem, a path or the summary, where a
            trainer would take them for structure: token and place, as `</think2> in path 1`.
        broken: what of its form a trainer of its format would stumble over, in words; empty when nothing.
    """

    id: str
    split: str
    problem: str
    paths: tuple[AuditedPath, ...]
    summary: str | None
    answer: str | None = None
    source: str = ""
    licence: str = ""
    n_tokens: int | None = None
    structure: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
