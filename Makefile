# What a developer or a user asks for most. Everything lands in .venv; locks/ pins every package by hash.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
export UV_PYTHON_DOWNLOADS := never
# llama.cpp is compiled once on a machine, about six minutes on two cores, without its image parts; every later .venv takes the kept wheel.
WHEELS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/modelmarket/wheels
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade

.PHONY: help up install test lint format lock docs clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: install ## collect prices and open the market on this machine, until Ctrl-C
	@$(BIN)/modelmarket up

install: $(VENV)/installed-runtime ## everything that a user needs, in .venv

test: $(VENV)/installed-test ## the whole test suite
	@$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/installed-test ## style, docstrings, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/installed-test ## bring the code into one shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(UV) ## choose versions anew and write locks/
	printf 'uv\nsetuptools>=80\n' | $(COMPILE) - --output-file locks/build.txt
	$(COMPILE) pyproject.toml --output-file locks/runtime.txt
	$(COMPILE) pyproject.toml --extra test --extra probe --constraints locks/runtime.txt --output-file locks/test.txt
	@! grep -nE '[a-z]+://' locks/*.txt || { echo 'A lock file names a host; that must not be.' >&2; exit 1; }

docs: $(VENV)/installed-test ## write the generated pages of docs/ anew
	@export MODELMARKET_HOME=$(CURDIR)/$(VENV)/docs-home && unset DATABASE_URL \
	&& $(BIN)/python -m db upgrade >/dev/null && $(BIN)/python -m db dictionary > $(VENV)/dictionary.md
	@mv $(VENV)/dictionary.md docs/data-dictionary.md && echo 'Wrote docs/data-dictionary.md.'

clean: ## remove what was built; your data stays
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV): locks/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo 'modelmarket needs Python 3.11 or newer; name yours: make PYTHON=python3.13 up' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	|| { echo 'Python cannot make a virtual environment; on Debian and Ubuntu, install python3-venv.' >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Done again only when a lock changed. uv does not read pip's settings, so where it reaches no index, pip gets a try.
$(VENV)/installed-%: locks/%.txt locks/llama.sh pyproject.toml | $(UV)
	@echo 'Installing into $(VENV) …'
	@sed '/^llama-cpp-python==/,/[^\\]$$/d' $< >$(VENV)/lock.txt
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(VENV)/lock.txt \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/lock.txt
	@sh locks/llama.sh $< $(BIN) "$(WHEELS)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
