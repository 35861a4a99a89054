"""The trainer's collator on our rows: every point of PARATHINKER.md, and a small example drawn by hand."""

import random
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from datagen.formats.rendering import render, summary_text
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from tests.formats.collator import CONTEXT, SWAPPED_SHARE, Collator, check_every_point
from tests.formats.conftest import save
from tests.formats.test_rendering import PATHS, PROBLEM, allowed, many, texts, think_ids

Lists = dict[str, list[int]]

# One line a token: its position, its name, whether it is trained, and, from the first token on, which ones it sees.
DRAWN = """
 0 <s>          - x
 1 <｜User｜>     - xx
 2 ?            - xxx
 3 <summary>    - xxxx
 4 ?            - xxxxx
 5 </summary>   - xxxxxx
 6 ?            - xxxxxxx
 7 <｜Assistant｜> - xxxxxxxx
 8 <think>      - xxxxxxxxx
 9 <think2>     - xxxxxxxxxx
10 a            t xxxxxxxxxxx
11 b            t xxxxxxxxxxxx
12 </think2>    t xxxxxxxxxxxxx
 9 <think5>     - xxxxxxxxx....x
10 c            t xxxxxxxxx....xx
11 </think5>    t xxxxxxxxx....xxx
13 <summary>    - xxxxxxxxxxxxxxxxx
14 ?            - xxxxxxxxxxxxxxxxxx
15 ?            t xxxxxxxxxxxxxxxxxxx
16 </summary>   t xxxxxxxxxxxxxxxxxxxx
17 </s>         t xxxxxxxxxxxxxxxxxxxxx
"""


