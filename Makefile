# Everything a newcomer types. The virtual environment makes itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS := $(VENV)/.tests-ready

.PHONY: run chat test test-all soak check bench understand screenshots stories texts pins clean

run: $(READY)
	@$(BIN)/rantevou serve

chat: $(READY)
	@$(BIN)/rantevou chat

# Bytecode is kept: a hundred processes that the tests start would compile our modules anew.
test test-all soak: export PYTHONDONTWRITEBYTECODE :=

# Installs Chromium, nginx and what they need where it may (root, apt-get); else skips the tests that need them.
# More workers than cores, since many tests wait; whoever has done its part takes over others' tests.
# `make test` leaves out what tests/short.py names; `make test-all` is what .ci/run runs.
test: SHORT := --short
test test-all: $(TESTS)
	@deploy/install_packages.sh $$($(BIN)/python -m tests.programs) || true
	@$(BIN)/pytest -n 3 --dist worksteal $(SHORT)

# What takes long: processes killed 200 times on each database, messages in any disorder, moved clocks.
# PART=<name> runs one part; `python -m tests.soak --help` names them.
soak: $(TESTS)
	@$(BIN)/python -m tests.soak $(PART)

check: $(TESTS)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Wall and processor time; `python -m tests.bench --help` names the short form and the JSON output.
# BESIDE=<git revision> compares the short form with that revision's, in turns, ROUNDS=8 times.
bench: $(TESTS)
	@$(BIN)/python -m $(if $(BESIDE),tests.bench.beside $(BESIDE) $(if $(ROUNDS),--rounds $(ROUNDS)),tests.bench)

# Says each utterance of tests/understanding/ and writes the table of docs/understanding.md; takes minutes.
understand: $(TESTS)
	@$(BIN)/python -m tests.understanding

# Pictures each main state of the page into tests/screenshots/, for looking at.
screenshots: $(TESTS)
	@$(BIN)/python -m tests.screenshots

# Writes the bot's lines of the stories anew, for reading in a diff.
stories: $(TESTS)
	@$(BIN)/pytest tests/stories --rewrite-stories

# Collects the texts of the code into locales/ and marks what awaits translation.
texts: $(READY)
	@$(BIN)/pybabel -q extract -F locales/babel.cfg -k _n:1,2 --no-location --sort-output --omit-header -o locales/messages.pot core dialogs bot webhooks
	@$(BIN)/pybabel -q update -i locales/messages.pot -d locales --no-fuzzy-matching --ignore-pot-creation-date

# Needs uv; run it after a change to requirements.in or requirements-tests.in.
PIN := uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --no-emit-index-url --no-header
pins:
	$(PIN) requirements.in -o requirements.txt
	$(PIN) requirements-tests.in -o requirements-tests.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Debian's python3 makes no virtual environment without the package python3-venv.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || deploy/install_packages.sh python3-venv || \
		{ echo "Rantevou needs Python 3.11 or later that can make a virtual environment: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rantevou needs Python 3.11 or later; found " + sys.version.split()[0])'
	@echo "Setting up $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# What checks and tests need besides: three times as much as running does.
$(TESTS): $(READY) requirements-tests.txt
	@echo "Adding to $(VENV) what tests need (a minute, once)"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-tests.txt
	@touch $(TESTS)
