"""Prefect flows: the order of the stages, retries, schedules; no domain logic."""
