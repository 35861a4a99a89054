"""Out of the hundreds of lines that vLLM leaves when it can't start, the one that says why.

`logs/` holds what vLLM 0.32 said on real bad inputs, without most frames of its tracebacks.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.vllm.complaints import telling_lines

LOGS = Path(__file__).with_name("logs")
SAID = {
    "bad_value": "argument --max-model-len: invalid human_readable_int_or_auto value: 'abc'",
    "engine_killed": "RuntimeError: Engine core initialization failed. See root cause above.",
    "kv_too_small": "No available memory for the cache blocks. Try increasing `gpu_memory_utilization`",
    "lora_not_enabled": "LoRA is not enabled. Use --enable-lora to enable LoRA.",
    "missing_model": "HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name'",
    "no_vllm": "/usr/bin/python: Error while finding module specification for 'vllm.entrypoints.openai.api_server'",
    "no_weights": "Cannot find any model weights with `/models/noweights`",
    "port_in_use": "OSError: [Errno 98] Address already in use",
    "too_little_memory": "Available memory on node 0 (12.67/14.21 GiB) on kv cache allocation is less than requested",
    "too_long": "User-specified max_model_len (99999999) is greater than the derived max_model_len",
    "unknown_arg": "unrecognized arguments: --foo",
    "unknown_parser": "KeyError: \"Reasoning parser 'nonsense' not found. Available parsers: cohere_command3,",
    "worker_killed": "Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.",
    "wrong_arch": "Model architectures ['Qwen2ForNothing'] are not supported for now.",
}


@pytest.mark.parametrize("log", sorted(LOGS.glob("*.log")), ids=lambda log: log.stem)
def test_the_cause_is_found_and_nothing_else(log: Path) -> None:
    (line,) = telling_lines(log.read_text())
    assert line.startswith(SAID[log.stem])
    assert len(line) <= 300


def test_an_engine_that_was_killed_is_told_by_the_one_above_it() -> None:
    log = (
        "(APIServer pid=7) INFO 11-21 19:32:03 [core_client.py:777] [shutdown] MPClient: complete\n"
        "(APIServer pid=7) ERROR 11-21 19:32:03 [async_llm.py:906] vllm.v1.engine.exceptions.EngineDeadError: "
        "EngineCore encountered an issue. See stack trace (above) for the root cause.\n"
        "INFO:     Application shutdown complete.\nnanobind: leaked 4 instances!\n"
    )
    assert telling_lines(log) == (
        "EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
    )


def test_a_server_without_a_reason_is_told_by_its_last_line() -> None:
    assert telling_lines("INFO:     Started\nInvalid machine command\nnanobind: leaked 4 instances!\n") == (
        "Invalid machine command",
    )
    assert telling_lines("") == ()


@given(st.text(alphabet=st.sampled_from("(Worker pid=1) ERROR 11-21 19:31:20 [a.py:1] Error: \n\r\x00éx.")))
def test_no_log_breaks_the_search(log: str) -> None:
    lines = telling_lines(log)
    assert len(lines) <= 3
    assert all(0 < len(line) <= 300 and "\n" not in line for line in lines)
