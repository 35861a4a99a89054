"""From a source's rows to problems, and the solutions that they carry.

An adapter a source says what a row holds; everything that all sources share (what is lost and why, names, limits) is in
`datagen.sources.pulling`. Every pulled row becomes a problem or a drop with its reason.
"""

from datagen.sources.pulling import PullCounts, Pulled, pull, resolve

__all__ = ["PullCounts", "Pulled", "pull", "resolve"]
