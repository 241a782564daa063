PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install demo check quick test tests explore lint pictures bench clean

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): a minute or two."
	@$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

demo: $(READY)  ## Both parties and the mediator on this machine, with example data
	$(BIN)/cleanroom demo

install:  ## What a party or the mediator needs on a machine of its own
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt .

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

QUICK := tests/protocols $(addprefix tests/cleanroom/,documents engine mediator privacy room)

check: $(READY)  ## In a minute: lint, types, architecture beside tests that start no program and no server
	@$(MAKE) --no-print-directory --jobs 2 lint quick

quick: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'not slow and not long' $(QUICK)

test: $(READY)  ## Everything that has to hold: lint beside the tests
	@$(MAKE) --no-print-directory --jobs 2 lint tests

# One worker more than cores: many tests wait for programs that they started.
tests: $(READY)
	$(BIN)/python -m pytest --numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist worksteal -m 'not slow'

ROUNDS ?= 10

explore: $(READY)  ## Every property, ROUNDS times, with examples and randomness that nobody tried before
	for round in $$(seq $(ROUNDS)); do \
		$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'hypothesis and not slow' \
			--hypothesis-profile explore || exit 1; \
	done

pictures: $(READY)  ## What the documentation shows of the console, from the browser tests
	CLEANROOM_PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser

bench: $(READY)
	$(BIN)/python -m pytest benchmarks --benchmark-only

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
