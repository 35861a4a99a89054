"""Local vLLM as a teacher: its servers started, watched, kept busy, restarted and ended with the run.

vLLM lives in an environment of its own; nothing here imports it. `interpreter` looks at that environment, `model` at
what is to be loaded, `command` says how a server is started, `server` is one of them, `workers` all of a teacher;
`readings` and `pressure` are what their /metrics say and how much may therefore be sent.
"""
