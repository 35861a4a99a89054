"""Recorded outputs as a teacher: which problem a request is about, and which output answers it."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import prompts
from datagen.errors import UsageError
from datagen.teachers.demo.protocol import ChatRequest
from datagen.teachers.demo.replay import CHARACTERS_A_TOKEN, ProblemIndex, Replay
from datagen.teachers.prompting import load_prompt

SOLVE = [load_prompt(str(file), "") for file in sorted((Path(prompts.__file__).parent / "solve").glob("*.txt"))]
SKYTHOUGHT = Path(__file__).parents[3] / "shared" / "data" / "solutions" / "skythought.parquet"
PROBLEM = "How many primes lie below $30$?"


@pytest.fixture
def recorded(tmp_path):
    def write(*rows, **columns):
        table = columns or {"problem": [row[0] for row in rows], "output": [row[1] for row in rows]}
        pq.write_table(pa.table(table), tmp_path / "recorded.parquet")
        return tmp_path / "recorded.parquet"

    return write


def request(text=PROBLEM, **options):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"{text}\n\nThink."}]
    return ChatRequest.model_validate({"model": "any", "messages": messages} | options)


def answer(replay, text=PROBLEM, seed=0, **options):
    return replay.replies(request(text, **options), seed)[0]


def squeezed(text):
    return " ".join(text.split())


@given(problems=st.lists(st.text("ab $\n", max_size=30), max_size=8), text=st.text("ab $\n", max_size=60))
@example(problems=["a" * 20, "a" * 20 + "b", "a" * 16], text="b" + "a" * 20 + "b")
@example(problems=["a", "b a"], text="ab  a")
def test_the_longest_problem_that_stands_in_a_text_is_found(problems, text):
    standing = [one for one in map(squeezed, problems) if one and one in squeezed(text)]
    found = ProblemIndex(filter(squeezed, problems)).find(text)
    assert found in standing if standing else found is None
    assert len(found or "") == max(map(len, standing), default=0)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(squeezed), st.data())
def test_every_prompt_of_ours_leads_to_its_problem_whatever_its_text(problem, data):
    inner = data.draw(st.integers(0, len(problem))), data.draw(st.integers(0, len(problem)))
    nested = filter(squeezed, (problem[slice(*sorted(inner))], problem[: inner[0]], problem[inner[1] :]))
    index = ProblemIndex([*nested, problem])
    for prompt in SOLVE:
        assert index.find(prompt.messages(problem)[-1].content) == squeezed(problem)


def test_every_recorded_problem_is_found_by_its_own_prompt():
    if not SKYTHOUGHT.exists():
        pytest.skip("the folder of shared data is not there")
    replay = Replay(SKYTHOUGHT)
    table = pq.read_table(SKYTHOUGHT, columns=["problem", "output"]).to_pylist()
    outputs: dict[str, set[str]] = {}
    for row in table:
        outputs.setdefault(squeezed(row["problem"]), set()).add(row["output"])
    assert len(outputs) == 570
    for problem, known in outputs.items():
        for prompt in SOLVE:
            content = prompt.messages(problem)[-1].content
            assert answer(replay, content, seed=len(content)).content in known


def test_the_same_request_gets_the_same_output_and_other_seeds_all_of_them(recorded):
    file = recorded(*((PROBLEM, f"output {number}") for number in range(5)))
    drawn = [answer(Replay(file), seed=seed).content for seed in range(80)]
    assert drawn == [answer(Replay(file), seed=seed).content for seed in range(80)]
    assert set(drawn) == {f"output {number}" for number in range(5)}
    assert drawn != [answer(Replay(file, seed=1), seed=seed).content for seed in range(80)]


def test_several_choices_are_several_draws_and_the_first_is_that_of_one(recorded):
    replay = Replay(recorded(*((PROBLEM, f"output {number}") for number in range(50))))
    replies = replay.replies(request(n=8), 3)
    assert replies[0] == answer(replay, seed=3)
    assert len({reply.content for reply in replies}) > 4


def test_an_output_comes_as_it_was_recorded(recorded):
    output = "  <think>\nTen.\n</think>\n\n\\boxed{10}\u2028 "
    reply = answer(Replay(recorded((f" {PROBLEM}\r\n", output))))
    assert (reply.reasoning, reply.content, reply.finish_reason, reply.is_known) == ("", output, "stop", True)
    assert reply.completion_tokens == -(-len(output) // CHARACTERS_A_TOKEN)
    assert reply.prompt_tokens > 0


def test_a_thought_that_never_closes_was_cut_off(recorded):
    assert answer(Replay(recorded((PROBLEM, "<think> on and on")))).finish_reason == "length"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_output_that_is_too_long_is_cut(recorded, name):
    replay = Replay(recorded((PROBLEM, "x" * 1000)))
    cut = answer(replay, **{name: 20})
    assert (len(cut.content), cut.completion_tokens, cut.finish_reason) == (20 * CHARACTERS_A_TOKEN, 20, "length")
    assert answer(replay, **{name: 250}).finish_reason == "stop"


def test_an_unknown_problem_is_told_and_ends_nothing(recorded):
    reply = answer(Replay(recorded((PROBLEM, "10"))), "How many primes lie below $31$?")
    assert (reply.is_known, reply.finish_reason) == (False, "stop")
    assert "recorded" in reply.content


def test_rows_without_a_problem_or_an_output_are_left_out(recorded):
    replay = Replay(recorded((PROBLEM, None), (None, "x"), (" ", "y"), (PROBLEM, "10")))
    assert {answer(replay, seed=seed).content for seed in range(20)} == {"10"}
    assert not answer(replay, "Something else.").is_known


def test_any_arrow_type_of_text_will_do(recorded):
    problems = pa.array([PROBLEM]).dictionary_encode()
    replay = Replay(recorded(problem=problems, output=pa.array(["10"], pa.large_string()), more=[1]))
    assert answer(replay).content == "10"


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"question": ["a"], "output": ["b"]}, "there is no column problem, only question, output"),
        ({"problem": ["a"], "output": [1]}, "column output holds int64, text is needed"),
        ({"problem": [None, " "], "output": ["b", "c"]}, "no row has both"),
        ({"problem": pa.array([], "string"), "output": pa.array([], "string")}, "no row has both"),
    ],
)
def test_a_file_without_recordings_is_refused(recorded, columns, complaint):
    file = recorded(**columns)
    with pytest.raises(UsageError, match=complaint) as caught:
        Replay(file)
    assert str(caught.value).startswith(f"--replay {file}: ")


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "text.parquet").write_text("not Parquet")
    for name, complaint in (("nothing", "no such file"), ("text.parquet", "no Parquet file"), (".", "no Parquet file")):
        with pytest.raises(UsageError, match=complaint):
            Replay(tmp_path / name)


@given(
    st.lists(st.sampled_from(["a", "bb", "a\n", "  b"]), max_size=30).map(" ".join), st.integers(2, 12), st.booleans()
)
def test_a_beginning_is_continued_as_the_output_that_begins_so(thought, limit, has_thought):
    output = f"<think>\nx {thought}\n</think>\n\nSo $\\boxed{{10}}$." if has_thought else f"x {thought} So it is."
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recorded.parquet"
        pq.write_table(pa.table({"problem": [PROBLEM] * 2, "output": ["y", output]}), file)
        replay = Replay(file)
    written, ended = output[:2], "length"
    while ended == "length":
        begun = [{"role": "user", "content": PROBLEM}, {"role": "assistant", "content": written.strip()}]
        options = {"messages": begun, "continue_final_message": True, "add_generation_prompt": False}
        got = replay.replies(ChatRequest.model_validate({"model": "any", "max_tokens": limit} | options), 5)[0]
        assert got.completion_tokens <= limit
        written, ended = written.strip() + got.content, got.finish_reason
        assert "".join(output.split()).startswith("".join(written.split()))
    assert "".join(written.split()) == "".join(output.split())


def test_a_beginning_that_no_output_has_is_not_continued(recorded):
    replay = Replay(recorded((PROBLEM, "There are ten.")))
    begun = [{"role": "user", "content": PROBLEM}, {"role": "assistant", "content": "There are nine"}]
    options = {"messages": begun, "continue_final_message": True, "add_generation_prompt": False}
    got = replay.replies(ChatRequest.model_validate({"model": "any"} | options), 5)[0]
    assert (got.is_known, got.finish_reason) == (False, "stop")
