# One command for each thing a contributor does. Needs Python 3.11 and nothing else; the first command installs into .venv.
PYTHON ?= python3.11
ARGS ?=
BIN := .venv/bin
READY := .venv/ready
CHECKED := $(wildcard app.py contracts glue_jobs offline benchmarks stacks lambdas)

.DEFAULT_GOAL := help
.PHONY: demo test lint bench docs lock clean help

demo: $(READY)  ## generate a shop, land it, run the batch, print the findings
	@$(BIN)/shoplake demo

test: $(READY)  ## run every test (ARGS="-k returns" for some)
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: $(READY)  ## check style and types of Python and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(CHECKED)
	@$(BIN)/sqlfluff lint --disable-progress-bar glue_jobs

bench: $(READY)  ## measure speed and memory, print a table
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY)  ## write docs/tables anew from the contracts
	@$(BIN)/python -m contracts.derive.docs

lock: $(READY)  ## write requirements.lock anew after a change to pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --group dev --output-file requirements.lock pyproject.toml

clean:  ## remove the installation and all caches; the lake in .lake stays
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## show these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

# The lock names every package with its hash. pip is only trusted with uv; uv does the rest, and builds the one package that
# has no wheel (pyspark) with the locked setuptools. The project itself is linked, not copied.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo 'make: $(PYTHON) is not a working Python 3.11; name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)' >&2; exit 1; }
	@echo 'Installing into .venv (once; some 500 MB unless cached) ...'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement .venv/uv.lock
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --build-constraints requirements.lock requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
