"""The /metrics page of vLLM: its figures are read over all engines, and a page that is none tells nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.vllm.readings import Reading, parse_metrics, root_of

ENGINE = """
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{engine="{0}",model_name="tiny, \\"quoted\\" }}"}} 45.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{engine="{0}",model_name="tiny"}} 12.0
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{{engine="{0}",model_name="tiny",reason="capacity"}} 12.0
vllm:{2}{{engine="{0}",model_name="tiny"}} {1}
# TYPE vllm:num_preemptions_total counter
vllm:num_preemptions_total{{engine="{0}",model_name="tiny"}} 3.0
vllm:num_preemptions_created{{engine="{0}",model_name="tiny"}} 1.7637e+09
vllm:generation_tokens_total{{engine="{0}",model_name="tiny"}} 1.5e+06
vllm:request_success_total{{engine="{0}",finished_reason="stop",model_name="tiny"}} 800.0
vllm:request_success_total{{engine="{0}",finished_reason="length",model_name="tiny"}} 200.0
vllm:request_generation_tokens_bucket{{engine="{0}",le="1.0",model_name="tiny"}} 0.0
"""
OURS = "kv_cache_usage_perc"
PAGE = '# TYPE python_info gauge\npython_info{version="3.11"} 1.0\n' + ENGINE.format(0, 0.25, OURS)


def test_a_page_is_read() -> None:
    assert parse_metrics(PAGE) == Reading(45, 12, 0.25, 3, 1_500_000, 1000)


def test_engines_are_taken_together_and_the_kv_cache_is_that_of_the_fullest() -> None:
    assert parse_metrics(PAGE + ENGINE.format(1, 0.75, OURS)) == Reading(90, 24, 0.75, 6, 3_000_000, 2000)


def test_the_kv_cache_is_found_under_its_older_name() -> None:
    assert parse_metrics(ENGINE.format(0, 0.5, "gpu_cache_usage_perc")) == Reading(45, 12, 0.5, 3, 1_500_000, 1000)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html>Not found</html>",
        PAGE.replace("vllm:", "sglang:"),
        PAGE.replace("vllm:num_requests_waiting{", "vllm:num_requests_parked{"),
        PAGE.replace("} 45.0", "} NaN"),
        PAGE.replace("} 45.0", "} +Inf"),
        PAGE.replace("} 45.0", "} -45"),
        PAGE.replace("} 45.0", "} many"),
        PAGE.replace("} 45.0", "}"),
        PAGE.replace('model_name="tiny"}', "model_name="),
    ],
)
def test_a_page_that_does_not_say_it_tells_nothing(page: str) -> None:
    assert parse_metrics(page) is None


@given(st.text(alphabet='vllm:num_requests_running{engine="0"} 1.5e\n\\#,\x00é', max_size=400), st.integers(0, 2000))
def test_nothing_that_a_page_says_is_an_error(noise: str, place: int) -> None:
    reading = parse_metrics(PAGE[:place] + noise + PAGE[place:])
    assert reading is None or 0 <= reading.kv_use <= 1
    parse_metrics(f"vllm:num_requests_running{{{noise}\nvllm:num_requests_waiting {noise}")


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://host/gpu/7/v1", "https://host/gpu/7"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
    ],
)
def test_the_page_is_beside_the_api(base_url: str, root: str) -> None:
    assert root_of(base_url) == root
