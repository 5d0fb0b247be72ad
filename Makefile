# The commands of this project. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
# Once the requirements are installed, these files are newer than they are, so nothing is installed twice.
FOR_DEMO := $(VENV)/.installed-for-demo
INSTALLED := $(VENV)/.installed
INSTALLED_FOR_REPORTS := $(VENV)/.installed-for-reports
PIP_INSTALL = $(VENV)/bin/python -m pip install --quiet --require-hashes -r
# uv takes a fraction of pip's time. It compiles on all cores, so that eight processes don't each compile the same files.
# pip is the fallback where uv fails, such as with an index that only pip is configured for.
UV_INSTALL = $(PIP_INSTALL) requirements/installer.txt && $(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python --require-hashes -r
INSTALL = install() { { $(UV_INSTALL) $$1; } 2>/dev/null || $(PIP_INSTALL) $$1; }; install

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
# Hundreds of processes start in a test run. Without compiled files, each would compile the same sources again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo check test test-postgresql test-sqlite lint lint-types lint-style lint-imports lint-security lint-migrations audit requirements messages settings chaos bench screenshots tour programs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(FOR_DEMO) ## run the whole portal on this machine, with data and logins (Ctrl-C stops it)
	@$(VENV)/bin/python deploy/demo/demo.py

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is required, but $(PYTHON) isn't on the PATH. Install it, or choose another one: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is required, but $(PYTHON) is" `$(PYTHON) -c 'import platform; print(platform.python_version())' 2>&1 | tail -n 1`". Choose a newer one: make PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module. Install it (on Debian and Ubuntu: apt install python3-venv)."; exit 1; } >&2
	@echo "Creating $(VENV) with $(PYTHON)…"
	@$(PYTHON) -m venv --clear $(VENV)

$(FOR_DEMO): requirements/demo.txt $(VENV)/bin/python
	@echo "Installing what the demo needs (first time only, takes a few seconds)…"
	@$(INSTALL) requirements/demo.txt
	@touch $@

# Includes what the demo needs.
$(INSTALLED): requirements/dev.txt $(VENV)/bin/python
	@echo "Installing what the tests need (first time only, takes a minute or two)…"
	@$(INSTALL) requirements/dev.txt
	@touch $@ $(FOR_DEMO)

check: lint ## lint, and run the fast tests of tests/unit on SQLite: about a minute, for every save
	@mkdir -p var && DATABASE_URL=sqlite:///$(CURDIR)/var/check.sqlite3 $(VENV)/bin/python -m pytest -q --numprocesses auto $(UNUSED_BY_UNITS) $(PYTEST) -m "not postgresql and not slow" tests/unit

# Plugins that only API and worker tests use. Loading them takes each process a second.
UNUSED_BY_UNITS := -p no:schemathesis -p no:celery -p no:docker_tools

test: lint audit test-postgresql test-sqlite ## check everything: lint, known vulnerabilities, and all tests on PostgreSQL, Redis and SQLite

test-postgresql: $(INSTALLED) programs
	@$(VENV)/bin/python -m pytest -q --numprocesses 3 --dist loadscope --no-loadscope-reorder $(PYTEST) -m "not sqlite"

# Repeats the tests that depend on the database. tests/databases.py decides which.
test-sqlite: $(INSTALLED)
	@echo "Repeating the database tests on SQLite"
	@mkdir -p var && DATABASE_URL=sqlite:///$(CURDIR)/var/tests.sqlite3 $(VENV)/bin/python -m pytest -q --numprocesses 2 $(PYTEST) -m "not postgresql and not one_database" tests/unit tests/web tests/api

lint: export SECRET_KEY := only for checks
lint: export ENV_FILE := /dev/null
lint: $(INSTALLED) ## ruff, mypy, bandit, the import contracts and the migrations (no network needed)
	@$(MAKE) --no-print-directory --jobs 2 lint-types lint-style lint-imports lint-security lint-migrations

lint-types:
	@$(VENV)/bin/mypy portal cases tasks deploy/demo

lint-style:
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet .

lint-imports:
	@contracts=`$(VENV)/bin/lint-imports --no-logo` || { echo "$$contracts"; exit 1; }

lint-security:
	@$(VENV)/bin/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml portal cases tasks deploy manage.py

lint-migrations:
	@DATABASE_URL=sqlite:// $(VENV)/bin/python manage.py makemigrations --check --dry-run cases
	@$(VENV)/bin/python -m tests.migration_lint

audit: $(INSTALLED) ## check installed packages for known vulnerabilities
	@$(VENV)/bin/python -m tests.audit requirements/dev.txt

requirements: $(INSTALLED) ## compile requirements/*.in into files with hashes
	@cd requirements && for name in product installer demo dev bench; do \
		[ $$name = product ] && output=../requirements.txt || output=$$name.txt; \
		[ $$name = product ] && same= || same="--constraints ../requirements.txt"; \
		../$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $$same \
			--custom-compile-command "make requirements" --output-file $$output $$name.in || exit; done

messages: export SECRET_KEY := only for texts
messages: export ENV_FILE := /dev/null
messages: export DJANGO_SETTINGS_MODULE := portal.settings
messages: $(INSTALLED) ## collect the texts for translation, and compile the translations
	@$(VENV)/bin/python -m tests.catalogue

settings: export SECRET_KEY := only for texts
settings: export ENV_FILE := /dev/null
settings: export DJANGO_SETTINGS_MODULE := portal.settings
settings: $(INSTALLED) ## write the tables of docs/settings.md and the lines of .env.example
	@$(VENV)/bin/python -m tests.settings_docs

screenshots: $(INSTALLED) programs ## take a picture of every page, phone and desktop, light and dark, in var/screenshots
	@rm -rf var/screenshots
	@$(VENV)/bin/python -m pytest -q --numprocesses 2 tests/browser/screenshots.py
	@$(VENV)/bin/python -m tests.browser.contact_sheet

tour: screenshots ## retake the six pictures in docs/tour.md
	@cp var/screenshots/tour/*.png docs/tour/

chaos: $(INSTALLED_FOR_REPORTS) ## break everything on purpose, count what was lost, and write docs/reliability.md
	@$(VENV)/bin/python -m tests.chaos $(FAULTS)

bench: $(INSTALLED_FOR_REPORTS) ## compare with plain SQL and other libraries, and write docs/performance.md and docs/capacity.md
	@$(VENV)/bin/python -m tests.bench $(SECTIONS)

$(INSTALLED_FOR_REPORTS): $(INSTALLED) requirements/bench.txt
	@$(INSTALL) requirements/bench.txt
	@touch $@

# Programs from system packages: Chromium, with and without windows, and the proxy of docker-compose.yml (not started, RUNLEVEL=1).
programs:
	@missing=""; \
	command -v chromium chromium-browser google-chrome >/dev/null || missing="chromium chromium-headless-shell"; \
	command -v nginx >/dev/null || missing="$$missing nginx-light"; \
	[ -z "$$missing" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing $$missing…" && apt-get update -qq \
		&& RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; } \
		|| echo "Not installed, and no permission to install: $$missing. Without Chromium the browser tests fail. Without nginx its tests are skipped."
