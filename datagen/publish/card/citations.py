"""Whom a dataset owes what: the works to cite, and the terms under which its texts were written.

Only what is known is said. A source that was read from a file may be anyone's, and a model's terms are known for few:
neither is guessed at, and the card says where nothing is known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

from datagen.recipe import DATASETS
from datagen.sources.entry import R1
from datagen.sources.pulling import LIMO_RELEASES
from datagen.sources.s1k import GEMINI
from datagen.teachers.vllm.located import is_bundled

METHOD = "wen2025parathinker"
"""The paper of the method, in `references.bib`."""

_OF_DATASETS = {
    DATASETS["open_r1"]: "openr1",
    DATASETS["deepmath"]: "he2025deepmath",
    DATASETS["s1k"]: "muennighoff2025s1",
    **dict.fromkeys(LIMO_RELEASES.values(), "ye2025limo"),
}
_KEY = re.compile(r"@\w+\{([^,\s]+),")


@dataclass(frozen=True, slots=True)
class _Model:
    """A model whose terms are known.

    Attributes:
        terms: under which its texts may be used, as its makers state them.
        work: in `references.bib`; None where we know of none.
    """

    terms: str
    work: str | None = None


_OURS = _Model("Apache-2.0, like datagen")
_GPT_OSS = _Model("the model is under Apache-2.0", "openai2025gptoss")
_MODELS = {
    R1: _Model("the model is under MIT; its card allows to train other models on what it writes", "deepseekai2025r1"),
    "gpt-oss-20b": _GPT_OSS,
    "gpt-oss-120b": _GPT_OSS,
    GEMINI: _Model("Google's Gemini API terms, which forbid to develop models that compete with it"),
    "datagen-demo-teacher": _OURS,
}


def terms_of(model: str, is_recorded: bool) -> str:
    """Under which terms a model's texts stand, in words.

    Args:
        model: as the paths name it; an owner before its name counts as nothing.
        is_recorded: whether the texts came with their source.
    """
    known = _model(model)
    if is_recorded:
        return f"as the source states; {known.terms if known else 'of the model no terms are known'}"
    return known.terms if known else "not known to datagen: ask who runs the model"


def works_to_cite(datasets: Iterable[str], models: Iterable[str]) -> dict[str, str]:
    """BibTeX of the method, of the sources and of the models, by key, each once.

    Args:
        datasets: names of the sources' datasets; those that are none of the Hub's are passed over.
        models: who wrote paths; those without a known work are passed over.
    """
    found = [METHOD, *(_OF_DATASETS[name] for name in datasets if name in _OF_DATASETS)]
    found += [known.work for name in models if (known := _model(name)) and known.work]
    entries = _entries()
    return {key: entries[key] for key in dict.fromkeys(found)}


def has_work(dataset: str) -> bool:
    """Whether it is known what to cite for a dataset."""
    return dataset in _OF_DATASETS


def _model(name: str) -> _Model | None:
    return _OURS if is_bundled(name) else _MODELS.get(name.casefold().rpartition("/")[2])


def _entries() -> Mapping[str, str]:
    text = resources.files("datagen.publish.card").joinpath("references.bib").read_text(encoding="utf-8")
    keyed = ((_KEY.match(entry), entry.strip()) for entry in text.split("\n\n"))
    return {key.group(1): entry for key, entry in keyed if key}
