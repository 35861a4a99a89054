"""Recipes as files: found, read, overridden, checked; every refusal says where and what to do."""

import difflib
import re
import types
import typing
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from datagen.errors import UsageError
from datagen.recipe import Recipe, Summariser
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.located import located

_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_VERSION = 1


def load_recipe(reference: str, overrides: Sequence[str] = (), limit: int | None = None) -> Recipe:
    """Read a recipe.

    Args:
        reference: a bundled recipe's name, or the path of a YAML file.
        overrides: `KEY=VALUE` settings; the key is a dotted path (lists by number or by name), the value is YAML.
        limit: replaces every source's limit.

    Returns:
        The checked recipe, with local paths made absolute (they are looked up beside the recipe, then in the working
        directory), and models in folders named by their content.

    Raises:
        UsageError: the recipe can't be used; the message names the setting and says what to do.
    """
    path = _find(reference)
    tree = _parse(path)
    for override in overrides:
        _override(tree, override)
    if limit is not None:
        if limit < 1:
            raise UsageError(f"--limit {limit}: give a whole number above 0")
        sources = tree.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict):
                source["limit"] = limit
    resolved = _with_absolute_paths(_validate(tree, path.name), path.resolve().parent)
    return _validate(resolved.model_dump(mode="json"), path.name)  # two folders may hold the same model


def bundled_recipes() -> dict[str, str]:
    """The bundled recipes: name to its description in a line."""
    described = {}
    for path in sorted(_bundled_folder().glob("*.yaml")):
        described[path.stem] = str(_parse(path).get("description", "")).strip()
    return described


