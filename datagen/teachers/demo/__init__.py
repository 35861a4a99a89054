"""The demo teacher: a small OpenAI-compatible server that really solves the quickstart's kinds of problems.

It exists so that a newcomer sees the whole pipeline at work without a key, a GPU or a bill: several methods a problem,
slips, cut-offs and repeats included. It is a pure function of what it is asked; nothing of it is a model.
"""
