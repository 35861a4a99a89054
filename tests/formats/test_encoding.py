"""A text in pieces has the ids of the whole text, whatever it holds; what may not be cut is encoded whole."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer

from datagen.formats.encoding import _PATTERNS, TextEncoder

CORPUS = [
    "So $x^2 + 3x = 10$ gives x = 2 or x = -5. We check: 4 + 6 = 10.",
    "It's the sum's 12th term, isn't it? They've 3,600 of 12 345.",
    "# Let's\n\n  see:\tthe “answer” is \\boxed{42} // done\n",
    "naïve café 漢字 かな 🙂 ½ ² ǅ",
]
PIECES = ["x", "So", " ", "  ", "\n", " \n", "\t", "7", "12", "'s", "'LL", "é", "e\u0301", "漢", "½", "\x00", "\x1c"]
PIECES += ["/", ".", "$", "\u0301", "\u00a0", "\u200b", "🙂", "\u0085", "\u3000"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join)
no_regex = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)

MAY_BE_CUT = {
    "gpt2": gpt2,
    "digits": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2]),
    "numbers": pre_tokenizers.Sequence([pre_tokenizers.Digits(), gpt2]),
    **{
        f"pattern {number}": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), no_regex])
        for number, pattern in enumerate(sorted(_PATTERNS))
    },
}
MAY_NOT = {
    "prefix": pre_tokenizers.ByteLevel(add_prefix_space=True),
    "no regex": no_regex,
    "metaspace": pre_tokenizers.Metaspace(),
    "unknown pattern": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"\w+ \w+|."), "isolated"), no_regex]),
    "removed": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(sorted(_PATTERNS)[0]), "removed"), no_regex]),
}


def trained(pre_tokenizer: pre_tokenizers.PreTokenizer) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        CORPUS * 3, BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    )
    return tokenizer


def whole(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


@pytest.fixture(params=MAY_BE_CUT, scope="module")
def cut(request: pytest.FixtureRequest) -> Tokenizer:
    return trained(MAY_BE_CUT[request.param])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(texts, min_size=1, max_size=4), composed=st.booleans())
def test_a_text_in_pieces_has_the_ids_of_the_whole(cut, several, composed):
    cut.normalizer = normalizers.NFC() if composed else normalizers.Sequence([])
    encoder = TextEncoder(cut)
    for text in (*several, *CORPUS, *several):
        assert encoder.encode(text) == whole(cut, text)
    assert len(encoder._known) > 20, "else nothing was cut, and this proves nothing"


@pytest.mark.parametrize("name", MAY_NOT)
def test_a_text_that_may_not_be_cut_is_encoded_whole(name):
    tokenizer = trained(MAY_NOT[name])
    encoder = TextEncoder(tokenizer)
    for text in CORPUS:
        assert encoder.encode(text) == whole(tokenizer, text)
    assert not encoder._known


def test_what_is_known_is_bounded(monkeypatch):
    monkeypatch.setattr("datagen.formats.encoding._MOST_KNOWN", 5)
    tokenizer = trained(gpt2)
    encoder = TextEncoder(tokenizer)
    for number in range(50):
        text = f"one {number} two {'z' * 100}"
        assert encoder.encode(text) == whole(tokenizer, text)
        assert len(encoder._known) <= 5 + 3
        assert max(map(len, encoder._known)) < 100
