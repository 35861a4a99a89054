"""The tiny teacher: what it learns from is right and varied, what it is asked was held out, its folder is a model."""

import itertools
import json
import math
import random
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment
from tokenizers import Tokenizer

from datagen.recipe_file import load_recipe
from datagen.same_words import counted_words, say_the_same
from datagen.teachers.base import Message
from datagen.teachers.prompting import load_prompt
from datagen.teachers.tiny.card import Learnt, Measured, model_card
from datagen.teachers.tiny.held_out import problem_lines, recipe_problems
from datagen.teachers.tiny.tokenizing import EOS, prompt_of, reply_of, train_tokenizer
from datagen.teachers.tiny.train import MODEL
from datagen.teachers.tiny.worked import KINDS, is_held_out, problems, worked, worked_solutions
from datagen.thoughts import OPEN, split_thought
from datagen.verify import verify_solution

RECIPE = Path(__file__).parents[2] / "datagen" / "recipes" / "tiny-vllm"
seeds = st.integers(0, 2**32)


def some_solutions(seed, count=52):
    return list(itertools.islice(worked_solutions(seed), count))


# what it learns from


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_every_worked_solution_that_ends_is_right_by_the_projects_verifier(seed):
    for solution in some_solutions(seed):
        text = OPEN + reply_of(solution.thought, solution.solution, ends=True).removesuffix(EOS)
        finding = verify_solution(str(solution.problem.answer), text, solution.problem.text)
        assert finding.verdict == "correct", (solution, finding)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_every_equation_in_a_thought_a_check_and_a_clean_copy_holds(seed):
    signs = held = 0
    for problem in itertools.islice(problems(seed, held_out=False), len(KINDS)):
        for text in (problem.check, *(part for way in problem.ways for part in (way.thought, way.solution))):
            signs += text.count("=")
            for left, right in EQUATION.findall(text):
                assert worked_out(left) == worked_out(right), (problem, text)
                held += 1
    assert held > 0.8 * signs  # the others are about letters


EQUATION = re.compile(r"((?:\d+ [-+×:] )*\d+) = ((?:\d+ [-+×:] )*\d+)")


def worked_out(expression):
    return eval(expression.replace("×", "*").replace(":", "/"))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_two_ways_of_a_problem_do_not_say_the_same(seed):
    for problem in itertools.islice(problems(seed, held_out=False), len(KINDS)):
        paths = [counted_words(f"{way.thought} {way.solution}") for way in problem.ways]
        assert len(paths) >= 3
        assert not any(say_the_same(one, other) for one, other in itertools.combinations(paths, 2))


def test_most_kinds_have_four_ways():
    ways = {problem.kind: len(problem.ways) for problem in itertools.islice(problems(0, held_out=False), len(KINDS))}
    assert len(ways) == len(KINDS)
    assert sum(count >= 4 for count in ways.values()) > len(KINDS) / 2


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_nothing_held_out_is_trained_on_in_any_words(seed):
    trained = {(each.problem.kind, each.problem.numbers) for each in some_solutions(seed, 400)}
    assert not trained & {(problem.kind, problem.numbers) for problem in recipe_problems()}


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_a_problem_is_held_out_whatever_words_it_is_dressed_in(seed):
    draw = random.Random(seed)
    dressed = defaultdict(set)
    for problem in (kind(draw) for _ in range(60) for kind in KINDS):
        dressed[problem.kind, problem.numbers].add(is_held_out(problem))
    assert all(len(answers) == 1 for answers in dressed.values())


def test_the_same_seed_gives_the_same_solutions_and_another_seed_others():
    assert some_solutions(3) == some_solutions(3)
    assert some_solutions(3) != some_solutions(4)


def test_a_few_thoughts_never_end_and_some_doubt():
    solutions = some_solutions(1, 4000)
    endless = sum(not solution.ends for solution in solutions) / len(solutions)
    doubting = sum(solution.ends and len(solution.ways) > 1 for solution in solutions) / len(solutions)
    assert 0.01 < endless < 0.04
    assert 0.05 < doubting < 0.25
    assert all(len(solution.thought.split()) > 200 for solution in solutions if not solution.ends)


def test_a_reply_is_taken_apart_as_it_was_put_together():
    draw = random.Random(2)
    ended = next(each for each in (worked(recipe_problems()[0], draw) for _ in range(50)) if each.ends)
    parts = split_thought(OPEN + reply_of(ended.thought, ended.solution, ends=True).removesuffix(EOS))
    assert (parts.reasoning, parts.content, parts.cut) == (ended.thought, ended.solution, False)


# what it is asked


def test_the_recipes_problems_are_those_that_the_command_writes():
    assert (RECIPE / "problems.jsonl").read_bytes() == problem_lines()


def test_the_recipes_problems_are_held_out_and_no_two_have_one_text():
    rows = [orjson.loads(line) for line in (RECIPE / "problems.jsonl").read_bytes().splitlines()]
    assert 100 <= len(rows) <= 140
    assert len({row["problem"] for row in rows}) == len(rows)
    assert {row["kind"] for row in rows} == {problem.kind for problem in recipe_problems()}
    assert all(map(is_held_out, recipe_problems()))


def test_the_recipe_asks_as_the_model_was_trained():
    recipe = load_recipe("tiny-vllm")
    (teacher,) = recipe.teachers
    prompt = load_prompt(recipe.sampling.prompt, teacher.model)
    (message,) = prompt.messages("What is 2 + 2?")
    assert message == Message("user", message.content)
    assert message.content in prompt_of("What is 2 + 2?")


