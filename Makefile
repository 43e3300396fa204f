# `make help` lists the targets. Each does its own set-up: all it needs is make and Python 3.11 or newer.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The files that take longest come first (tests/conftest.py), not those with the most tests.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
# A worker for each processor: were each to use all of them for its arithmetic, they would wait for one another.
test test-fast check: export OMP_NUM_THREADS := 1
# Hundreds of processes start, each in two thirds of the time where Python keeps its bytecode, whatever a container says.
test test-fast check: export PYTHONDONTWRITEBYTECODE :=
ROOMS := agent analysis campaign core faces instruments labs planners surrogates workcell

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo install test test-fast check links bench bench-env crate-env constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
	  printf '%-20s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.runtime ## run a complete simulated campaign
	$(BIN)/zosimos demo

install: $(VENV)/.dev ## set up .venv with everything the other targets need

test: $(VENV)/.dev ## run every test
	$(PYTEST)

test-fast: $(VENV)/.dev ## run the tests not marked slow
	$(PYTEST) -m "not slow"

check: links $(VENV)/.dev ## lint, format, types, floors, then every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

links:
	@for room in $(ROOMS); do test -d src/zosimos/$$room/. || { \
	  echo "make check: src/zosimos/$$room is not a symbolic link to $$room/. This clone was made without symbolic links."; \
	  echo "The code runs all the same, but type checks, floors and doctests would miss whole rooms."; \
	  echo "Clone again with: git clone -c core.symlinks=true (on Windows: turn Developer Mode on first)."; \
	  exit 1; }; done

bench: $(VENV)/.dev ## run the benchmarks that need no data of their own
	$(BIN)/python bench/kill9.py --kills 40
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/virtual_time.py

# The other planning packages live apart: what they pin must never decide what Zosimos itself runs with.
bench-env: ## set up .bench-env with the planning packages that bench/planners.py compares with
	$(PYTHON) -m venv .bench-env
	.bench-env/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	.bench-env/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  -e '.[ax,baybe,bofire,optuna,chem]' pytest pytest-timeout pytest-xdist hypothesis

# What validates crates wants an older rich than the command line has, so it lives apart too.
crate-env: ## set up .crate-env with the validator of RO-Crates that tests use if it is there
	$(PYTHON) -m venv .crate-env
	.crate-env/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check roc-validator==0.13.0 rocrate==0.16.0

# torch keeps its pin, which is moved by hand: a newer one may not be on offer as a CPU build everywhere.
constraints: ## write constraints.txt anew from the newest versions pyproject.toml admits (torch stays)
	@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && bin="$$tmp/venv/$(notdir $(BIN))" && \
	$(PYTHON) -m venv "$$tmp/venv" && \
	grep '^torch==' constraints.txt > "$$tmp/torch" && \
	"$$bin/python" -m pip install -c "$$tmp/torch" torch && \
	"$$bin/python" -m pip install -c "$$tmp/torch" '.[dev,postgres,bench,chem,mcp]' && \
	"$$bin/python" -m pip freeze --exclude zosimos > "$$tmp/frozen" && \
	{ grep '^#' constraints.txt; grep -v -E '^(cuda|nvidia|triton)' "$$tmp/frozen" | \
	  sed -E 's/\+[A-Za-z0-9.]+$$//' | LC_ALL=C sort -f; } > "$$tmp/constraints.txt" && \
	cp "$$tmp/constraints.txt" constraints.txt

clean: ## remove caches and built archives; keep .venv, ledgers and reports
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find $(ROOMS) bench examples src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up: each stamp is renewed when the files it depends on change ---

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Zosimos needs Python 3.11 or newer. '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)"; \
	  echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

# torch goes first and alone, at its pinned version: that takes a CPU build where one is on offer.
$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) -c constraints.txt torch
	$(PIP) -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) -c constraints.txt -e '.[dev,postgres,bench,chem,mcp]'
	@touch $@
