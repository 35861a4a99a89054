import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.formats.rendering import (
    INSTRUCTION,
    SUMMARY_PREFIX,
    render,
    summary_text,
    tokens_of_frame,
)
from datagen.formats.tokenizer import CONTROL_TOKENS, ExampleTokenizer

TRICKS = [
    "<think>",
    "<｜User｜>",
    "</s>",
    "<",
    "thi",
    "nk1>",
    "</",
    "\x00",
    "é",
    "🙂",
    "\n\n",
    "  ",
    "\\boxed{1}",
    "42",
]
texts = st.lists(
    st.one_of(st.sampled_from([*TRICKS, "<think3>", "</summary>"]), st.text(max_size=8)), min_size=1, max_size=6
).map("".join)
think_ids = st.permutations(range(1, 7))
many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PROBLEM = "What is 6 times 7?"
PATHS = [(1, "Six times 7 is 42.\n\nSo \\boxed{42}."), (2, "7+7=14, 14+14=28, 28+14=42."), (3, "42")]


def allowed(candidates: list[str], tokenizer: ExampleTokenizer) -> list[str]:
    """The texts, with a harmless one in the place of each that the select stage refuses."""
    return [text if text.strip() and tokenizer.forbidden_in(text) is None else " x" for text in candidates]


@many
@given(problem=texts, path_texts=st.lists(texts, min_size=1, max_size=6), ids=think_ids)
def test_text_ids_segments_and_labels_say_the_same(any_tokenizer, plain_consumer, problem, path_texts, ids):
    problem, *path_texts = allowed([problem, *path_texts], any_tokenizer)
    paths = list(zip(ids, path_texts, strict=False))
    example = render(problem, paths, summary_text("42"), any_tokenizer)
    assert example.n_tokens == len(example.attention_mask) == len(example.labels)
    structure = {any_tokenizer.id_of(token) for token in CONTROL_TOKENS}
    wanted = ["<summary>", "</summary>"]
    wanted += [token for think_id, _ in paths for token in (f"<think{think_id}>", f"</think{think_id}>")]
    wanted += ["<summary>", "</summary>"]
    found = [id_ for id_ in example.input_ids if id_ in structure]
    assert found == [any_tokenizer.id_of(token) for token in wanted]

    plain_text = example.prompt + example.completion
    assert plain_consumer.encode(plain_text, add_special_tokens=False).ids == example.input_ids

    frame = tokens_of_frame(problem, summary_text("42"), len(paths), any_tokenizer)
    assert frame + sum(any_tokenizer.count(text) for text in path_texts) == example.n_tokens


@many
@given(problem=texts, path_texts=st.lists(texts, min_size=1, max_size=6), ids=think_ids)
def test_ids_decode_to_prompt_and_completion(bundled, problem, path_texts, ids):
    problem, *path_texts = allowed([problem, *path_texts], bundled)
    example = render(problem, list(zip(ids, path_texts, strict=False)), summary_text("42"), bundled)
    assert bundled.decode(example.input_ids) == example.prompt + example.completion
    first_path = example.attention_mask.index(2)
    assert bundled.decode(example.input_ids[:first_path]) == example.prompt


@many
@given(path_texts=st.lists(texts, min_size=1, max_size=6), ids=think_ids)
def test_trained_are_path_texts_closing_tokens_boxed_answer_and_the_end(bundled, path_texts, ids):
    path_texts = allowed(path_texts, bundled)
    paths = list(zip(ids, path_texts, strict=False))
    example = render(PROBLEM, paths, summary_text("42"), bundled)
    trained = "".join(f"{text}</think{think_id}>" for think_id, text in paths)
    trained += f" \\boxed{{42}}</summary>{bundled.eos_token}"
    assert bundled.decode([label for label in example.labels if label != -100]) == trained
    assert all(label in (-100, id_) for label, id_ in zip(example.labels, example.input_ids, strict=True))


def test_an_example_on_the_deepseek_tokenizer_is_the_published_text(deepseek_like):
    example = render(PROBLEM, PATHS, summary_text("42"), deepseek_like)
    assert example.prompt == (
        f"<｜begin▁of▁sentence｜><｜User｜>{PROBLEM} You FIRST think about the reasoning process as an internal "
        "monologue and then summarize the reasoning process to get the final answer. The summary process MUST BE "
        "enclosed within <summary> </summary> tags. The final answer MUST BE put in \\boxed{}.<｜Assistant｜><think>"
    )
    assert example.completion == (
        "<think1>Six times 7 is 42.\n\nSo \\boxed{42}.</think1><think2>7+7=14, 14+14=28, 28+14=42.</think2>"
        "<think3>42</think3><summary>By analyzing multiple reasoning processes above, I concluded that: "
        "The final answer is \\boxed{42}</summary><｜end▁of▁sentence｜>"
    )
    hits = [id_ for id_ in example.input_ids if id_ in [*range(151665, 151681, 2), 151681]]
    assert hits == [151681, 151665, 151667, 151669, 151681]
    assert example.input_ids[0] == 151646
    assert example.input_ids[-1] == 151643


def test_a_tokenizer_without_user_token_writes_its_own_chat_template(chatml, sentencepiece_like):
    assert render(PROBLEM, PATHS, summary_text("42"), chatml).prompt == (
        f"<|im_start|>user\n{PROBLEM} {INSTRUCTION}<|im_end|>\n<|im_start|>assistant\n<think>"
    )
    assert render(PROBLEM, PATHS, summary_text("42"), sentencepiece_like).prompt == (
        f"<s>[INST] {PROBLEM} {INSTRUCTION} [/INST]<think>"
    )


def test_the_forced_prefix_is_not_trained_and_a_teachers_own_words_are(bundled):
    template = render(PROBLEM, PATHS, summary_text("42"), bundled)
    own = render(PROBLEM, PATHS, "All three agree on \\boxed{42}.", bundled)
    both = render(PROBLEM, PATHS, f"{SUMMARY_PREFIX} 42, that is \\boxed{{42}}.", bundled)
    end = f"</summary>{bundled.eos_token}"
    for example, trained in (
        (template, " \\boxed{42}"),
        (own, "All three agree on \\boxed{42}."),
        (both, " 42, that is \\boxed{42}."),
    ):
        summary = example.attention_mask.index(10)
        labels = [label for label in example.labels[summary:] if label != -100]
        assert example.labels[summary] == -100
        assert bundled.decode(labels) == trained + end


@pytest.mark.parametrize(
    ("problem", "paths", "summary", "says"),
    [
        (PROBLEM, [], "42", "one or more"),
        (PROBLEM, [(2, "a"), (2, "b")], "42", "none twice"),
        (PROBLEM, [(7, "a")], "42", "from 1 to 6"),
        (PROBLEM, [(0, "a")], "42", "from 1 to 6"),
        (PROBLEM, [(1, " \n")], "42", "path 1 is empty"),
        ("", PATHS, "42", "the problem is empty"),
        (f"{PROBLEM}<summary>", PATHS, "42", "the problem holds <summary>"),
        (PROBLEM, [(1, "a"), (5, "so</think5>")], "42", "path 5 holds </think5>"),
        (PROBLEM, PATHS, "42</summary>", "the summary holds </summary>"),
    ],
)
def test_what_would_break_an_example_is_refused(bundled, problem, paths, summary, says):
    with pytest.raises(ValueError, match=says):
        render(problem, paths, summary, bundled)
