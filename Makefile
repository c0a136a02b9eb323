# make run    everything from a fresh clone to the open window
# make test   lint, types, import contracts, tests; needs neither a GPU nor a display
# Both install what is missing and are quick when nothing is.

.DEFAULT_GOAL := run
.PHONY: run test lint format doctor setup setup-dev system-libraries

# The first of these that is Python 3.11 or newer; 3.11 first, because the pins are tested with it.
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
    "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BOOTSTRAP = $(or $(PYTHON),$(error Python 3.11 or newer is needed and was not found: https://www.python.org/downloads/)) scripts/bootstrap.py
VENV_PYTHON := .venv/bin/python
# Passed on: make run ARGS="--source folder:recordings/monday", make test ARGS="tests/engine -x"
ARGS ?=

run: setup
	@$(VENV_PYTHON) main.py run $(ARGS)

test: lint
	QT_QPA_PLATFORM=offscreen $(VENV_PYTHON) -m pytest $(ARGS)

lint: setup-dev
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy
	.venv/bin/lint-imports

format: setup-dev
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

doctor: setup
	@$(VENV_PYTHON) main.py doctor

setup:
	@$(BOOTSTRAP)

setup-dev:
	@$(BOOTSTRAP) --dev

system-libraries:
	@$(BOOTSTRAP) --system-libraries-only
