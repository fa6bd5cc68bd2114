# Everything from a fresh Debian-like machine with Python >= 3.11, Node 20 and make:
#   make run    sets up and starts collector, loader, local Iceberg, demo shop and live view
#   make test   sets up (browser and servers included) and runs every test
# What is set up is remembered under .setup/, so that the second start is quick.

PYTHON ?= python3
BIN := .venv/bin
DATA ?= .firsthand
PORT ?=
JS_SOURCES := $(shell find sdk-js/src sdk-miniprogram/src -name '*.ts' 2>/dev/null)

# The tests start hundreds of processes; where modules may not be kept compiled, each compiles them all anew
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-js test-py bench bench-pii bench-python bench-web lint lint-server lint-sdk lint-style format build clean

help:
	@echo "make run        set up and start collector, loader, demo shop and live view (PORT=8080 DATA=.firsthand)"
	@echo "make test       every test but the slow ones; also test-js, test-py"
	@echo "make test-slow  the slow ones"
	@echo "make bench      measurements; also bench-python, bench-web, bench-pii"
	@echo "make lint       types, style, imports; make format repairs what a program can"
	@echo "make build      the SDKs"
	@echo "make clean      take away what these made; your data stays"

# ---- set-up ---------------------------------------------------------------------------------------------------

.setup/python: pyproject.toml sdk-python/pyproject.toml sdk-python-scrub/pyproject.toml constraints.txt
	@mkdir -p .setup
	@echo "Setting up Python in .venv ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . -e sdk-python -e sdk-python-scrub
	@touch $@

.setup/python-dev: .setup/python
	@echo "Setting up the test tools ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,geo]'
	@touch $@

.setup/node: package.json package-lock.json sdk-js/package.json sdk-miniprogram/package.json
	@mkdir -p .setup
	@echo "Setting up the JavaScript tools ..."
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Only make test-slow builds the Next.js example
.setup/next: examples/web-next/package.json examples/web-next/package-lock.json
	npm ci --prefix examples/web-next --no-audit --no-fund --loglevel=error
	@touch $@

# Only make test-slow compiles the mini-program examples of Taro, uni-app and mpx. Versions are those of the locks; `npm ci` refuses
# Taro's, because it names optional binaries that not every registry has
.setup/miniprogram: $(wildcard examples/miniprogram-*/package-lock.json) | build
	for example in $(dir $(wildcard examples/miniprogram-*/package-lock.json)); do \
		echo "Setting up $$example ..."; \
		(cd $$example && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error) || exit 1; \
	done
	@touch $@

sdk-js/dist/firsthand.js: .setup/node $(JS_SOURCES) sdk-js/package.json
	npm run --silent build
	@touch $@

# Only make test-slow visits with Firefox
.setup/firefox: .ci/system-packages tests/e2e/firefox/package.json tests/e2e/firefox/package-lock.json
	@mkdir -p .setup
	sh .ci/system-packages slow
	npm ci --prefix tests/e2e/firefox --no-audit --no-fund --loglevel=error
	@touch $@

.setup/system: .ci/system-packages
	@mkdir -p .setup
	sh .ci/system-packages
	@touch $@

build: sdk-js/dist/firsthand.js

# ---- the two commands -----------------------------------------------------------------------------------------

run: .setup/python build
	@$(BIN)/firsthand up --data $(DATA) $(if $(PORT),--port $(PORT)) --demo examples/shop

# Two at a time, the longest chain first; then pytest, which needs the cores for itself
test: .setup/system .setup/python-dev .setup/node
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-js lint-server lint-sdk lint-style
	@$(MAKE) --no-print-directory test-py

test-js: build
	npm test --silent

test-py: .setup/system .setup/python-dev build
	# Four on two cores: half of the time a test waits for a process, a browser or a disk
	$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder --durations 15

# Minutes long: 50 rounds of kill -9, a minute without a store, rebuilding the geo database, Next.js, Firefox, mini-programs
test-slow: .setup/system .setup/python-dev .setup/next .setup/firefox .setup/miniprogram build
	$(BIN)/python -m pytest -q -m slow --timeout 1800
	$(BIN)/python -m pytest -q -m 'hypothesis and not slow' --hypothesis-profile=anew

bench-python: .setup/python-dev
	$(BIN)/python -m tests.bench.python_sdk

# Sizes and main-thread cost beside other web SDKs, fetched from npm
bench-web: .setup/system .setup/python-dev build
	$(BIN)/python -m tests.bench.web

# The PII firewall: microseconds an event, beside Presidio and scrubadub where they are installed
bench-pii: .setup/python-dev
	$(BIN)/python -m tests.bench.pii

bench: .setup/system .setup/python-dev build
	$(BIN)/python -m tests.bench

# Two at a time; what each says is kept together
lint: .setup/python-dev .setup/node
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-server lint-sdk lint-style

lint-server: .setup/python-dev
	$(BIN)/mypy

lint-sdk: .setup/python-dev .setup/node
	cd sdk-python && ../node_modules/.bin/pyright
	cd sdk-python && ../$(BIN)/mypy
	cd sdk-python-scrub && ../node_modules/.bin/pyright
	cd sdk-python-scrub && ../$(BIN)/mypy

lint-style: .setup/python-dev .setup/node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	npm run --silent lint

format: .setup/python-dev .setup/node
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npx biome check --write sdk-js sdk-miniprogram

clean:
	rm -rf .venv .setup node_modules */node_modules sdk-js/dist sdk-miniprogram/dist *.egg-info sdk-python*/src/*.egg-info
	rm -rf sdk-js/build sdk-miniprogram/build sdk-python*/build examples/*/dist examples/*/node_modules examples/miniprogram/firsthand
	find collector consent warehouse examples sdk-python sdk-python-scrub tests -name __pycache__ -prune -exec rm -rf {} +
	rm -rf test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache bench-results
