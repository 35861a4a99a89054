"""How an example is written: its text, its token ids, and the formats of the dataset."""

from collections.abc import Mapping

from datagen.formats.base import Format
from datagen.formats.messages import MessagesFormat
from datagen.formats.parallel_r1 import ParallelR1Format
from datagen.formats.parathinker import ParathinkerFormat
from datagen.formats.rl import RlFormat
from datagen.formats.text import TextFormat
from datagen.recipe import FormatName

FORMATS: Mapping[FormatName, Format] = {
    one.name: one for one in (TextFormat(), ParathinkerFormat(), MessagesFormat(), ParallelR1Format(), RlFormat())
}
"""The formats that can be written, by their name in the recipe."""
