# Every target works alone on a machine with Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JUDGES := .judges/.installed
PYTEST := $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help setup run test check lint types arch packs docs bench format lock fresh
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## build .venv from the hash-locked requirements

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mingma needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@PYTHON=$(PYTHON) scripts/debian_packages python
	@echo "Setting up $(VENV) (about half a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## the demo: load the frozen city, decide, serve, print what to open
	@$(BIN)/mingma demo

test: setup lint types arch $(JUDGES) ## everything CI runs, PostgreSQL and Chromium included
	@scripts/debian_packages postgresql chromium compiler guides
	@$(PYTEST)

$(JUDGES): requirements/judges.txt tests/interop/package-lock.json scripts/judges | $(STAMP)
	@scripts/debian_packages node
	@echo "Fetching others' software that judges our logs (some seconds the first time)"
	@scripts/judges $(BIN)/python

check: setup lint types arch ## lint, types, arch and unit tests: under a minute, before each commit
	@$(PYTEST) -q tests/unit

lint: setup ## style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup ## mypy --strict
	@$(BIN)/mypy

arch: setup ## the direction of imports, and what pure components may use
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/architecture

packs: setup ## every rule pack: its examples, and the rules refused or narrowed
	@$(BIN)/mingma packs check

docs: setup ## the documents say what the code does
	@$(BIN)/python -m pytest -q tests/docs

bench: setup .bench/.installed ## the benchmarks, each beside its peers
	@$(BIN)/mingma bench evaluate
	@$(BIN)/mingma bench ledger

.bench/.installed: requirements/bench.txt scripts/bench_peers | $(STAMP)
	@echo "Fetching others' software to measure beside ours"
	@scripts/bench_peers $(BIN)/python

format: setup ## rewrite the source as `make lint` wants it, and what is made from it in docs
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/python scripts/write_docs

LOCK := .tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate pyproject.toml --extra postgres

lock: ## resolve the requirements anew; add UPGRADE=--upgrade for newer versions
	@test -x .tools/bin/uv || { $(PYTHON) -m venv .tools && .tools/bin/pip install -qq uv; }
	@$(LOCK) $(UPGRADE) --output-file requirements/run.txt
	@$(LOCK) $(UPGRADE) --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt
	@.tools/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
		--no-header --no-annotate --constraint requirements/dev.txt requirements/judges.in \
		$(UPGRADE) --output-file requirements/judges.txt
	@.tools/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
		--no-header --no-annotate --no-deps requirements/bench.in \
		$(UPGRADE) --output-file requirements/bench.txt

fresh: ## throw .venv and the caches away
	@rm -rf $(VENV) .tools .judges .bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
