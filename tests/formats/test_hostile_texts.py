"""Whatever others write: who tokenises a row of a readable format whole meets our structure, and no other."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.formats import FORMATS
from datagen.formats.chat_template import render_conversation
from datagen.formats.tokenizer import CONTROL_TOKENS, PARALLEL_R1_TAGS, ExampleTokenizer
from tests.examples import example

TEMPLATE = "{% for message in messages %}{{ bos_token }}{{ message.content }}{{ eos_token }}{% endfor %}"
TRICKS = [*CONTROL_TOKENS, *PARALLEL_R1_TAGS, "<think>", "</think>", "<｜User｜>", "</s>", "<|im_end|>", "<unk>"]
PARTS = ["<", "thi", "nk1>", "</", "<su", "mmary>", "＜think1＞", "\x00", "é", "🙂", "\n\n", "  ", "so"]
hostile = st.lists(st.one_of(st.sampled_from([*TRICKS, *PARTS]), st.text(max_size=6)), min_size=1, max_size=8)
texts = hostile.map("".join)


def shown(tokenizer: ExampleTokenizer, problem: str, path_texts: list[str]) -> list[str]:
    """All texts of an example's rows that some trainer tokenises."""
    one = replace(example(tokenizer, 7, path_texts), problem=problem)
    paths = tuple(replace(path, thought_chars=(len(path.text) + 1) // 2) for path in one.paths)
    rows = {
        name: FORMATS[name].rows([replace(one, paths=paths)], tokenizer) for name in FORMATS if name != "parathinker"
    }
    found = [rows["text"]["completion"][0].as_py(), rows["parallel_r1"]["output"][0].as_py()]
    found += [message["content"] for message in rows["rl"]["prompt"][0].as_py()]
    for messages in rows["messages"]["messages"].to_pylist():
        text = render_conversation(TEMPLATE, messages, bos_token=tokenizer.bos_token, eos_token=tokenizer.eos_token)
        assert text is not None
        found.append(text)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=texts, path_texts=st.lists(texts, min_size=1, max_size=4))
def test_a_row_tokenised_whole_holds_our_structure_alone(any_tokenizer, plain_consumer, problem, path_texts):
    problem, *path_texts = (
        text if text.strip() and any_tokenizer.forbidden_in(text) is None else "plain"
        for text in [problem, *path_texts]
    )
    added = {id_ for id_, token in plain_consumer.get_added_tokens_decoder().items() if token.content.strip()}

    def structure(text: str) -> list[int]:
        return [id_ for id_ in plain_consumer.encode(text, add_special_tokens=False).ids if id_ in added]

    harmless = shown(any_tokenizer, "plain", ["plain"] * len(path_texts))
    rows = shown(any_tokenizer, problem, path_texts)
    assert [structure(text) for text in rows] == [structure(text) for text in harmless]
