"""What doctor says of vLLM servers that run already, asked of real ones on this machine."""

import asyncio

import pytest
from aiohttp import web

from datagen.doctor.servers import server_findings
from datagen.recipe_teachers import VLLMTeacher
from tests.serving import free_port, serving_app

SERVED = {"object": "list", "data": [{"id": "m", "max_model_len": 4096}, {"id": "base", "max_model_len": 4096}]}


def server(health=200, models=SERVED):
    """A server that answers as vLLM does."""

    async def say_health(request):
        return web.Response(status=health)

    async def list_models(request):
        return web.json_response(models)

    app = web.Application()
    app.add_routes([web.get("/health", say_health), web.get("/v1/models", list_models)])
    return serving_app(app, asyncio.new_event_loop())


def told(*urls, model="m", max_tokens=1024):
    return list(server_findings(VLLMTeacher(name="v", kind="vllm", model=model, base_urls=urls), max_tokens))


def test_each_server_is_told_apart():
    dead = f"http://127.0.0.1:{free_port()}/v1"
    with server() as one, server() as two:
        findings = told(one, dead, two)
    assert [finding.what for finding in findings] == [f"teacher v: {url}" for url in (one, dead, two)]
    assert [finding.state for finding in findings] == ["works", "broken", "works"]
    assert findings[0].detail == "4,096 tokens: 3,072 for a prompt beside sampling.max_tokens 1,024"
    assert "no connection" in findings[1].detail
    assert "start the server, or correct base_urls" in findings[1].detail


@pytest.mark.parametrize(
    ("behaviour", "asked", "words"),
    [
        ({"health": 503}, {}, ["HTTP 503", "engine"]),
        ({}, {"model": "x"}, ["serves m, base, not x", "--served-model-name x"]),
        ({"models": {"object": "error"}}, {}, ["serves nothing, not m"]),
        ({"models": []}, {}, ["serves nothing, not m"]),
        ({}, {"max_tokens": 4096}, ["4,096 tokens are no room", "--max-model-len"]),
    ],
    ids=["engine dead", "another model", "no list", "nonsense", "no room"],
)
def test_what_is_wrong_with_a_server_is_told_with_what_to_do(behaviour, asked, words):
    with server(**behaviour) as url:
        [finding] = told(url, **asked)
    assert finding.state == "broken"
    assert all(word in finding.detail for word in words)


def test_a_server_that_does_not_say_its_length_works():
    with server(models={"data": [{"id": "m"}]}) as url:
        [finding] = told(url)
    assert (finding.state, finding.detail) == ("works", "its context length is not known")
