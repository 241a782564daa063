PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint pictures bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

demo: $(READY)  ## Both parties and the mediator on this machine, with example data
	$(BIN)/cleanroom demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Everything that has to hold
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'not slow'

pictures: $(READY)  ## What the documentation shows of the console, from the browser tests
	CLEANROOM_PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser

bench: $(READY)
	$(BIN)/python -m pytest benchmarks --benchmark-only

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
