"""Tokenizers of every kind that the formats are tested with."""

from tests.formats.conftest import *  # noqa: F403 (its fixtures, those to come included)
