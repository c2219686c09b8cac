# Everything a developer does here. `make run` and `make test` need only a Python 3.11 or newer and
# the package index; they set up the rest themselves. What CI runs stands in .ci/run.
#
#   ARGS=...    passed on to the command        make run ARGS="--once"
#   PYTHON=...  the interpreter to use          make test PYTHON=python3.12
#   VENV=...    the environment to build, a relative path

VENV ?= .venv
BIN   = $(VENV)/bin
FAST  = $(wildcard tests/unit tests/property tests/contract tests/architecture tests/vectors \
  tests/adr/test_own_rules.py)

# Stamps carry what they depend on in their names: the place and the interpreter for the environment,
# the locks and the project for what is installed in it. Another answer is another file to make.
PLACE := $(shell { pwd; echo '$(PYTHON)'; } | cksum | tr -d ' ')
LOCKS := $(shell cat pyproject.toml requirements/run.txt requirements/dev.txt | cksum | tr -d ' ')
TOOLS := $(shell cksum < requirements/audit.txt | tr -d ' ')
MADE   = $(VENV)/.made-$(PLACE)
RUN    = $(VENV)/.run-$(LOCKS)
DEV    = $(VENV)/.dev-$(LOCKS)
AUDIT  = $(VENV)-audit/.audit-$(PLACE)-$(TOOLS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint fast mutate format bench chaos docs lock audit sbom clean missing

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN) ## Start the sandbox and a school week in it (ARGS="--once": then stop)
	@exec $(BIN)/exchange sandbox $(ARGS)

test: $(DEV) $(AUDIT) ## Run all tests (ARGS="-k name" to choose)
	@exec $(BIN)/python -m pytest $(ARGS)

check: lint fast ## Format, lint, types, imports and the fast tests: about a minute, before every commit

lint: $(DEV) ## Format, lint, types and imports only
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports

fast: $(DEV) ## The fast tests only
	$(BIN)/python -m pytest $(FAST) $(ARGS)

mutate: $(DEV) ## Change the law's data one step at a time: a test must notice each (ARGS=--verbose)
	@exec $(BIN)/python -m tests.mutation $(ARGS)

format: $(DEV) ## Rewrite the code in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(DEV) ## Measure speed against bare building blocks in the same run (ARGS=all: all parts)
	@exec $(BIN)/python -m tests.bench $(ARGS)

chaos: $(DEV) ## Kill every part at random under load, 30 printed seeds (SEEDS="1 2", KILLS=20)
	@VERZUIM_CHAOS_RUNS=30 VERZUIM_CHAOS_KILLS='$(or $(KILLS),10)' VERZUIM_CHAOS_SEEDS='$(SEEDS)' \
	  exec $(BIN)/python -m pytest tests/flow/test_crashes_at_random.py -v $(ARGS)

docs: $(DEV) ## Regenerate what is generated: schemas, OpenAPI, references
	$(BIN)/python -m tests.generate $(ARGS)

lock: $(DEV) ## Pin all dependencies with hashes again (ARGS=--upgrade for newer versions)
	$(COMPILE) --group build $(ARGS) --output-file requirements/run.txt
	$(COMPILE) --group dev $(ARGS) --constraint requirements/run.txt --output-file requirements/dev.txt
	$(BIN)/uv pip compile --group pyproject.toml:audit --no-strip-extras $(COMPILE_FLAGS) $(ARGS) --output-file requirements/audit.txt

audit: $(DEV) $(AUDIT) ## Look for known vulnerabilities in what is pinned (asks the network)
	@exec $(BIN)/python -m tests.audit.vulnerabilities

sbom: $(AUDIT) ## Write the software bill of materials (CycloneDX) to dist/sbom.json
	@mkdir -p dist
	@$(VENV)-audit/bin/cyclonedx-py requirements requirements/run.txt --output-file dist/sbom.json

clean: ## Remove the environment and all caches; the sandbox's data stays
	rm -rf .venv .venv-* .cache .hypothesis dist
	find exchange adapters tests -name __pycache__ -type d -prune -exec rm -rf {} +

COMPILE_FLAGS = --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock'
COMPILE = $(BIN)/uv pip compile pyproject.toml $(COMPILE_FLAGS)

# --- the environment ---

PIP = $(BIN)/python -m pip --disable-pip-version-check -qq install

$(MADE): $(if $(realpath $(BIN)/python),,missing)
	@for python in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python); do \
	  if "$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv --clear $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo 'No Python 3.11 or newer with the venv module here. Install one (Debian: apt install' \
	  'python3-venv), or name it: make PYTHON=/path/to/python' >&2; exit 1

$(RUN): $(MADE)
	@echo 'Installing the pinned requirements (requirements/run.txt)'
	@rm -f $(VENV)/.run-* $(VENV)/.dev-*
	@$(PIP) --require-hashes --requirement requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(MADE)
	@echo 'Installing the pinned requirements (requirements/dev.txt)'
	@rm -f $(VENV)/.run-* $(VENV)/.dev-*
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(RUN) $@

# The programs that audit this repository pin libraries that it uses newer: they live beside it.
$(AUDIT): | $(DEV)
	@echo 'Installing the programs that audit (requirements/audit.txt)'
	@rm -f $(VENV)-audit/.audit-*
	@$(BIN)/python -m venv --clear $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip --disable-pip-version-check -qq install --require-hashes \
	  --requirement requirements/audit.txt
	@touch $@
