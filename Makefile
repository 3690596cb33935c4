# `make run` starts Tengen, `make test` and `make lint` check it. Each sets up first what it needs; a second time that
# costs nothing. ARGS goes to the program: make test ARGS="-k proofs", make run ARGS="--port 8080".

PYTHON ?= python3
BIN := .venv/bin
VENDOR := src/tengen/web/static/vendor

# Tests wait for the servers that they start more than they compute: several at once, by files, take a third of the time.
JOBS ?= 4

# Nothing of an environment that happens to be active may lead elsewhere.
export PYTHON
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export NO_MKDOCS_2_WARNING := 1
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

# To compile the tests takes each of the JOBS half a minute: once is enough.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test lint bench fuzz docs pages clean
.NOTPARALLEL:

help:
	@echo "make run     start on http://127.0.0.1:8000 with sample data, kept in ./data"
	@echo "make test    run all tests, JOBS (4) at once; JOBS=0 in this process, to debug one"
	@echo "make lint    ruff, mypy, import contracts, documentation"
	@echo "make bench   measure requests per second"
	@echo "make fuzz    bend records, then replays, for FUZZ_SECONDS (60) each, to find one that is misread"
	@echo "make docs    build the documentation into ./site"
	@echo "make pages   write anew the pages that are made from the code"
	@echo "make setup   install everything into .venv; the others do it by themselves"
	@echo "make clean   remove what was installed and built; ./data stays"

# Whatever the program itself needs.
INSTALLED := .venv/packages.stamp $(VENDOR)/web.stamp .venv/bytecode.stamp

setup: $(INSTALLED) .venv/gnugo.stamp
	@:

# The stamps live in what they speak of: who deletes that, sets it up again.
.venv/packages.stamp: pyproject.toml uv.lock scripts/setup.sh
	@scripts/setup.sh packages
	@touch $@

$(VENDOR)/web.stamp: package.json package-lock.json scripts/setup.sh
	@scripts/setup.sh web $(VENDOR)
	@touch $@

# Compiled here, because where PYTHONDONTWRITEBYTECODE is set Python would compile at every start.
.venv/bytecode.stamp: .venv/packages.stamp $(shell find src -name '*.py')
	@$(BIN)/python -m compileall -q src
	@touch $@

# Only tests use it, and only where the system's packages may be installed: without it, some of them are skipped.
.venv/gnugo.stamp: .venv/packages.stamp scripts/setup.sh
	@scripts/setup.sh gnugo
	@touch $@

run: $(INSTALLED)
	@exec $(BIN)/tengen serve --demo $(ARGS)

test: setup
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks $(ARGS)

# What it needs beyond the others is added to .venv, and taken out again when the packages are next installed.
.venv/fuzz.stamp: .venv/packages.stamp
	@scripts/setup.sh fuzz
	@touch $@

fuzz: $(INSTALLED) .venv/fuzz.stamp
	$(BIN)/python -m tests.fuzz.fuzz_records $(ARGS)
	$(BIN)/python -m tests.fuzz.fuzz_replays $(ARGS)

pages: $(INSTALLED)
	$(BIN)/python scripts/settings_page.py
	$(BIN)/python scripts/play_protocol.py

docs: $(INSTALLED)
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv .uv node_modules $(VENDOR) site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .schemathesis .fuzz
	find src tests examples benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
