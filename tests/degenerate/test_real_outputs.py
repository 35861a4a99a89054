"""What is found in every real output. `judged.jsonl` holds what a person who read them said: no text, but its hash.

Read were all hits of each kind, but of the circles that are not right only 60 drawn ones, those near the bound, and
those with another fault; 60 drawn outputs without a fault; and 18 that come near one.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from datagen.degenerate import fault_of
from tests.degenerate.outputs import DATA, Output, outputs

JUDGED = [json.loads(line) for line in Path(__file__).with_name("judged.jsonl").read_text().splitlines()]
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (../shared/data) is not here")


@pytest.fixture(scope="module")
def every_output() -> list[Output]:
    return list(outputs())


def text_hash(output: Output) -> str:
    text = "\n\n".join(part for part in (output.thought, output.content) if part)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def test_what_was_read_is_found_as_it_was_judged(every_output: list[Output]) -> None:
    by_name = {output.name: output for output in every_output}
    faults: dict[str, set[str]] = {}
    for judged in JUDGED:
        assert text_hash(by_name[judged["output"]]) == judged["text"]
        assert by_name[judged["output"]].is_right == judged["right"]
        faults.setdefault(judged["text"], set()).update({judged["fault"]} - {None})
    for judged in JUDGED:
        output, expected = by_name[judged["output"]], faults[judged["text"]]
        found = fault_of(output.problem, output.thought, output.content)
        assert (found.name in expected) if found else not expected, output.name
    assert Counter((judged["fault"] is not None, judged["verdict"]) for judged in JUDGED) == {
        (True, "degenerate"): 328,
        (False, "sound"): 76,
        (False, "degenerate"): 2,
    }


@pytest.mark.full
def test_so_many_of_all_outputs_are_degenerate(every_output: list[Output]) -> None:
    counted: Counter[tuple[str, bool]] = Counter()
    for output in every_output:
        if fault := fault_of(output.problem, output.thought, output.content):
            counted[fault.name, output.is_right] += 1
    assert counted == {
        ("repeats", False): 856,
        ("repeats", True): 13,
        ("as_an_ai", False): 4,
        ("speaks_of_reference", False): 110,
        ("speaks_of_reference", True): 75,
        ("speaks_of_prompt", False): 53,
        ("speaks_of_prompt", True): 17,
        ("box_before_reasoning", False): 31,
        ("box_before_reasoning", True): 10,
    }
