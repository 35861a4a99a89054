"""The demo server misbehaves as it is told, over real sockets, and says exactly what it did."""

import http.client
import json
import socket
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.teachers.demo.faults import FAULTS, Fates, FaultPlan, RateLimit
from tests.end_to_end.runs import wait_until
from tests.serving import DemoServer, demo_server, free_port

PROBLEM, OUTPUT = "How many primes lie below $30$?", "<think>\n2, 3, 5 and so on\n</think>\n\n\\boxed{10}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    file = tmp_path_factory.mktemp("recorded") / "recorded.parquet"
    pq.write_table(pa.table({"problem": [PROBLEM], "output": [OUTPUT]}), file)
    return str(file)


@pytest.fixture
def serving(recorded):
    servers = []

    def start(*options, port=0):
        servers.append(DemoServer("--replay", recorded, *options, port=port))
        return servers[-1]

    yield start
    for server in servers:
        server.end()
        assert server.complaints == ""


def asked(seed=0, text=PROBLEM):
    return json.dumps({"model": "any/model", "messages": [{"role": "user", "content": text}], "seed": seed})


def connect(server, timeout=20.0):
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)


def post(connection, **options):
    connection.request("POST", "/v1/chat/completions", asked(**options), {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response, response.read()


def test_without_faults_every_model_answers_with_what_was_recorded_and_it_is_counted(serving):
    server = serving()
    connection = connect(server)
    for seed in (1, 2, 2, 2):
        reply = json.loads(post(connection, seed=seed)[1])
        assert (reply["model"], reply["choices"][0]["message"]["content"]) == ("any/model", OUTPUT)
    assert not json.loads(post(connection, text="Who knows?")[1])["choices"][0]["message"].get("reasoning_content")
    connection.request("POST", "/v1/chat/completions", "{}")
    assert connection.getresponse().read()
    counted = server.stats()
    assert counted.pop("faults") == dict.fromkeys((*FAULTS, "rate_limit"), 0)
    assert counted == {
        "requests": 6,
        "distinct_requests": 4,
        "answered": 5,
        "repeated_answers": 2,
        "abandoned": 0,
        "unknown_problems": 1,
        "refused": 1,
        "in_flight": 0,
        "most_in_flight": 1,
    }


def test_models_are_listed(serving):
    connection = connect(serving())
    connection.request("GET", "/v1/models")
    assert [model["id"] for model in json.load(connection.getresponse())["data"]] == ["recorded"]


def test_a_429_says_how_long_to_wait_when_told_to(serving):
    for options, header in (((), None), (("--retry-after", "0.5"), "0.5")):
        response, body = post(connect(serving("--fault-429", "1", *options)))
        assert (response.status, response.headers["Retry-After"]) == (429, header)
        assert json.loads(body)["error"]["type"] == "rate_limit_error"


def test_a_500_is_an_error_of_the_server(serving):
    response, body = post(connect(serving("--fault-500", "1")))
    assert (response.status, json.loads(body)["error"]["type"]) == (500, "server_error")


def test_a_dropped_reply_ends_in_the_middle_and_the_server_goes_on(serving):
    server = serving("--fault-drop", "1")
    for _ in range(3):
        with pytest.raises(http.client.IncompleteRead) as caught:
            post(connect(server))
        assert caught.value.partial.startswith(b'{"id"')
    stats = server.stats()
    assert (stats["faults"]["drop"], stats["answered"], stats["in_flight"]) == (3, 0, 0)
    assert server.process.poll() is None


def test_a_hanging_request_is_never_answered_and_forgotten_when_the_client_goes(serving):
    server = serving("--fault-hang", "1")
    connection = connect(server, timeout=0.3)
    with pytest.raises(TimeoutError):
        post(connection)
    assert server.stats()["in_flight"] == 1
    connection.close()
    wait_until(lambda: server.stats()["in_flight"] == 0, "the request is forgotten")
    assert server.stats()["abandoned"] == 0


def test_garbage_is_a_whole_reply_of_broken_json(serving):
    response, body = post(connect(serving("--fault-garbage", "1")))
    assert (response.status, response.headers["Content-Type"].partition(";")[0]) == (200, "application/json")
    with pytest.raises(ValueError, match="line 1"):
        json.loads(body)


def test_a_truncated_reply_is_the_beginning_and_says_length(serving):
    server = serving("--fault-truncate", "1")
    connection = connect(server)
    texts = set()
    for seed in range(10):
        choice = json.loads(post(connection, seed=seed)[1])["choices"][0]
        text = choice["message"]["content"]
        assert choice["finish_reason"] == "length"
        assert OUTPUT.startswith(text)
        assert len(text) < len(OUTPUT)
        texts.add(text)
    assert len(texts) > 1
    assert server.stats()["answered"] == 10


def test_the_solving_teacher_has_faults_too():
    with demo_server("--fault-truncate", "1", "--fault-429", "0") as server:
        body = {"model": "datagen-demo-teacher", "temperature": 0, "seed": 1, "messages": []}
        body["messages"] = [{"role": "user", "content": "Find the greatest common divisor of $1848$ and $1260$."}]
        connection = connect(server)
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        choice = json.load(connection.getresponse())["choices"][0]
        assert choice["finish_reason"] == "length"
        assert "\\boxed{84}" not in choice["message"]["content"]


def test_shares_are_kept_and_counted_and_the_seed_says_which_requests_are_hit(serving):
    server = serving("--fault-429", "0.2", "--fault-500", "0.1", "--seed", "7")
    connection = connect(server)
    seen = [post(connection, seed=seed)[0].status for seed in range(400)]
    counted, faults = Counter(seen), server.stats()["faults"]
    assert (counted[429], counted[500]) == (faults["429"], faults["500"])
    assert 50 < counted[429] < 110
    assert 20 < counted[500] < 65
    shares = {"429": 0.2, "500": 0.1}
    fates, others = Fates(FaultPlan(shares, seed=7)), Fates(FaultPlan(shares, seed=8))
    assert [int(fates.next().fault or 200) for _ in seen] == seen
    assert [int(others.next().fault or 200) for _ in seen] != seen


def test_a_request_that_met_a_fault_gets_through_when_it_is_tried_again(serving):
    connection = connect(serving("--fault-500", "0.5"))
    for seed in range(20):
        tries = (post(connection, seed=seed)[0].status for _ in range(40))
        assert 200 in tries


def test_an_answer_that_nobody_waits_for_is_abandoned_not_answered(serving):
    server = serving("--latency-ms", "60000")
    connection = connect(server, timeout=0.3)
    with pytest.raises(TimeoutError):
        post(connection)
    connection.close()
    wait_until(lambda: server.stats()["abandoned"] == 1, "the answer is abandoned")
    assert server.stats()["answered"] == 0


def test_more_requests_a_minute_than_allowed_are_told_to_wait(serving):
    server = serving("--requests-per-minute", "6")
    connection = connect(server)
    assert post(connection)[0].status == 200
    response, _ = post(connection)
    assert response.status == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 10
    stats = server.stats()
    assert (stats["faults"]["rate_limit"], stats["faults"]["429"], stats["answered"]) == (1, 0, 1)


@given(st.integers(1, 6000), st.lists(st.floats(0, 5), max_size=300))
def test_no_minute_lets_more_through_than_its_limit_and_a_seconds_worth(per_minute, pauses):
    now, taken = 0.0, []
    limit = RateLimit(per_minute, clock=lambda: now)
    for pause in pauses:
        now += pause
        wait_s = limit.wait_s()
        if not wait_s:
            taken.append(now)
    for start in taken:
        assert sum(start <= moment < start + 60 for moment in taken) <= per_minute + max(1, per_minute / 60) + 1e-6


@given(st.integers(1, 6000), st.integers(0, 500))
def test_who_waits_as_long_as_told_gets_through(per_minute, requests):
    now = 0.0
    limit = RateLimit(per_minute, clock=lambda: now)
    for _ in range(requests):
        if wait_s := limit.wait_s():
            now += wait_s + 1e-6
            assert limit.wait_s() == 0


def test_a_killed_server_comes_back_on_its_port(serving):
    port = free_port()
    server = serving(port=port)
    assert post(connect(server))[0].status == 200
    server.kill()
    with pytest.raises(OSError, match="refused"):
        post(connect(server))
    assert post(connect(serving(port=port)))[0].status == 200


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_share_is_a_share(share):
    with pytest.raises(UsageError, match=r"--fault-drop .*within 0 and 1"):
        FaultPlan({"drop": share})


def test_shares_are_at_most_all_requests():
    assert {Fates(FaultPlan({"429": 0.3, "hang": 0.7})).next().fault for _ in range(50)} <= {"429", "hang"}
    with pytest.raises(UsageError, match=r"sum up to 1\.2; together at most 1"):
        FaultPlan({"429": 0.5, "hang": 0.7})


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_nobody_waits_for_ever(seconds):
    with pytest.raises(UsageError, match="--retry-after"):
        FaultPlan({}, retry_after_s=seconds)


def test_wrong_options_and_a_port_in_use_end_the_command_in_one_line(recorded):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = {
            ("--port", port, "--replay", recorded): f"demo teacher: port {port} on 127.0.0.1 is in use; choose another",
            ("--fault-500", "2"): "--fault-500 2: a share of all requests lies within 0 and 1",
            ("--requests-per-minute", "0"): "--requests-per-minute 0: at least 1, or leave it out",
            ("--replay", "nowhere.parquet"): "--replay nowhere.parquet: there is no such file",
            ("--fault-500", "often"): "Invalid value for '--fault-500'",
        }
        commands = {
            options: subprocess.Popen(
                [sys.executable, "-m", "datagen", "serve-demo", *options], stderr=subprocess.PIPE, text=True
            )
            for options in wrong
        }
        for options, complaint in wrong.items():
            said = commands[options].communicate(timeout=60)[1]
            assert commands[options].returncode == 2
            assert said.startswith(f"datagen: {complaint}")
            assert said.count("\n") == 1
