"""Datasets for parallel-thinking language models: from a recipe to verified, diverse reasoning paths."""

__version__ = "0.2.0"
