"""A table of bytes says what the library says, for every id of every kind of tokenizer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from datagen.formats.decoding import TextDecoder

many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def decoder(plain_consumer: Tokenizer) -> TextDecoder:
    return TextDecoder(plain_consumer)


@many
@given(data=st.data())
def test_ids_decode_as_the_library_decodes_them(plain_consumer, decoder, data):
    ids = data.draw(st.lists(st.integers(0, plain_consumer.get_vocab_size() + 3), max_size=40))
    assert decoder.decode(ids) == plain_consumer.decode(ids, skip_special_tokens=False)


@pytest.mark.parametrize("token", ["é", "<｜x｜>", "a b", "Ġ", "Ä", "\n", "🙂"])
def test_added_tokens_in_and_out_of_the_alphabet_of_bytes_are_told_apart_as_the_library_does(token):
    tokenizer = Tokenizer(models.BPE({letter: at for at, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}, []))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(token, normalized=False)])
    ids = [tokenizer.token_to_id("a"), tokenizer.token_to_id(token), tokenizer.token_to_id("b")]
    assert TextDecoder(tokenizer).decode(ids) == tokenizer.decode(ids, skip_special_tokens=False)


def test_bytes_that_are_no_text_are_replaced_as_the_library_replaces_them(tmp_path, bundled):
    bundled.save(tmp_path)
    library = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for cut in range(1, 4):
        ids = bundled.encode_text("🙂")[:cut] * 3 + bundled.encode_text("é")[:1]
        assert bundled.decode(ids) == library.decode(ids, skip_special_tokens=False)
        assert "\N{REPLACEMENT CHARACTER}" in bundled.decode(ids)