# the folder


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def read_json(name):
    return json.loads((MODEL / name).read_text(encoding="utf-8"))


def tensors():
    """Names, types and shapes in the safetensors header: 8 bytes of length, then JSON."""
    raw = (MODEL / "model.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    assert max(tensor["data_offsets"][1] for tensor in header.values()) == len(raw) - 8 - length
    return header


def test_the_folder_is_small_and_holds_what_vllm_loads():
    files = {path.name: path.stat().st_size for path in MODEL.iterdir()}
    assert sum(files.values()) < 4_000_000
    assert files.keys() == {
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    }


def test_the_weights_are_a_qwen2_of_a_million_parameters():
    config, header = read_json("config.json"), tensors()
    assert config["architectures"] == ["Qwen2ForCausalLM"]
    assert config["tie_word_embeddings"]
    assert "lm_head.weight" not in header
    width, vocabulary = config["hidden_size"], config["vocab_size"]
    assert header["model.embed_tokens.weight"]["shape"] == [vocabulary, width]
    assert sum(name.endswith("q_proj.weight") for name in header) == config["num_hidden_layers"]
    assert {tensor["dtype"] for tensor in header.values()} == {"F16"}
    assert 800_000 < sum(math.prod(tensor["shape"]) for tensor in header.values()) < 1_300_000


def test_config_and_tokenizer_agree(tokenizer):
    config, generation = read_json("config.json"), read_json("generation_config.json")
    assert tokenizer.get_vocab_size() == config["vocab_size"] <= 650
    assert tokenizer.token_to_id(EOS) == config["eos_token_id"] == generation["eos_token_id"]
    assert read_json("tokenizer_config.json")["eos_token"] == EOS


def test_thought_tags_are_tokens_that_a_decoder_keeps_and_digits_stand_alone(tokenizer):
    ids = tokenizer.encode("<think>\n470 + 5\n</think>").ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>\n470 + 5\n</think>"
    tokens = tokenizer.encode("12345 and 678").tokens
    assert all(len(token) == 1 for token in tokens if any(character.isdigit() for character in token))
    assert [tokenizer.id_to_token(ids[0]), tokenizer.id_to_token(ids[-1])] == ["<think>", "</think>"]


@given(st.text())
@settings(max_examples=100)
def test_the_tokenizer_writes_any_text(text):
    own = train_tokenizer([])
    if not any(token.content in text for token in own.get_added_tokens_decoder().values()):
        assert own.decode(own.encode(text).ids) == text


def test_the_chat_template_gives_the_text_that_was_trained_on():
    template = read_json("tokenizer_config.json")["chat_template"]
    (message,) = load_prompt("solve", "tiny").messages("What is 2 + 2?")
    rendered = (
        SandboxedEnvironment()
        .from_string(template)
        .render(
            messages=[{"role": message.role, "content": message.content}],
            bos_token=read_json("tokenizer_config.json")["bos_token"],
            eos_token=EOS,
            add_generation_prompt=True,
        )
    )
    assert rendered == prompt_of("What is 2 + 2?")
    assert rendered.endswith("<think>\n")


def test_the_card_says_how_it_was_trained_and_how_often_it_is_right():
    learnt = Learnt(
        steps=7, tokens=12_345, minutes=3.2, rounds=1, loss=0.25, device="cpu", threads=2, parameters=1_000_000
    )
    card = model_card(learnt, [Measured("sum", "correct"), Measured("sum", "wrong"), Measured("change", "truncated")])
    assert "12,345 in 7 steps" in card
    assert "| sum | 2 | 50% | 0.0% |" in card
    assert "| change | 1 | 0% | 100.0% |" in card
    assert "| all | 3 | 33% | 33.3% |" in card


def test_the_shipped_card_is_made_of_the_shipped_training_record():
    learnt = Learnt(**read_json("training.json"))
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    assert learnt.parameters == sum(math.prod(tensor["shape"]) for tensor in tensors().values())
    assert f"{learnt.tokens:,} in {learnt.steps:,} steps" in card


def test_a_later_round_counts_on_top_of_the_earlier_ones():
    one = Learnt(steps=7, tokens=10, minutes=1.5, rounds=1, loss=0.9, device="cpu", threads=2, parameters=5)
    two = replace(one, steps=3, tokens=30, loss=0.5)
    assert two.after(one) == replace(two, steps=10, tokens=40, minutes=3.0, rounds=2)


def test_the_shipped_card_has_every_kind_and_is_right_between_30_and_90_percent_of_the_time():
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    shares = {cells[1].strip(): cells for line in card.splitlines() if len(cells := line.split("|")) == 6}
    assert {problem.kind for problem in recipe_problems()} <= shares.keys()
    assert 30 <= int(shares["all"][3].strip(" %")) <= 90
    assert 0 < float(shares["all"][4].strip(" %")) < 10


# the command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--minutes", "0"], "--minutes 0"),
        (["--to", "unused"], "pip install"),
        (["--to", "unused", "--from", "nowhere"], "--from nowhere"),
    ],
)
def test_training_refuses_what_it_cannot_do_in_a_line(arguments, says, tmp_path):
    command = [sys.executable, "-c", BLOCKING, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


BLOCKING = """
import importlib.util, runpy, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else found(name, package)
runpy.run_module("datagen.teachers.tiny.train", run_name="__main__", alter_sys=True)
"""
