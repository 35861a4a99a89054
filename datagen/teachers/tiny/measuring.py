"""How good the tiny teacher is: sampled on the problems of the bundled recipe and judged by the project's verifier.

Needs torch, as learning does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import Qwen2ForCausalLM

from datagen.teachers.tiny.problem import Problem
from datagen.teachers.tiny.tokenizing import EOS, id_of, prompt_of
from datagen.thoughts import OPEN
from datagen.verify import verify_solution

TEMPERATURE, TOP_P, MAX_TOKENS = 0.8, 1.0, 512
"""As the recipe asks."""

_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled answer.

    Attributes:
        problem: what was asked.
        text: what the model wrote after the prompt, the thought tag put before it.
        ended: whether it ended within `MAX_TOKENS`.
        verdict: the verifier's.
    """

    problem: Problem
    text: str
    ended: bool
    verdict: str


def sampled(model: Qwen2ForCausalLM, tokenizer: Tokenizer, asked: Sequence[Problem], seed: int) -> list[Sample]:
    """One sample of each problem; ask more than once by naming a problem more than once."""
    torch.manual_seed(seed)
    samples: list[Sample] = []
    for start in range(0, len(asked), _AT_ONCE):
        problems = asked[start : start + _AT_ONCE]
        replies = _replies(model, tokenizer, [prompt_of(problem.text) for problem in problems])
        samples += [_judged(problem, *reply) for problem, reply in zip(problems, replies, strict=True)]
    return samples


def _replies(model: Qwen2ForCausalLM, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[tuple[str, bool]]:
    end = id_of(tokenizer, EOS)
    encoded = [tokenizer.encode(prompt).ids for prompt in prompts]
    longest = max(map(len, encoded))
    ids = torch.tensor([[end] * (longest - len(prompt)) + prompt for prompt in encoded], device=model.device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in encoded], device=model.device)
    with torch.inference_mode():
        written = model.generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            temperature=TEMPERATURE,
            top_p=TOP_P,
            top_k=0,
            max_new_tokens=MAX_TOKENS,
        )
    return [(tokenizer.decode(reply), end in reply) for reply in written[:, longest:].tolist()]


def _judged(problem: Problem, reply: str, ended: bool) -> Sample:
    text = f"{OPEN}\n{reply}"
    verdict = verify_solution(str(problem.answer), text, problem.text).verdict if ended else "truncated"
    return Sample(problem, text, ended, verdict)
