"""How the tiny teacher learns: a small Qwen2 model, on worked solutions that it sees once each.

The loss counts the reply only. Needs torch and transformers, which datagen itself does without.
"""

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import Qwen2Config, Qwen2ForCausalLM

from datagen.teachers.tiny.card import Learnt
from datagen.teachers.tiny.tokenizing import BOS, CONTEXT, EOS, id_of, prompt_of, reply_of
from datagen.teachers.tiny.worked import worked_solutions

_CUT = 448
"""Tokens of a conversation that are learnt from: of thoughts that end hardly one is longer, and those that never end
have long begun to repeat themselves."""
_POOL, _BATCH_TOKENS = 4096, 4096
_PEAK, _LOWEST, _WARM_UP = 5e-3, 6e-5, 0.03
_IGNORED = -100


def learn(
    tokenizer: Tokenizer, minutes: float, seed: int, say: Callable[[str], None], earlier: Path | None = None
) -> tuple[Qwen2ForCausalLM, Learnt]:
    """Train a model, from nothing or on from an earlier one.

    Args:
        tokenizer: the model's.
        minutes: how long; the learning rate falls along a cosine to the end of it.
        seed: of the first weights and of the solutions; how many are seen depends on the machine.
        say: told now and then how far it is.
        earlier: the folder of a model to go on from.

    Returns:
        The model, and what it took this time.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Qwen2ForCausalLM.from_pretrained(earlier, dtype=torch.float32) if earlier else _new_model(tokenizer)
    model.to(device).train()
    optimisers = _optimisers(model)
    began = time.monotonic()
    losses: list[float] = []
    tokens = 0
    for ids, labels in _batches(tokenizer, seed):
        done = (time.monotonic() - began) / (60 * minutes)
        if done >= 1:
            break
        _set_rate(optimisers, done)
        losses.append(_step(model, optimisers, ids.to(device), labels.to(device)))
        tokens += int((ids != id_of(tokenizer, EOS)).sum())
        if len(losses) % 50 == 0:
            say(f"{done:4.0%}  step {len(losses)}  tokens {tokens}  loss {_mean(losses[-50:]):.4f}")
    spent = (time.monotonic() - began) / 60
    learnt = Learnt(
        steps=len(losses),
        tokens=tokens,
        minutes=spent,
        rounds=1,
        loss=_mean(losses[-100:]),
        device=torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        threads=torch.get_num_threads(),
        parameters=model.num_parameters(),
    )
    return model.eval(), learnt


def _new_model(tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    config = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=id_of(tokenizer, BOS),
        eos_token_id=id_of(tokenizer, EOS),
        pad_token_id=id_of(tokenizer, EOS),
    )
    return Qwen2ForCausalLM(config)


def _optimisers(model: Qwen2ForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, AdamW for the rest.

    After 0.8 million tokens the loss was 0.83 nats a token, with AdamW alone 1.30.
    """
    inside: list[torch.Tensor] = []
    rest: list[torch.Tensor] = []
    for name, weights in model.named_parameters():
        (inside if weights.ndim == 2 and "embed" not in name else rest).append(weights)
    return [
        torch.optim.Muon(inside, lr=_PEAK, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=_PEAK, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _set_rate(optimisers: list[torch.optim.Optimizer], done: float) -> None:
    rate = min(done / _WARM_UP, 1) * (_LOWEST + (_PEAK - _LOWEST) * (1 + math.cos(math.pi * done)) / 2)
    for group in itertools.chain.from_iterable(optimiser.param_groups for optimiser in optimisers):
        group["lr"] = rate


def _step(
    model: Qwen2ForCausalLM, optimisers: list[torch.optim.Optimizer], ids: torch.Tensor, labels: torch.Tensor
) -> float:
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    wanted = labels[:, 1:]
    counted = wanted != _IGNORED
    loss = cross_entropy(model.lm_head(hidden[counted]), wanted[counted])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return float(loss.item())


def _batches(tokenizer: Tokenizer, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Token ids and labels, both of shape (conversations, tokens); conversations of about one length lie together."""
    draw = random.Random(seed)
    stream = _conversations(tokenizer, seed)
    while True:
        pool = sorted(itertools.islice(stream, _POOL), key=lambda conversation: len(conversation[0]))
        cut: list[list[tuple[list[int], int]]] = [[]]
        for conversation in pool:
            if (len(cut[-1]) + 1) * len(conversation[0]) > _BATCH_TOKENS:
                cut.append([])
            cut[-1].append(conversation)
        draw.shuffle(cut)
        for batch in cut:
            yield _padded(batch, id_of(tokenizer, EOS))


def _conversations(tokenizer: Tokenizer, seed: int) -> Iterator[tuple[list[int], int]]:
    """Token ids of a prompt and its reply, and how many of them are the prompt's."""
    for solution in worked_solutions(seed):
        prompt = tokenizer.encode(prompt_of(solution.problem.text)).ids
        reply = tokenizer.encode(reply_of(solution.thought, solution.solution, ends=solution.ends)).ids
        yield (prompt + reply)[:_CUT], len(prompt)


def _padded(batch: list[tuple[list[int], int]], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    shape = len(batch), max(len(ids) for ids, _ in batch)
    ids, labels = torch.full(shape, padding), torch.full(shape, _IGNORED)
    for row, (tokens, asked) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, asked : len(tokens)] = ids[row, asked : len(tokens)]
    return ids, labels


def _mean(losses: list[float]) -> float:
    return sum(losses) / max(len(losses), 1)
