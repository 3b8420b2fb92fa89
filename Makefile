# `make run` and `make test` need Python 3.11+ and make; each sets up what it needs in .venv on the first call.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check format bench latency scale sources faults thorough attacks peers simulation lock clean help

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: $(VENV)/run.stamp  ## the daemon on the example conf, the sample events, and what became of them
	@chmod 600 conf/secrets/*
	@$(BIN)/python -m gateway.testing.tour

test: $(VENV)/test.stamp  ## the whole suite, on every core
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope

check: $(VENV)/test.stamp  ## format, lint, strict types, import layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/test.stamp  ## put the code into the house form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/test.stamp  ## CPU per event of every transport, against a bare relay
	@$(BIN)/python -m bench

latency: $(VENV)/test.stamp  ## how long a poster waits until an event is on disk, and a source until it hears of it
	@$(BIN)/python -m bench.latency

scale: $(VENV)/test.stamp  ## a million events that wait, dead sources among many, ten million stored events: an hour, 30 GB
	@$(BIN)/python -m bench.scale

sources: $(VENV)/test.stamp  ## a start, a reload and the metrics with 5,000 sources
	@$(BIN)/python -m bench.sources

faults: $(VENV)/test.stamp  ## the slow fault suite: 1,000 kills, faults in every system call, power cuts, full disks, clocks
	@tests/faults/install
	@$(BIN)/python -m pytest tests/faults tests/web/test_hostile.py --long

thorough: $(VENV)/test.stamp  ## the fault suite as CI runs it: every fault, 100 kills
	@tests/faults/install
	@$(BIN)/python -m pytest tests/faults --thorough

attacks: $(VENV)/test.stamp  ## attack a running daemon: addresses, requests, bodies, answers, templates, patterns, plugins
	@$(BIN)/python -m pytest tests/attacks tests/templates/test_attacks.py --thorough

peers: $(VENV)/test.stamp  ## bring SOAP servers that are not ours, PHP's and Node's, and deliver to them
	@tests/peers/install
	@$(BIN)/python -m pytest tests/peers

simulation: $(VENV)/test.stamp  ## 3,000 seeded histories of kills, full disks, clock jumps and moody sources
	@$(BIN)/python -m pytest tests/simulation --long

lock: $(VENV)/test.stamp  ## renew the lock files
	@$(PIP) install uv
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-annotate --no-header \
		pyproject.toml --extra build -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-annotate --no-header \
		pyproject.toml --extra build --extra dev -o requirements-dev.lock

clean:  ## remove the virtual environment and the data of the example
	rm -rf $(VENV) data

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(BIN)/python requirements.lock pyproject.toml
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: $(BIN)/python requirements-dev.lock pyproject.toml
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
