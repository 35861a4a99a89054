"""The recipe that a dataset carries: every setting that its content depends on, pinned, and nothing of the machine.

Addresses, keys' names, concurrency, budgets and paths are outside: they change no example, and are nobody's business.
So equal datasets carry equal recipes wherever they were made, and a recipe that was made of this one is this one again.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from datagen import __version__
from datagen.engine_args import option
from datagen.publish.card.figures import Purpose
from datagen.recipe import Benchmark, Recipe, Source, Summariser
from datagen.recipe_teachers import OpenAITeacher, Teacher, VLLMTeacher
from datagen.stage import Run
from datagen.teachers.vllm.adapters import adapter_of
from datagen.teachers.vllm.distribution import text_settings
from datagen.teachers.vllm.located import BUNDLED, is_bundled

RECIPE, PROMPTS, TOKENIZER = "recipe.yaml", "prompts", "tokenizer"
"""Where recipe, prompts and tokenizer lie within a dataset."""

_OUTSIDE: dict[str, Any] = {
    "execution": True,
    "publish": True,
    "sampling": {"timeout_s", "budget_usd", "budget_tokens"},
    "verify": {"workers"},
}
_OUTSIDE_TEACHERS = {
    *("base_url", "base_urls", "api_key_env", "concurrency", "requests_per_minute", "tokens_per_minute"),
    *("latency_ms", "workers", "python", "engine_args", "fingerprints"),
}
_READS_ANSWERS = "reasoning-parser"
"""What of vLLM's settings changes no text, and is needed all the same to tell the thought from the answer."""


def published_recipe(run: Run) -> str:
    """The recipe as YAML, headed by what must lie beside it to make the dataset again.

    Args:
        run: the run, whose inputs are fixed to a content.
    """
    recipe = run.recipe
    tree = recipe.model_dump(mode="json", exclude=_OUTSIDE)
    tree["sources"] = [_pinned(source, run, {"revision", "path"}) for source in recipe.sources]
    tree["screen"]["benchmarks"] = [_pinned(one, run, {"revision", "path"}) for one in recipe.screen.benchmarks]
    tree["teachers"] = [_teacher(teacher, with_price=len(recipe.paid_teachers) > 1) for teacher in recipe.teachers]
    tree["sampling"]["prompt"] = _place_of_prompt("solutions", recipe.sampling.prompt)
    tree["paths"]["tokenizer"] = tokenizer_name(recipe)
    if isinstance(recipe.paths.summary, Summariser):
        tree["paths"]["summary"]["prompt"] = _place_of_prompt("summaries", recipe.paths.summary.prompt)
    head = "".join(f"# {line}\n" if line else "#\n" for line in _head(run))
    return head + yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def tokenizer_name(recipe: Recipe) -> str:
    """The tokenizer as anyone may know it: a Hub id, `bundled`, or the folder that the dataset carries."""
    name = recipe.paths.tokenizer
    return TOKENIZER if Path(name).is_absolute() else name


def _pinned(one: Source | Benchmark, run: Run, outside: set[str]) -> dict[str, Any]:
    """A source or benchmark at the content that was read: a commit, or the name of a file or folder."""
    located = run.inputs[one.input_key]
    settings = one.model_dump(mode="json", exclude=outside, exclude_none=True)
    return settings | ({"revision": located.revision} if one.path is None else {"path": located.dataset})


def _teacher(teacher: Teacher, with_price: bool) -> dict[str, Any]:
    """What of a teacher its texts depend on; prices only where they decide who is asked."""
    outside = _OUTSIDE_TEACHERS | (set() if with_price else {"price"})
    settings = teacher.model_dump(mode="json", exclude=outside, exclude_none=True)
    if isinstance(teacher, OpenAITeacher):
        # a batch asks the same, and is cheaper; without an address nobody's key goes to a host that it is not for
        settings |= {"kind": "openai", "base_url": None}
    if isinstance(teacher, VLLMTeacher):
        settings["model"] = BUNDLED if is_bundled(teacher.model) else _folder(teacher) or teacher.model
        if engine_args := _engine_args(teacher):
            settings["engine_args"] = engine_args
    return settings


def _folder(teacher: VLLMTeacher) -> str | None:
    """The name of the folder that a model lies in; None when it has its name from elsewhere."""
    name, _, fingerprint = teacher.model.rpartition("@")
    return name if fingerprint and fingerprint == teacher.fingerprints.get("model") else None


def _engine_args(teacher: VLLMTeacher) -> dict[str, Any]:
    given = {option(key): value for key, value in teacher.engine_args.items()}
    kept = {name: _without_folder(given.get(name, value)) for name, value in text_settings(teacher).items()}
    adapter = adapter_of(teacher.model, teacher.engine_args)
    if adapter is not None and "lora-modules" in kept:
        kept["lora-modules"] = {"name": adapter["name"], "path": Path(adapter["path"]).name}
    return kept | ({_READS_ANSWERS: given[_READS_ANSWERS]} if _READS_ANSWERS in given else {})


def _without_folder(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def _place_of_prompt(purpose: Purpose, setting: str) -> str:
    path = Path(setting)
    name = f"{path.parent.name}/{path.name}" if path.is_file() else path.name
    return f"{PROMPTS}/{purpose}/{name}"


def _head(run: Run) -> Iterator[str]:
    yield from textwrap.wrap(
        f"The recipe of the dataset {run.recipe.name}, made with datagen {__version__}. `datagen build {RECIPE}` makes "
        "it again: from the same completions (`--reuse RUN`) the same bytes, from new ones another dataset of the same "
        "kind. Addresses, keys, budgets and what else is of a machine is left out.",
        width=100,
    )
    if needs := [*_files(run), *_teachers(run.recipe)]:
        yield ""
        yield "It needs, beside itself or set by you:"
        yield from (f"- {need}" for need in needs)


def _files(run: Run) -> Iterator[str]:
    hashes = {uri: content for uri, (_, content) in run.workspace.record().get("hashes", {}).items()}
    for one in (*run.recipe.sources, *run.recipe.screen.benchmarks):
        if one.path is None:
            continue
        located = run.inputs[one.input_key]
        for file in located.files:
            name = file.name if file.name == located.dataset else f"{located.dataset}/{file.name}"
            yield f"{name}, sha256 {hashes[file.uri]}"


def _teachers(recipe: Recipe) -> Iterator[str]:
    for teacher in recipe.teachers:
        if isinstance(teacher, VLLMTeacher):
            for setting, fingerprint in teacher.fingerprints.items():
                if not (setting == "model" and is_bundled(teacher.model)):
                    yield f"teachers.{teacher.name}: the {setting} whose fingerprint is {fingerprint}"
            yield f"teachers.{teacher.name}: python, an interpreter that has vLLM, or base_urls of running servers"
        elif isinstance(teacher, OpenAITeacher):
            yield f"teachers.{teacher.name}: base_url, and api_key_env, the variable that holds the key"
