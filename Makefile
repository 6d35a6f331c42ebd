# The few commands that people and CI both call. Everything happens in .venv, made on first use.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
JOBS := $(wildcard configs/*.yaml)

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check audit format docs reference bench clean

help:  ## Show what there is.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A stamp for each set-up, so that a second call is quick.
.venv/user.stamp: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing labelmill and what it needs into .venv (once; a few minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0" 
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev.stamp: .venv/user.stamp
	@echo "Installing the developers' tools into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

.venv/schedulers.stamp: tests/faults/schedulers.txt
	@mkdir -p .venv
	@$(PYTHON) -m venv .venv/schedulers
	@echo "Installing Airflow and Dagster into .venv/schedulers, to load the schedules with"
	@.venv/schedulers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

demo: .venv/user.stamp  ## Run the three demo jobs end to end.
	@for job in $(JOBS); do $(BIN)/labelmill run $$job; done

test: .venv/dev.stamp  ## Run the tests.
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

test-slow: .venv/dev.stamp .venv/schedulers.stamp  ## Run the tests that need minutes, or the corpora of LABELMILL_DATA.
	@$(BIN)/python -m pytest -n auto --dist worksteal -m slow

check: .venv/dev.stamp  ## Formatting, lint, types, floors, spelling, generated files.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/typos
	@$(BIN)/validate-pyproject pyproject.toml
	@$(BIN)/yamllint -s configs
	@$(BIN)/deptry .
	@$(BIN)/labelmill schema | diff - configs/schema.json
	@$(BIN)/check-jsonschema --schemafile configs/schema.json $(JOBS)
	@$(BIN)/python docs/make_reference.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir .venv/site
	@$(MAKE) --no-print-directory audit

audit: .venv/dev.stamp  ## Look for known vulnerabilities in what is installed; needs the network.
	@if $(BIN)/pip-audit --local --skip-editable --progress-spinner off > $(BIN)/../audit.txt 2>&1; then \
	  left=$$(grep -c 'could not be audited' $(BIN)/../audit.txt || true); \
	  echo "pip-audit: found nothing; $$left packages could not be audited here"; \
	elif grep -qE '(PYSEC|GHSA|CVE)-' $(BIN)/../audit.txt; then cat $(BIN)/../audit.txt; exit 1; \
	else echo "pip-audit: its service cannot be reached; nothing was audited"; fi

format: .venv/dev.stamp  ## Format the code and mend what can be mended.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

reference: .venv/dev.stamp  ## Write the generated files: configs/schema.json, docs/reference.
	@$(BIN)/labelmill schema > configs/schema.json.new && mv configs/schema.json.new configs/schema.json
	@$(BIN)/python docs/make_reference.py

docs: .venv/dev.stamp  ## Build the documentation into site/.
	@$(BIN)/mkdocs build --strict --quiet

bench: .venv/dev.stamp  ## Run all benchmarks and write docs/benchmarks.md (half an hour; needs LABELMILL_DATA).
	@$(BIN)/python -m benchmarks.all --write
	@$(BIN)/python -m benchmarks.results

clean:  ## Remove the environment and everything that was made.
	@rm -rf .venv .labelmill data/out dist site
