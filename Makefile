# Every command installs what is missing first (tools/bootstrap.sh); a second time that costs nothing.
.DEFAULT_GOAL := help
.PHONY: help run test quick bench lint lock format clean

PYTHON := .venv/bin/python
BOOTSTRAP ?= tools/bootstrap.sh
NAME ?=

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start everything and serve until Ctrl-C; ONCE=1: measure the demonstration survey and stop
	@$(BOOTSTRAP) run
	@exec $(PYTHON) -m tools.run

test: ## the whole suite: linters, types, import rules, unit, integration and browser tests
	@$(BOOTSTRAP) test
	@exec $(PYTHON) -m tools.test

quick: ## linters, types and the quick tests only
	@$(BOOTSTRAP) test
	@exec $(PYTHON) -m tools.test --quick

bench: ## measure; NAME="reconstruct_shot …" chooses
	@$(BOOTSTRAP) test
	@exec $(PYTHON) -m benchmarks $(NAME)

lint: ## linters, types and import rules
	@$(BOOTSTRAP) test
	@exec $(PYTHON) -m tools.test --lint

format: ## let ruff lay out the code
	@$(BOOTSTRAP) test
	@$(PYTHON) -m ruff check --fix . && exec $(PYTHON) -m ruff format .

lock: ## resolve pyproject.toml into requirements/*.txt, with hashes
	@$(BOOTSTRAP) test
	@exec tools/lock.sh

clean: ## remove what was built here; what was measured (./var) stays
	rm -rf .venv .run build *.egg-info webapp/static_build webapp/frontend/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
