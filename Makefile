# Two commands matter: `make run` and `make test`. Both set up everything they need.
SHELL := /bin/sh
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
BIN := .venv/bin
FLASK := $(BIN)/flask --app app.factory:create_app
TESTS ?= tests
# What has a long form (tests/sweeps/depth.py).
DRILLS := tests/browser tests/sweeps tests/contract/test_urls.py tests/contract/test_translations.py tests/services/test_duties_at_random.py tests/services/test_sample_book.py tests/web
# One more than there are cores: a test waits for its browser or its database now and then.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null) && expr $$cores + 1 || echo auto)
# Files in their order: what takes minutes, the walks in a browser and the sweeps, is not left for the end.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Only our own environment counts, whatever the shell that called us has active.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PYTHONUTF8 := 1

.PHONY: help run test coverage lint types format audit sbom advisories sweeps translations lock runtime dev pdf screenshots bench clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

define find_python
for python in $(PYTHONS); do \
  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    found="$$python"; break; fi; done; \
if [ -z "$$found" ]; then \
  echo "Python 3.11 or later with its venv module was not found. Install it (Debian: python3 python3-venv)." >&2; exit 1; fi
endef

runtime:
	@$(find_python); "$$found" requirements/install.py runtime

dev:
	@$(find_python); "$$found" requirements/install.py dev

pdf: runtime  ## Papers as PDF made by the server (needs Pango: docs/operations.md)
	@$(find_python); "$$found" requirements/install.py pdf

run: runtime  ## Set up, migrate, fill in the demo company and serve at 127.0.0.1:8080
	@echo "==> Bringing the database up to date"
	@$(FLASK) db upgrade
	@echo "==> Departments, roles, permissions and reference data"
	@$(FLASK) init
	@echo "==> Demo company (only into an empty database)"
	@$(FLASK) demo
	@exec $(FLASK) serve

test: dev  ## Set up and run all tests; TESTS=tests/unit narrows them
	@$(PYTEST) $(TESTS)

coverage: dev  ## Run all tests with branch coverage
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered $(TESTS)

lint: dev  ## Check style, format and layers
	@echo "==> ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> import-linter" && $(BIN)/lint-imports

types: dev  ## Check types
	@echo "==> mypy" && $(BIN)/mypy

audit: dev  ## Look for unsafe code, and that what is installed fits together (no network)
	@echo "==> bandit" && $(BIN)/bandit -q -c pyproject.toml -r app models views config.py config_outside.py
	@echo "==> pip check" && $(BIN)/python -m pip check

sbom: dev  ## Write what the panel is made of to artifacts/sbom.json (CycloneDX)
	@mkdir -p artifacts
	@$(BIN)/cyclonedx-py requirements requirements/runtime.txt --output-reproducible --of JSON -o artifacts/sbom.json
	@echo "artifacts/sbom.json"

advisories: dev  ## Ask the advisory database about the locked versions (needs pypi.org itself, not a mirror)
	@$(BIN)/python -m venv artifacts/advisories && artifacts/advisories/bin/pip install -q pip-audit
	@artifacts/advisories/bin/pip-audit -r requirements/runtime.txt -r requirements/pdf.txt --no-deps --disable-pip --strict --progress-spinner off

sweeps: dev  ## The long form of the tests that have one: every record, every role, every look, 5,000 answers at once, both databases
	@ZHIDAN_SWEEPS=full $(PYTEST) $(DRILLS)

format: dev  ## Mend style and format where that is safe
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

translations: dev  ## Collect new texts into the catalogues and compile them
	@$(BIN)/pybabel extract --omit-header --no-location --sort-output -F app/translations/babel.cfg -k _l -k lazy_gettext -o app/translations/messages.pot app models views
	@$(BIN)/pybabel update -N --ignore-obsolete --ignore-pot-creation-date --no-wrap -i app/translations/messages.pot -d app/translations
	@$(BIN)/pybabel compile --statistics -d app/translations

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:  ## Write the lock files anew (needs uv on the path); UPGRADE=--upgrade moves the versions
	cd requirements && $(LOCK) $(UPGRADE) runtime.in -o runtime.txt
	cd requirements && $(LOCK) $(UPGRADE) -c runtime.txt pdf.in -o pdf.txt
	cd requirements && $(LOCK) $(UPGRADE) -c runtime.txt -c pdf.txt dev.in -o dev.txt

screenshots: dev  ## Pictures of every main page in every look, and contact sheets, under artifacts/screenshots/
	@$(BIN)/python -m tests.browser.contact_sheet $(ARGS)

bench: dev  ## Measure the pages at 1,000 and 1,000,000 orders; ARGS="--help" shows the options
	@$(BIN)/python -m benchmarks $(ARGS)

clean:  ## Remove what was built; keeps instance/ with the database
	rm -rf .venv artifacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
