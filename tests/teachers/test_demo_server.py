"""The demo teacher as a process, asked by the real OpenAI client."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import openai
import pytest

from datagen.teachers.demo.endpoint import INLINE_MODEL, MODEL
from datagen.thoughts import split_thought

PROBLEM = "Find the greatest common divisor of $1848$ and $1260$.\n\nPut your answer within \\boxed{}."
MESSAGES = [{"role": "user", "content": PROBLEM}]


def start(*arguments, **options):
    command = [sys.executable, "-m", "datagen.teachers.demo", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    line = process.stdout.readline()
    assert line.startswith("datagen demo teacher on http://127.0.0.1:"), line
    return process, line.split()[-1]


@pytest.fixture(scope="module")
def url():
    process, address = start()
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def client(url):
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def ask(client, **options):
    options = {"model": MODEL, "messages": MESSAGES, "seed": 1, "temperature": 0.8} | options
    return client.chat.completions.create(**options)


def post(url, body):
    request = urllib.request.Request(f"{url}/chat/completions", data=body, method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=20)
    with caught.value as response:
        return response.status, json.load(response)["error"]


def test_the_same_request_gets_the_same_reply_and_another_seed_another(client):
    assert ask(client) == ask(client)
    assert len({ask(client, seed=seed).choices[0].message.content for seed in range(12)}) > 6


def test_without_a_seed_asking_again_gives_another_reply(client):
    replies = [ask(client, seed=openai.omit).choices[0].message.reasoning_content for _ in range(8)]
    assert len(set(replies)) > 1


def test_a_reply_has_a_thought_a_boxed_answer_and_its_usage(client):
    reply = ask(client, temperature=0.0)
    message = reply.choices[0].message
    assert reply.choices[0].finish_reason == "stop"
    assert "\\boxed{84}" in message.content
    assert "boxed" not in message.reasoning_content
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.completion_tokens > 100


def test_thoughts_stand_in_the_content_for_the_inline_model(client):
    apart = ask(client, temperature=0.0).choices[0].message
    inline = ask(client, temperature=0.0, model=INLINE_MODEL).choices[0].message
    assert not hasattr(inline, "reasoning_content")
    parts = split_thought(inline.content)
    assert (parts.reasoning, parts.content, parts.cut) == (apart.reasoning_content, apart.content, False)
    cut = ask(client, temperature=0.0, model=INLINE_MODEL, max_tokens=40).choices[0]
    assert cut.finish_reason == "length"
    assert split_thought(cut.message.content).cut


def test_the_inline_flag_does_the_same_for_the_plain_model():
    process, address = start("--inline-thoughts")
    try:
        client = openai.OpenAI(base_url=address, api_key="none", max_retries=0)
        assert ask(client).choices[0].message.content.startswith("<think>\n")
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_is_kept(client, name):
    reply = ask(client, temperature=0.0, **{name: 25})
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 25
    assert reply.choices[0].message.content == ""


def test_several_choices_differ_and_are_all_counted(client):
    reply = ask(client, n=4)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert len({choice.message.reasoning_content for choice in reply.choices}) > 1
    assert reply.choices[0].message == ask(client).choices[0].message
    assert reply.usage.completion_tokens > ask(client).usage.completion_tokens


def test_models_and_health(client, url):
    assert [model.id for model in client.models.list()] == [MODEL, INLINE_MODEL]
    with urllib.request.urlopen(url.removesuffix("/v1") + "/health", timeout=20) as response:
        assert response.status == 200


def test_an_unknown_model_is_a_404_like_openais(client):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model="gpt-nobody")
    assert caught.value.code == "model_not_found"
    assert "gpt-nobody" in caught.value.message


def test_streaming_is_refused(client):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, stream=True)
    assert caught.value.param == "stream"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{nonsense", None),
        (b"[]", None),
        (b"\xff\xfe", None),
        (json.dumps({"model": MODEL}).encode(), "messages"),
        (json.dumps({"model": MODEL, "messages": []}).encode(), "messages"),
        (json.dumps({"model": MODEL, "messages": MESSAGES, "temperature": 9}).encode(), "temperature"),
        (json.dumps({"model": MODEL, "messages": MESSAGES, "max_tokens": 0}).encode(), "max_tokens"),
        (json.dumps({"model": MODEL, "messages": MESSAGES, "n": "many"}).encode(), "n"),
    ],
)
def test_a_bad_request_is_a_400_that_names_the_parameter(url, body, param):
    status, error = post(url, body)
    assert (status, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert error["message"]


def test_an_unknown_path_is_a_json_error(url):
    status, error = post(f"{url}/nowhere", b"{}")
    assert status == 404
    assert "nowhere" in error["message"]


def test_two_hundred_requests_wait_side_by_side():
    process, address = start("--latency-ms", "200")

    async def all_at_once():
        async with openai.AsyncOpenAI(base_url=address, api_key="none", max_retries=0, timeout=60) as client:
            tasks = [
                client.chat.completions.create(model=MODEL, messages=MESSAGES, seed=seed, temperature=0.8)
                for seed in range(200)
            ]
            return await asyncio.gather(*tasks)

    try:
        replies = asyncio.run(all_at_once())
        assert len(replies) == 200
        assert all(reply.usage.completion_tokens for reply in replies)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_it_said_one_line_only(number):
    process, _ = start()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_when_its_standard_input_closes():
    read_end, write_end = os.pipe()
    process, _ = start("--end-with-stdin", stdin=read_end)
    os.close(read_end)
    assert process.poll() is None
    os.close(write_end)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_port_in_use_is_refused_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "datagen.teachers.demo", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"demo teacher: port {port} on 127.0.0.1 is in use; choose another one, or 0 for a free one\n"


def go_on(client, beginning, model=MODEL, **body):
    messages = [*MESSAGES, {"role": "assistant", "content": beginning}]
    extra = {"continue_final_message": True, "add_generation_prompt": False} | body
    return ask(client, messages=messages, model=model, extra_body=extra)


@pytest.mark.parametrize("model", [MODEL, INLINE_MODEL])
def test_a_thought_that_was_cut_off_is_continued_to_the_answer(client, model):
    cut = ask(client, max_tokens=20, temperature=0.0).choices[0].message.reasoning_content
    reply = go_on(client, f"<think>\n{cut}", model)
    message = reply.choices[0].message
    rest = (
        f"{getattr(message, 'reasoning_content', '')}\n</think>\n{message.content}"
        if model == MODEL
        else message.content
    )
    split = split_thought(f"<think>\n{cut}{rest}")
    assert split.reasoning.startswith(cut)
    assert "\\boxed{" in split.content
    assert not split.cut
    assert reply.usage.prompt_tokens > 20


def test_a_solution_that_was_cut_off_is_continued_without_a_thought(client):
    message = go_on(client, "<think>\nI think.\n</think>\n\nSo").choices[0].message
    assert not hasattr(message, "reasoning_content")
    assert "\\boxed{" in message.content


def test_a_request_that_continues_and_begins_at_once_is_refused_as_vllm_does(client):
    with pytest.raises(openai.BadRequestError, match="Cannot set both"):
        go_on(client, "So", add_generation_prompt=True)
    with pytest.raises(openai.BadRequestError, match="needs a last message of the assistant"):
        ask(client, extra_body={"continue_final_message": True, "add_generation_prompt": False})