def row_of(problem: str, paths: list[tuple[int, str]], tokenizer: ExampleTokenizer) -> Lists:
    rendered = render(problem, paths, summary_text("42"), tokenizer)
    return {name: list(asdict(rendered)[name]) for name in ("input_ids", "attention_mask", "labels")}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> ExampleTokenizer:
    """A letter is a token, and any longer text between `·` is one, called `?`: small enough to draw."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0, "a": 1, "b": 2, "c": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("·", "removed")
    tokenizer.add_special_tokens(["<s>", "</s>", "<｜User｜>", "<｜Assistant｜>", "<think>"])
    return load_tokenizer(str(save(tmp_path_factory.mktemp("words"), tokenizer, bos_token="<s>", eos_token="</s>")))


def test_a_small_example_is_the_one_drawn_by_hand(words):
    positions, names, trained, sees = zip(*(line.split() for line in DRAWN.strip().splitlines()), strict=True)
    row = row_of("Q", [(2, "a·b"), (5, "c")], words)
    batch = Collator.of(words).collate(row)
    assert [words.decode([id_]) for id_ in batch.input_ids] == list(names)
    assert batch.position_ids == [int(position) for position in positions]
    assert ["-" if label == -100 else "t" for label in batch.labels] == list(trained)
    mask = np.array([[mark == "x" for mark in line.ljust(len(sees), ".")] for line in sees])
    assert np.array_equal(batch.mask(), mask)


def test_the_summary_starts_on_the_last_position_of_a_path_that_is_one_token_longer(words):
    batch = Collator.of(words).collate(row_of("Q", [(5, "c"), (2, "a·b")], words))
    assert batch.position_ids == [*range(9), 9, 10, 11, 9, 10, 11, 12, 12, 13, 14, 15, 16]
    two_longer = Collator.of(words).collate(row_of("Q", [(5, "c"), (2, "a·b·c")], words))
    assert two_longer.position_ids == [*range(9), 9, 10, 11, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]


@many
@given(problem=texts, path_texts=st.lists(texts, min_size=1, max_size=6), ids=think_ids, seed=st.integers(0, 99))
def test_the_trainer_takes_every_example_of_every_tokenizer_also_after_its_swap(
    any_tokenizer, problem, path_texts, ids, seed
):
    problem, *path_texts = allowed([problem, *path_texts], any_tokenizer)
    row = row_of(problem, list(zip(ids, path_texts, strict=False)), any_tokenizer)
    assert check_every_point(row, Collator.of(any_tokenizer), seed=seed) == len(path_texts)


def test_the_published_trainer_takes_an_example_on_its_own_tokenizer(deepseek_like):
    assert Collator.of(deepseek_like) == Collator()
    assert check_every_point(row_of(PROBLEM, PATHS, deepseek_like), Collator()) == 3


def test_a_swap_comes_in_three_steps_of_ten_and_takes_two_path_tokens_for_the_seventh_and_the_eighth(bundled):
    collator, draw, row = Collator.of(bundled), random.Random(7), row_of(PROBLEM, PATHS, bundled)
    drawn = [tuple(dict.fromkeys(collator([row], draw).path_of)) for _ in range(1_000)]
    swapped = [[number for number in numbers if number > 6] for numbers in drawn]
    assert {tuple(sorted(numbers)) for numbers in swapped} == {(), (7, 8)}
    assert abs(sum(map(bool, swapped)) / 1_000 - SWAPPED_SHARE) < 0.05
    assert len(set(drawn)) == 1 + 3 * 2  # no swap; which path keeps its token, and which of the others is the seventh


def without_the_instruction(row: Lists, ids: ExampleTokenizer) -> None:
    first = row["input_ids"].index(ids.id_of("<summary>"))
    for values in row.values():
        del values[first]


def with_a_token_in_a_text(token: str) -> Callable[[Lists, ExampleTokenizer], None]:
    def put(row: Lists, ids: ExampleTokenizer) -> None:
        place = row["input_ids"].index(ids.id_of("<think2>")) + 2
        row["input_ids"][place] = ids.id_of(token)
        row["labels"][place] = ids.id_of(token)

    put.__name__ = token
    return put


def of_a_seventh_path(row: Lists, ids: ExampleTokenizer) -> None:
    for name in ("input_ids", "labels"):
        old = [ids.id_of("<think2>"), ids.id_of("</think2>")]
        new = [ids.id_of("<think7>"), ids.id_of("</think7>")]
        row[name] = [new[old.index(id_)] if id_ in old else id_ for id_ in row[name]]


def with_a_trained_opening(row: Lists, ids: ExampleTokenizer) -> None:
    row["labels"][row["input_ids"].index(ids.id_of("<think2>"))] = ids.id_of("<think2>")


def with_an_untrained_closing(row: Lists, ids: ExampleTokenizer) -> None:
    row["labels"][row["input_ids"].index(ids.id_of("</think2>"))] = -100


def with_one_segment_for_two_paths(row: Lists, ids: ExampleTokenizer) -> None:
    row["attention_mask"] = [2 if part == 3 else part for part in row["attention_mask"]]


def with_ones_for_a_mask(row: Lists, ids: ExampleTokenizer) -> None:
    row["attention_mask"] = [1] * len(row["attention_mask"])


def beyond_the_context(row: Lists, ids: ExampleTokenizer) -> None:
    place = row["input_ids"].index(ids.id_of("<think2>")) + 1
    for values in row.values():
        values[place:place] = [values[place]] * CONTEXT


BROKEN = [
    without_the_instruction,
    *map(with_a_token_in_a_text, ("<think5>", "</think2>", "<summary>", "</summary>", "</think8>")),
    of_a_seventh_path,
    with_a_trained_opening,
    with_an_untrained_closing,
    with_one_segment_for_two_paths,
    with_ones_for_a_mask,
    beyond_the_context,
]


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda spoil: spoil.__name__)
def test_a_row_that_breaks_a_point_is_seen(bundled, spoil):
    row = row_of(PROBLEM, PATHS, bundled)
    check_every_point(row, Collator.of(bundled))
    spoil(row, bundled)
    with pytest.raises((AssertionError, ValueError)):
        check_every_point(row, Collator.of(bundled))


def test_a_batch_of_two_is_refused(bundled):
    row = row_of(PROBLEM, PATHS, bundled)
    with pytest.raises(AssertionError):
        Collator.of(bundled)([row, row], random.Random(0))
