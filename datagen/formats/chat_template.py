"""What a tokenizer's own chat template makes of messages, and what it puts around a user's text.

For a prompt the template is rendered once, with a marker in the user's place, and split there: the template's text may
become control tokens, the user's text never does. Nothing in a template can read the clock, a file or the network.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from datagen.errors import UsageError

_MARKER = "DATAGENUSERTEXT"


def around_user_text(template: str, *, bos_token: str, eos_token: str) -> tuple[str, str]:
    """Render a chat template for one user message and the start of the answer.

    Args:
        template: the Jinja source, as `transformers` would run it.
        bos_token: what the template sees as `bos_token`; empty when the tokenizer has none.
        eos_token: what the template sees as `eos_token`.

    Returns:
        The text before the user's, and the text after it.

    Raises:
        UsageError: the template fails, or does not show the user's text exactly once.
    """
    asked = [{"role": "user", "content": _MARKER}]
    try:
        rendered = _render(template, asked, bos_token=bos_token, eos_token=eos_token, add_generation_prompt=True)
    except Exception as error:  # a template is somebody else's program and may fail in any way
        raise UsageError(
            f"the tokenizer's chat template fails on one user message ({type(error).__name__}: {error}); "
            "use another tokenizer, or a folder with a chat_template.jinja that takes it"
        ) from error
    before, found, after = rendered.partition(_MARKER)
    if not found or _MARKER in after:
        raise UsageError(
            "the tokenizer's chat template does not show the user's message exactly once; "
            "use another tokenizer, or a folder with a chat_template.jinja that does"
        )
    return before, after


def render_conversation(
    template: str, messages: Sequence[Mapping[str, str]], *, bos_token: str, eos_token: str
) -> str | None:
    """What a trainer sees of a conversation that it puts through a chat template; None where the template fails."""
    try:
        return _render(template, messages, bos_token=bos_token, eos_token=eos_token, add_generation_prompt=False)
    except Exception:  # as above
        return None


def _render(template: str, messages: Sequence[Mapping[str, str]], **variables: object) -> str:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    shown = [dict(message) for message in messages]
    return environment.from_string(template).render(messages=shown, tools=None, documents=None, **variables)


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
