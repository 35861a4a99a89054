"""The demo teacher: a small OpenAI-compatible server, so that the pipeline is seen at work without a key, GPU or bill.

It really solves the quickstart's kinds of problems (`solver.py`), with several methods a problem, slips, cut-offs and
repeats, as a pure function of what it is asked. Or it answers with recorded outputs of real models (`replay.py`), and
with the faults of a night (`faults.py`), for those who rehearse a run. Nothing of it is a model.
"""
