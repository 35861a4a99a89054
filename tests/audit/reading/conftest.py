"""Tokenizers of the kinds that there are, as the formats are tested with."""

from tests.formats.conftest import any_tokenizer, bundled, chatml, chatml_folder, deepseek_like, sentencepiece_like

__all__ = ["any_tokenizer", "bundled", "chatml", "chatml_folder", "deepseek_like", "sentencepiece_like"]
