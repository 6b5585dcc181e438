# What a newcomer types. Needs Python 3.11 or later and make; no git, no root, nothing else.
#   PYTHON=/usr/bin/python3.12   another Python to build .venv with
#   ARGS="--headless"            more arguments for `make demo`, `test`, `hostile` or `mutants`

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test check hostile mutants clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
CODE := bot tools tests
PYTHON ?=
ARGS ?=

help:
	@echo "make demo    watch an incident from alert to report; sets everything up the first time"
	@echo "make setup   only set up: $(VENV), with the pinned packages; about a minute"
	@echo "make test    run the tests"
	@echo "make check   style, types and layers: ruff, mypy, import-linter"
	@echo "make hostile a hostile brain and bad luck: ten thousand sequences, nothing unauthorised"
	@echo "make mutants takes out each check of policy in turn and must see a test fail"
	@echo "make clean   remove $(VENV) and the caches; what opsbot has recorded stays"

setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/opsbot demo $(ARGS)

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(STAMP)
	@echo "Style ..."
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "$(BIN)/ruff format . puts that right"; exit 1; }
	@echo "Types ..."
	@$(BIN)/mypy --no-error-summary $(CODE)
	@echo "Layers ..."
	@$(BIN)/lint-imports --no-logo >$(VENV)/layers.txt 2>&1 || { cat $(VENV)/layers.txt; exit 1; }
	@echo "All in order."

hostile: $(STAMP)
	@$(BIN)/python -m tests.hostile.run $(ARGS)

mutants: $(STAMP)
	@$(BIN)/python -m tests.mutants.run $(ARGS)

clean:
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so a set-up that was broken off begins again.
$(STAMP): requirements.lock pyproject.toml
	@set -e; \
	python="$(PYTHON)"; \
	for name in $${python:-python3 python3.13 python3.12 python3.11 python3.14}; do \
	  found=$$(command -v "$$name") || continue; \
	  if "$$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
	  found=; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "opsbot needs Python 3.11 or later, and $${python:-python3} is not."; \
	  echo "Install one, or name it: make $(or $(firstword $(MAKECMDGOALS)),setup) PYTHON=/path/to/python3.11"; \
	  exit 1; \
	fi >&2; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$found can't make virtual environments: its module venv or ensurepip is missing."; \
	  echo "Debian and Ubuntu keep them apart: apt-get install python$$version-venv (or python3-venv),"; \
	  echo "as root, then the same again. Or name another Python with PYTHON=."; \
	  exit 1; \
	fi >&2; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "Making a Python environment in $(VENV) with $$found ..."; \
	  "$$found" -m venv --clear $(VENV); \
	fi; \
	echo "Installing the pinned packages, about a minute the first time ..."; \
	export PIP_DISABLE_PIP_VERSION_CHECK=1; \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock || { \
	  echo "The packages could not be installed; pip says why above. Without a way to a package" >&2; \
	  echo "index, tell pip about your mirror or proxy; the same command then goes on." >&2; \
	  exit 1; \
	}; \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .; \
	touch $@; \
	echo "Ready."
