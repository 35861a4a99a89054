"""Which of vLLM's settings change what a model writes: they are a part of what was asked, and stand in its key.

What is outside changes only speed, memory, or how an answer comes back: parallel sizes, batch and cache sizes, graphs,
compilation, the parsers of reasoning and tools, speculative decoding (its samples are those of the model), adapters
that nobody asks for, seeds. `max-model-len` is outside too: an answer that did not fit is marked as cut off.
"""

from functools import cache
from typing import Any

from datagen.engine_args import option
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.adapters import adapter_of

CHANGES_TEXT: dict[str, Any] = {
    # Which weights, and what is computed with them.
    "model": None,
    "revision": None,
    "code-revision": None,
    "load-format": "auto",  # `dummy` is random weights
    "ignore-patterns": None,
    "hf-config-path": None,
    "hf-overrides": None,
    "rope-scaling": None,  # the two names that older versions have for parts of hf-overrides
    "rope-theta": None,
    "model-impl": "auto",
    "model-class-overrides": None,
    "disable-sliding-window": False,
    # An adapter is other weights.
    "lora-modules": None,
    "lora-target-modules": None,
    # How exactly it is computed: a quantised model, or one with a quantised cache, is another model.
    "dtype": "auto",
    "lora-dtype": "auto",
    "quantization": None,
    "quantization-config": None,
    "kv-cache-dtype": "auto",
    "kv-cache-dtype-skip-layers": None,
    "calculate-kv-scales": False,
    "mamba-cache-dtype": "auto",
    "mamba-ssm-cache-dtype": "auto",
    "enable-mamba-cache-stochastic-rounding": False,
    # What the model reads: the rendered prompt and its tokens.
    "tokenizer": None,
    "tokenizer-revision": None,
    "tokenizer-mode": "auto",
    "chat-template": None,
    "chat-template-content-format": "auto",
    "default-chat-template-kwargs": None,
    # How the next token is drawn, beyond what a request says.
    "generation-config": "vllm",  # what datagen passes
    "override-generation-config": None,
    "logits-processors": None,
    "reasoning-config": None,
    "watermark-config": None,
    "diffusion-config": None,
}
"""By the name that vLLM's command line has for it, the value that counts as if it were not given."""


def text_settings(teacher: VLLMTeacher) -> dict[str, Any]:
    """The settings of a teacher that change what its model writes, by name; files and folders by their content."""
    counted: dict[str, Any] = {}
    for key, value in teacher.engine_args.items():
        name = _full_name(option(key))
        if name == "lora-modules":
            adapter = adapter_of(teacher.model, teacher.engine_args)
            value = None if adapter is None else adapter["path"]
        if name is None or value in (None, CHANGES_TEXT[name.partition(".")[0]]):
            continue
        counted[name] = teacher.fingerprints.get(name, value)
    if "model" in counted and teacher.model.endswith(f"@{counted['model']}"):
        del counted["model"]  # its name says it all
    return counted


@cache
def _full_name(name: str) -> str | None:
    """The name of a setting that counts; vLLM takes an option's beginning for the option."""
    first, dot, inner = name.partition(".")
    whole = first if first in CHANGES_TEXT else next((one for one in CHANGES_TEXT if one.startswith(first)), None)
    return None if whole is None else whole + dot + inner
