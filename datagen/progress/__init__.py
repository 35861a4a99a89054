"""What a stage is doing, for those who watch: counted by the stage, shown by whoever has a screen.

The stage keeps a `Progress` up to date and knows nothing of screens. A thread looks at it from time to time, works out
speeds and the time left, and hands the picture on: to a block at the bottom of a terminal, or to plain lines. Neither
the stage nor its event loop draws or waits for a terminal.
"""

from datagen.progress.counts import Progress, Spent, View
from datagen.progress.display import displayed, shown_on, watching

__all__ = ["Progress", "Spent", "View", "displayed", "shown_on", "watching"]
