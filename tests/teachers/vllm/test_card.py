"""What a dataset says of the vLLM that wrote it: the model by its content, nothing of the machine that it ran on."""

import asyncio
import json

from aiohttp import web

from datagen.recipe_file import load_recipe
from tests.building import build
from tests.sampling.openai_like import completion
from tests.serving import serving_app

MODEL = "datagen-tiny-teacher@0123456789ab"
ANSWERS = {"Solve for $x$: $7x - 4 = 3x + 20$": 6, "Solve for $x$: $5x + 3 = 2x + 18$": 5}
WAYS = (
    "Collect the terms in x on one side and the constants on the other, then divide, which leaves",
    "Guess a number, look at how far both sides are apart, and mend the guess by that, until it is",
)


def solver():
    """A server that solves each problem in two ways, in turn."""
    asked = 0

    async def solve(request):
        nonlocal asked
        asked += 1
        text = (await request.json())["messages"][-1]["content"]
        answer = next(answer for problem, answer in ANSWERS.items() if problem in text)
        return web.json_response(completion(f"{WAYS[asked % 2]} \\boxed{{{answer}}}"))

    app = web.Application()
    app.add_routes([web.post("/v1/chat/completions", solve)])
    return serving_app(app, asyncio.new_event_loop())


def test_what_the_bundled_model_wrote_is_called_a_demonstration(tmp_path):
    rows = [{"problem": problem, "answer": str(answer)} for problem, answer in ANSWERS.items()]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "chat.jinja").write_text("{{ messages }}")
    engine_args = {"chat-template": "chat.jinja", "quantization": "fp8"}
    with solver() as url:
        tree = {
            "name": "small",
            "sources": [{"kind": "table", "name": "mine", "path": "rows.jsonl", "licence": "MIT"}],
            "screen": {"benchmarks": []},
            "teachers": [
                {"name": "tiny", "kind": "vllm", "model": MODEL, "base_urls": [url], "engine_args": engine_args}
            ],
            "paths": {"count": [1, 2], "tokenizer": "bundled"},
            "output": {"formats": ["text"], "test_fraction": 0},
        }
        (tmp_path / "small.yaml").write_text(json.dumps(tree))
        workspace = build(load_recipe(str(tmp_path / "small.yaml")), tmp_path / "run")
    card = (workspace.folder / "dataset" / "README.md").read_text()
    [said] = [paragraph for paragraph in card.split("\n\n") if "A demonstration." in paragraph]
    assert f"`{MODEL}`" in said
    assert "not to train" in said
    assert str(tmp_path) not in card
    assert "chat.jinja" not in card
