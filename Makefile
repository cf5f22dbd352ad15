# Needs Python 3.11 or later and nothing else: `make venv` builds the rest from the lock files.
PYTHON ?= python3
BIN := .venv/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
SHORT = not prove and not chaos and not bench

.PHONY: coverage-table venv run test check prove chaos browser bench schema lock wheel tryton

# The environment only.
venv: .venv/.stamp

.venv/.stamp: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Everything in one process, with something to look at, on http://127.0.0.1:8501.
run: venv
	$(BIN)/throughline up --demo

# What this machine can run; ends with a list of what it could not.
test: venv
	$(BIN)/pytest -n 2 --dist worksteal -m "$(SHORT)"

# Format, lint, types.
check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Property tests at length.
prove: venv
	$(BIN)/pytest -n 2 -m "prove or property" --hypothesis-profile=prove --timeout=0

# Kills and outages at length.
chaos: venv
	$(BIN)/pytest -m chaos --timeout=0

# The pages in a real browser.
browser: venv
	$(BIN)/pytest -m browser

# Which case of which stream of which product is shown by a recording; fails when one is missing.
coverage-table: venv
	$(BIN)/python -m tests.suites

# Measurements of what is claimed about speed.
bench: venv
	$(BIN)/python -m bench

# sql/schema.sql from all migrations.
schema: venv
	home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && export THROUGHLINE_HOME="$$home" THROUGHLINE_DATABASE_URL= && \
	$(BIN)/throughline db upgrade && $(BIN)/throughline db schema sql/schema.sql

# Both lock files, from pyproject.toml. Other versions: remove the locks first.
lock: venv
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --extra telemetry --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) tests/tryton/requirements.in --output-file tests/tryton/requirements.lock

# A real ERP for the tests, in an environment of its own, and its database file.
tryton: .tryton/tl.sqlite

.tryton/tl.sqlite: tests/tryton/requirements.lock tests/tryton/build.py
	test -x .tryton/venv/bin/python || $(PYTHON) -m venv .tryton/venv
	.tryton/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/tryton/requirements.lock
	.tryton/venv/bin/python -W ignore tests/tryton/build.py $@

# Build the wheel, install it as a user would, start it once.
wheel: venv
	.ci/wheel
