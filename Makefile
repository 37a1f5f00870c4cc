# The first run and the gates. `make help` says what there is.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTHON ?= $(shell for found in python3 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$found && break; done)

# Several processes import the same tests: what one compiled the next one reads.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check format pins clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | \
		while IFS="$$(printf '\t')" read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

demo: $(VENV)/demo-installed  ## install what the quickstart needs, and run it
	@$(BIN)/python examples/quickstart.py

test: $(VENV)/test-installed  ## install what the tests need, and run all of them
	@scripts/install-system-packages
	@$(MAKE) --no-print-directory check
	@echo "Fast tests"
	@$(BIN)/python -m pytest -m "not slow" --ignore=tests/architecture --numprocesses auto --maxprocesses 4
	@echo "Slow tests: processes, PostgreSQL, Ray and a browser"
	@$(BIN)/python -m pytest -m slow --numprocesses 2 --dist loadscope

check: $(VENV)/test-installed  ## style, types, layers and the rules of the house
	@echo "Format and style"
	@$(BIN)/ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@echo "Types"
	@$(BIN)/mypy
	@echo "Layers and the rules of the house"
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest tests/architecture

format: $(VENV)/test-installed  ## put the code into its form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

pins: $(VENV)/made  ## renew constraints.txt with the newest packages
	@rm -rf $(VENV)/pins && $(PYTHON) -m venv $(VENV)/pins
	@$(VENV)/pins/bin/pip install --quiet --upgrade pip
	@$(VENV)/pins/bin/pip install --quiet -e ".[all]" --group dev
	@scripts/write-constraints $(VENV)/pins/bin/python

clean:  ## remove the virtual environment and all caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp is touched only after its installation has gone well.
$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "sweeper needs Python 3.11 or newer; install it first"; exit 1; }
	@echo "Making a virtual environment in $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python's venv module is missing (on Debian: apt-get install python3-venv)"; exit 1; }
	@$(PIP) install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/demo-installed: $(VENV)/made pyproject.toml constraints.txt
	@echo "Installing sweeper, its dashboard, torch and scikit-learn; this takes a minute or two"
	@$(PIP) install --quiet -c constraints.txt -e ".[dashboard,torch]" scikit-learn
	@touch $@

$(VENV)/test-installed: $(VENV)/made pyproject.toml constraints.txt
	@echo "Installing sweeper with all extras and the test tools; this takes a few minutes"
	@$(PIP) install --quiet -c constraints.txt -e ".[all]" --group dev
	@touch $@ $(VENV)/demo-installed