def dump_recipe(recipe: Recipe) -> str:
    """The resolved recipe as YAML, every setting spelled out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _bundled_folder() -> Path:
    return Path(str(resources.files("datagen.recipes")))


def _find(reference: str) -> Path:
    path = Path(reference)
    if path.is_file():
        return path
    bundled = _bundled_folder() / f"{reference}.yaml"
    if bundled.is_file():
        return bundled
    names = [recipe.stem for recipe in sorted(_bundled_folder().glob("*.yaml"))]
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise UsageError(f"{reference}: there is no such file; looked in {Path.cwd()}")
    raise UsageError(f"{reference}: no such file or bundled recipe{_nearest(reference, names)}")


def _parse(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(tree, dict):
        raise UsageError(f"{path}: a recipe is a mapping of settings; see `datagen recipes` for examples")
    return tree


def _override(tree: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise UsageError(f"--set {override}: write KEY=VALUE, as in --set sampling.temperature=0.7")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {override}: the value is not valid YAML") from error
    *parents, last = key.strip().split(".")
    place: Any = tree
    for part in parents:
        place = _step(place, part, override)
    if isinstance(place, list):
        place[_position(place, last, override)] = value
    else:
        place[last] = value


def _step(place: Any, part: str, override: str) -> Any:
    if isinstance(place, list):
        below = place[_position(place, part, override)]
    else:
        if place.get(part) is None:
            place[part] = {}
        below = place[part]
    if not isinstance(below, dict | list):
        raise UsageError(f"--set {override}: {part} holds a value, not settings; set {part} itself")
    return below


def _position(items: list[Any], part: str, override: str) -> int:
    names = [item.get("name") or item.get("kind") if isinstance(item, dict) else item for item in items]
    if part in names:
        return names.index(part)
    if part.isdigit() and int(part) < len(items):
        return int(part)
    raise UsageError(
        f"--set {override}: there is no {part!r}; there are {', '.join(map(str, names))}, or a number from 0"
    )


def _validate(tree: dict[str, Any], name: str) -> Recipe:
    version = tree.get("version", _VERSION)
    if version != _VERSION:
        raise UsageError(
            f"{name}: version: {version!r}: this datagen reads recipes of version {_VERSION}; "
            "install the datagen that wrote it, or carry its settings over"
        )
    try:
        return Recipe.model_validate(tree)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=True)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UsageError(f"{name}: {_explain(problems[0])}{more}") from error


def _explain(problem: Any) -> str:
    location = tuple(problem["loc"])
    place = _shown(location)
    kind = problem["type"]
    if kind == "extra_forbidden":
        names = list(_fields_at(location[:-1]))
        return f"{place}: unknown setting{_nearest(str(location[-1]), names)}".rstrip(".")
    if kind == "missing":
        return f"{place}: is missing; it must be given"
    if kind == "union_tag_invalid":
        given = str(problem["ctx"]["tag"])
        known = [tag.strip(" '") for tag in str(problem["ctx"]["expected_tags"]).split(",")]
        return f"{place}: unknown kind {given!r}{_nearest(given, known)}".rstrip(".")
    if kind == "union_tag_not_found":
        return f"{place}: say which `kind` it is"
    if location[-1:] == ("api_key_env",):  # what stands here may be the key itself: never show it
        return f"{place}: name the environment variable (capitals, digits, _) that holds the key, never the key itself"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return f"{place}: {message}" if place else message
    given = problem["input"]  # of settings only their kind is shown: one of them may be a key
    shown = f"a {type(given).__name__}" if isinstance(given, dict | list) else repr(given)[:100]
    return f"{place}: {message[0].lower() + message[1:]}, not {shown}"


def _shown(location: tuple[int | str, ...]) -> str:
    """The place as a user wrote it: without the kinds that a union adds."""
    parts = [str(part) for part in location if not isinstance(part, str) or part not in _kinds()]
    return ".".join(parts)


def _kinds() -> set[str]:
    models = [model for name in ("sources", "teachers") for model in _models(Recipe.model_fields[name].annotation)]
    kinds = {kind for model in models for kind in typing.get_args(model.model_fields["kind"].annotation)}
    return kinds | {"Summariser", "literal['template']"}


def _fields_at(location: tuple[int | str, ...]) -> Iterator[str]:
    models: list[type[BaseModel]] = [Recipe]
    for part in location:
        if isinstance(part, str) and part in _kinds():
            chosen = [model for model in models if part in typing.get_args(model.model_fields["kind"].annotation)]
            models = chosen or models
        elif isinstance(part, str):
            holders = [model.model_fields[part] for model in models if part in model.model_fields]
            models = [model for field in holders for model in _models(field.annotation)]
    for model in models:
        yield from model.model_fields


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for argument in typing.get_args(annotation) for model in _models(argument)]


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}."


def _with_absolute_paths(recipe: Recipe, folder: Path) -> Recipe:
    sources = tuple(
        source.model_copy(update={"path": _absolute(source.path, folder)}) if source.path else source
        for source in recipe.sources
    )
    benchmarks = tuple(
        benchmark.model_copy(update={"path": _absolute(benchmark.path, folder)}) if benchmark.path else benchmark
        for benchmark in recipe.screen.benchmarks
    )
    tokenizer = recipe.paths.tokenizer
    if (folder / tokenizer).is_dir() or Path(tokenizer).is_dir():
        tokenizer = _absolute(tokenizer, folder)
    summary = recipe.paths.summary
    if isinstance(summary, Summariser):
        summary = summary.model_copy(update={"prompt": _absolute_if_there(summary.prompt, folder)})
    teachers = tuple(
        located(teacher, folder) if isinstance(teacher, VLLMTeacher) else teacher for teacher in recipe.teachers
    )
    return recipe.model_copy(
        update={
            "sources": sources,
            "teachers": teachers,
            "screen": recipe.screen.model_copy(update={"benchmarks": benchmarks}),
            "paths": recipe.paths.model_copy(update={"tokenizer": tokenizer, "summary": summary}),
            "sampling": recipe.sampling.model_copy(
                update={"prompt": _absolute_if_there(recipe.sampling.prompt, folder)}
            ),
        }
    )


def _absolute_if_there(prompt: str, folder: Path) -> str:
    """A prompt's file or folder; the name of one that is bundled stays as it is."""
    return _absolute(prompt, folder) if (folder / prompt).exists() or Path(prompt).exists() else prompt


def _absolute(path: str, folder: Path) -> str:
    if _REMOTE.match(path) or Path(path).is_absolute():
        return path
    for base in (folder, Path.cwd()):
        candidate = base / path
        matches = any(base.glob(path)) if re.search(r"[*?\[]", path) else candidate.exists()
        if matches:
            return str(candidate)
    raise UsageError(f"{path}: there is no such file or folder; looked in {folder} and {Path.cwd()}")
