"""A tiny real teacher: a Qwen2 model of a million parameters that does school arithmetic in several ways of working.

`worked` makes the problems and worked solutions that it learns from, `train` trains it, `model/` is what came of it.
"""
