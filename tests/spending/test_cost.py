"""What things cost: exact, at their most where nobody knows, and shown so that people can read it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import UsageError
from datagen.recipe_file import load_recipe
from datagen.recipe_teachers import OpenAITeacher
from datagen.spending.cost import TEMPLATE_TOKENS, Amount, Tariff, from_usd, most_prompt_tokens, shown_usd
from datagen.spending.counting import tokens_counter
from datagen.spending.lines import spending_lines
from datagen.teachers.base import Completion, Message, Request
from tests.spending.billing import recipe


def tariff(kind: str = "openai", **price: float) -> Tariff:
    tree = {"name": "r1", "kind": kind, "model": "m", "price": price}
    return Tariff.of(OpenAITeacher.model_validate(tree))


@given(st.integers(0, 10**15))
def test_money_that_was_written_down_is_read_back_to_the_last_unit(picousd: int) -> None:
    assert from_usd(Amount(picousd).usd) == Amount(picousd)


def test_a_million_tokens_cost_their_price() -> None:
    assert tariff(input=0.55, output=2.19).amount(1_000_000, 1_000_000) == from_usd(2.74, 2_000_000)


def test_a_batch_costs_half_of_the_list_price() -> None:
    halved = tariff("openai_batch", input=0.55, output=2.19)
    assert halved.amount(1_000_000, 1_000_000) == from_usd(1.37, 2_000_000)


@given(st.text(max_size=200))
def test_a_prompt_has_no_more_tokens_than_bytes_and_its_template(text: str) -> None:
    bounded = Request((Message("user", text),), 1.0, 1.0, 10, None)
    assert most_prompt_tokens(bounded) == len(text.encode()) + TEMPLATE_TOKENS


def test_a_completion_costs_what_was_counted_and_its_most_where_nobody_counted() -> None:
    asked = Request((Message("user", "abc"),), 1.0, 1.0, 10, None)
    price = tariff(input=1.0, output=2.0)
    assert price.cost(asked, Completion("", "", "stop", 5, 7)) == price.amount(5, 7)
    assert price.cost(asked, Completion("", "", "stop", 5, None)) == price.amount(5, 10)
    assert price.cost(asked, Completion("", "", "stop", None, None)) == price.at_most(asked)


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(0, "0.00"), (12.5, "12.50"), (1234.5, "1,234.50"), (0.12, "0.12"), (0.036, "0.036"), (0.000123, "0.00012")],
)
def test_money_is_shown_with_two_digits_at_least(usd: float, shown: str) -> None:
    assert shown_usd(usd) == shown


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("sampling.budget_usd=0", "sampling.budget_usd: input should be greater than 0, not 0"),
        ("sampling.budget_usd=-3", "sampling.budget_usd: input should be greater than 0, not -3"),
        ("sampling.budget_usd=.nan", "sampling.budget_usd: "),
        ("sampling.budget_tokens=0", "sampling.budget_tokens: input should be greater than 0, not 0"),
        ("sampling.budget_tokens=1.5", "sampling.budget_tokens: "),
        ("teachers.r1.price.output=-2", "teachers.0.price.output: input should be greater than or equal to 0, not -2"),
        ("teachers.r1.price=2", "teachers.0.price: "),
    ],
)
def test_a_price_or_budget_that_is_none_is_refused(setting: str, said: str, tmp_path: Path) -> None:
    recipe(tmp_path, "http://127.0.0.1:9/v1")
    with pytest.raises(UsageError) as refused:
        load_recipe(str(tmp_path / "sums.yaml"), [setting])
    assert said in str(refused.value)


def test_tokens_are_counted_with_the_recipes_tokenizer_and_as_bytes_where_it_can_not_be_had(tmp_path: Path) -> None:
    settings = recipe(tmp_path, "http://127.0.0.1:9/v1")
    text = "What is the sum of two and three?"
    assert 0 < tokens_counter(settings)(text) < len(text)
    nowhere = settings.paths.model_copy(update={"tokenizer": str(tmp_path / "nowhere")})
    assert tokens_counter(settings.model_copy(update={"paths": nowhere}))("\ud83d ä") == 3 + 1 + 2


def test_money_of_a_teacher_without_a_price_is_unknown_and_not_nothing() -> None:
    account = {"completions": 2, "prompt_tokens": 10, "completion_tokens": 20, "usd": 0.0, "estimated": 1}
    lost = {"requests": 0, "at_most_usd": 0.0, "at_most_tokens": 0, "faults": {}}
    ledger = {"spent": {"r1": account}, "unpriced": ["r1"], "taken_over": {}, "lost": lost, "budgets": {}}
    ledger["under_way"] = {"batches": 0, "requests": 0, "at_most_usd": 0.0, "at_most_tokens": 0}
    [line] = spending_lines(ledger)
    assert line.endswith(
        "2 completions (1 with tokens counted here), 10 + 20 tokens, USD unknown: the recipe names no price"
    )
