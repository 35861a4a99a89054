# Everything a machine with Python and git needs: each target makes .venv, installs, and runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: quickstart test test-full lint format bench clean

quickstart: $(VENV)/base ## build the quickstart's dataset, offline, with the demo teacher
	$(BIN)/datagen build quickstart
	@echo
	@echo 'Read one:   $(BIN)/python -c "from datasets import load_dataset; print(load_dataset(\"outputs/quickstart/dataset\")[\"train\"][0][\"completion\"])"'
	@echo 'Look at it: $(BIN)/datagen show quickstart'

test: $(VENV)/dev ## unit, integration and end-to-end tests
	$(BIN)/python -m pytest -m "not full"

test-full: $(VENV)/dev ## all of them, the long ones too
	$(BIN)/python -m pytest

lint: $(VENV)/dev ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev ## write the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev ## measure; prints ratios taken in one run
	$(BIN)/python -m tests.benchmarks

clean: ## remove what was built, but no outputs
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/base: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/dev: $(VENV)/base
	$(PIP) -e '.[dev]'
	@touch $@
