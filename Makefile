# Everything a person or CI runs. `make` alone lists the targets.
# Needs python3 (3.11, 3.12 or 3.13, with venv) and make; `make setup` installs the rest beside the code.

PYTHON ?= python3
PLATFORM ?= salesforce
WORKERS ?= 2
SECONDS ?= 600
MEMBERS ?= 100000

PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY := .ready-$(PYTHON_VERSION)
BIN := .venv/bin
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile

export PYTHONPATH := .:layers/shared
export SAM_CLI_TELEMETRY := 0
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.venv-sam/bin:$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9_-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup: ## install the tools, each set in its own environment
	@$(MAKE) --no-print-directory --silent --jobs=3 .venv/$(READY) .venv-sam/$(READY) .venv-stack/$(READY)

.venv/$(READY): requirements/dev.txt
.venv-sam/$(READY): requirements/sam.txt
.venv-stack/$(READY): requirements/stack.txt

.venv/$(READY) .venv-sam/$(READY) .venv-stack/$(READY):
	@echo "setup: installing $< into $(@D)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "crmsync needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $(PYTHON_VERSION). Say which: make PYTHON=python3.13 setup"; exit 1; }
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --requirement $<
	@touch $@

.PHONY: browser
browser: .venv/$(READY) ## find or install Chromium for the browser tests
	@$(BIN)/python -m local.setup.browser

.PHONY: lock
lock: ## resolve every requirements file anew
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv
	@$(LOCK) requirements/runtime.in --output-file layers/shared/requirements.txt
	@for name in dev sam stack; do \
		$(LOCK) requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done

# --- the local stack ----------------------------------------------------------------------------

.PHONY: up
up: setup ## start the local AWS and the stand-in orgs, deploy template.yaml, write .local/stack.json
	@$(BIN)/python -m local.stack up

.PHONY: down
down: ## stop what `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.stack down; fi

.PHONY: demo
demo: setup ## the whole story in a terminal (PLATFORM=salesforce|practifi|salentica)
	@$(BIN)/python -m local.demo --platform $(PLATFORM)

.PHONY: screenshots
screenshots: up browser ## pictures of every screen into .local/screenshots, those of this README into docs/images
	@$(BIN)/python -m local.screenshots

# --- tests --------------------------------------------------------------------------------------

.PHONY: test
test: setup browser ## every test there is, the browser's included
	@# In the order of the folders, the many small files of tests/unit come last and share out well.
	@$(BIN)/python -m pytest tests --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: proof
proof: .venv/$(READY) ## the laws, triples, histories, sweeps and interleavings of docs/reliability.md by themselves
	@$(BIN)/python -m pytest tests/properties --numprocesses $(WORKERS)

.PHONY: unit
unit: .venv/$(READY) ## domain, services and the pure halves of adapters; no sockets
	@$(BIN)/python -m pytest tests -m unit

.PHONY: contract
contract: .venv/$(READY) ## one suite per port, on the fake and on the real adapter
	@$(BIN)/python -m pytest tests -m contract

.PHONY: integration
integration: .venv/$(READY) ## adapters against moto, with the tables of template.yaml
	@$(BIN)/python -m pytest tests -m integration

.PHONY: template
template: setup ## template.yaml: policies, linters, raw and translated
	@$(BIN)/python -m pytest tests -m template

.PHONY: e2e
e2e: setup browser ## the deployed stack, the stand-in orgs and a real browser
	@$(BIN)/python -m pytest tests -m "e2e or browser"

.PHONY: coverage
coverage: .venv/$(READY) ## which lines and branches of the package no test takes
	@$(BIN)/python -m pytest tests -m "unit or contract or integration" --cov --cov-report=term-missing

.PHONY: bench
bench: .venv/$(READY) ## memory of a sync of MEMBERS members, in a process of 1,024 MB
	@$(BIN)/python -m bench.memory --members $(MEMBERS)

.PHONY: judge
judge: setup ## clients nobody here wrote, against the stand-in org (installs them into .local/judge)
	@$(BIN)/python -m local.judge

# --- proof --------------------------------------------------------------------------------------

.PHONY: plants
plants: .venv/$(READY) ## plant one-line bugs in copies of the engine and see each one caught
	@$(BIN)/python -m tests.plants

.PHONY: mutate
mutate: .venv/$(READY) ## mutate what reconciles, plans and checkpoints; the score into docs/reliability.md
	@$(BIN)/python -m tests.mutate

.PHONY: soak
soak: .venv/$(READY) ## random histories on all cores, adding up over calls (SECONDS=600)
	@$(BIN)/python -m tests.soak --seconds $(SECONDS)

# --- checks -------------------------------------------------------------------------------------

.PHONY: check
check: setup ## format, lint, types, import contracts, template linters
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/cfn-lint --config-file cfn-lint.yaml template.yaml
	@.venv-sam/bin/sam validate --lint

.PHONY: format
format: .venv/$(READY) ## let ruff rewrite what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

.PHONY: clean
clean: down ## remove everything that make made
	@rm -rf .venv .venv-sam .venv-stack .venv-lock .aws-sam .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
