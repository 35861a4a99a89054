"""How the endpoints of this field differ in what they take: one row a family, and no branch anywhere else.

A parameter that a family refuses is not sent, and is then no part of what was asked: it can't change the answer.
What differs in what they give back is read for all of them alike, in `replies.py`.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

from datagen.errors import UsageError
from datagen.recipe import Recipe
from datagen.recipe_teachers import DemoTeacher, FamilyName, PaidTeacher, VLLMTeacher
from datagen.teachers.base import Completion, Request
from datagen.teachers.vllm.distribution import text_settings
from datagen.thoughts import CLOSE, OPEN

Parameter = Literal["temperature", "top_p", "seed"]
Continuing = Literal["final_message", "prefix", "prefix_and_thought"]
"""How a request says that its last message is the beginning of the answer: by parameters of its own, by a mark on the
message, or by the mark and with the thought in a field of its own."""


@dataclass(frozen=True, slots=True)
class Family:
    """What a family of models takes.

    Attributes:
        models: how their names look, at the start or after one of `/.:`; None when only hosts tell.
        hosts: the hosts that serve nothing else.
        length_limit: the name of the most tokens of an answer.
        refuses: the parameters that it answers with an error.
        system_role: the role of a system message.
        continuing: how it is asked to continue an answer; None when it does not, or nobody knows how.
    """

    models: str | None = None
    hosts: frozenset[str] = frozenset()
    length_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    refuses: frozenset[Parameter] = frozenset()
    system_role: Literal["system", "developer"] = "system"
    continuing: Continuing | None = None


FAMILIES: dict[FamilyName, Family] = {
    # "Unsupported parameter: 'max_tokens' … Use 'max_completion_tokens' instead", "'temperature' does not support 0.8 …
    # Only the default (1) value is supported" (huggingface/smolagents#468, tmc/langchaingo#1355, johny-b/llmcomp#69 for
    # gpt-5.4); the same list, the exception for gpt-5-chat and the role in @ai-sdk/openai,
    # openai-language-model-capabilities.ts.
    "openai_reasoning": Family(
        models=r"(?:o[134](?![\w.])|gpt-5(?!-chat)|codex-mini)",
        length_limit="max_completion_tokens",
        refuses=frozenset({"temperature", "top_p"}),
        system_role="developer",
    ),
    # "temperature and top_p cannot both be specified for this model" (open-webui/functions#9, ccbogel/QualCoder#1125).
    "claude_4": Family(
        models=r"claude-(?:opus-4-[1-6]|sonnet-4-[56]|haiku-4-5)(?!\d)",
        refuses=frozenset({"top_p"}),
    ),
    # "temperature is deprecated for this model", from opus-4-7 on (github/copilot-sdk#1557, the release notes of
    # scottpmiller/evalcore 2.4.3).
    "claude_5": Family(
        models=r"claude-(?:opus-4-[7-9]|[a-z]+-[5-9])(?!\d)",
        refuses=frozenset({"temperature", "top_p"}),
    ),
    # "Unknown name "seed": Cannot find field" (Vali-98/ChatterUI#227, mcpchecker/mcpchecker#188).
    "gemini": Family(hosts=frozenset({"generativelanguage.googleapis.com"}), refuses=frozenset({"seed"})),
    # "extra_forbidden … body, seed" (langchain-ai/langchain-azure#82); its own name for it is random_seed.
    # `prefix` as in docs.mistral.ai (AssistantMessage); its answer begins with the prefix.
    "mistral": Family(hosts=frozenset({"api.mistral.ai"}), refuses=frozenset({"seed"}), continuing="prefix"),
    # deepseek-reasoner takes temperature and top_p and does not act on them (api-docs.deepseek.com,
    # guides/reasoning_model), so that sending them is right before and after that changes. `prefix` works under
    # https://api.deepseek.com/beta alone; the thought goes in reasoning_content (guides/chat_prefix_completion).
    "deepseek": Family(hosts=frozenset({"api.deepseek.com"}), continuing="prefix_and_thought"),
    # Everything else, vLLM and SGLang among it, which take the two parameters (vLLM's ChatCompletionRequest).
    "plain": Family(continuing="final_message"),
}


def family_name(teacher: PaidTeacher) -> FamilyName:
    """The family of a teacher: as its recipe says, else the first whose model names or hosts fit."""
    if isinstance(teacher, DemoTeacher):
        return "plain"
    return _guessed(teacher.model, teacher.base_urls) if teacher.family == "auto" else teacher.family


def parameters_of(teacher: PaidTeacher, request: Request) -> dict[str, Any]:
    """The parameters that change the distribution: those that are sent, and those that a vLLM server is started with.

    They go into the key of what was asked. The length limit stands under one name for all.
    """
    return _sent(teacher, request) | started_with(teacher)


def started_with(teacher: PaidTeacher) -> dict[str, dict[str, Any]]:
    """The settings of its servers that change what a teacher writes, as `engine_args`; empty where there are none."""
    settings = text_settings(teacher) if isinstance(teacher, VLLMTeacher) else {}
    return {"engine_args": settings} if settings else {}


def body_of(teacher: PaidTeacher, request: Request) -> dict[str, Any]:
    """What is sent, as JSON."""
    family = FAMILIES[family_name(teacher)]
    parameters: dict[str, Any] = _sent(teacher, request)
    parameters[family.length_limit] = parameters.pop("max_tokens")
    if request.seed is not None and "seed" not in family.refuses:
        parameters["seed"] = request.seed
    messages: list[dict[str, Any]] = [
        {"role": family.system_role if message.role == "system" else message.role, "content": message.content}
        for message in request.messages
    ]
    if request.continues and family.continuing == "final_message":
        parameters |= {"continue_final_message": True, "add_generation_prompt": False}
    elif request.continues:
        messages[-1] |= {"prefix": True}
        if family.continuing == "prefix_and_thought" and messages[-1]["content"].startswith(OPEN):
            thought, _, content = messages[-1]["content"].removeprefix(OPEN).partition(CLOSE)
            messages[-1] |= {"reasoning_content": thought.strip(), "content": content.strip()}
    return {"model": teacher.model, "messages": messages, **parameters}


def rest_of(teacher: PaidTeacher, request: Request, completion: Completion) -> Completion:
    """What an endpoint wrote after the beginning of an answer, which some families repeat."""
    if FAMILIES[family_name(teacher)].continuing != "prefix":
        return completion
    return replace(completion, content=completion.content.removeprefix(request.messages[-1].content))


def refuse_unable_to_continue(recipe: Recipe) -> None:
    """Refuse a recipe that wants answers continued by a teacher of a family that does not.

    Raises:
        UsageError: names the teacher and the way around it.
    """
    for teacher in recipe.paid_teachers if recipe.sampling.on_truncated == "continue" else ():
        family = family_name(teacher)
        if FAMILIES[family].continuing is None:
            raise UsageError(
                f"{recipe.name}: sampling.on_truncated: continue: teacher {teacher.name} is of the family {family}, "
                "which does not continue an answer that was cut off; use raise_limit or accept"
            )


def _sent(teacher: PaidTeacher, request: Request) -> dict[str, float | int]:
    refuses = FAMILIES[family_name(teacher)].refuses
    asked = {"temperature": request.temperature, "top_p": request.top_p, "max_tokens": request.max_tokens}
    return {name: value for name, value in asked.items() if name not in refuses}


@cache
def _guessed(model: str, base_urls: tuple[str, ...]) -> FamilyName:
    hosts = {urlsplit(url).hostname for url in base_urls}
    for name, family in FAMILIES.items():
        named = family.models is not None and re.search(rf"(?:^|[/.:]){family.models}", model.casefold())
        if named or hosts & family.hosts:
            return name
    return "plain"
