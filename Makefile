# Two commands: `make demo` shows it, `make test` proves it. Everything else is a nox session (`.venv/bin/nox --list`).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test clean

help:
	@echo "make demo   start the simulator over TLS, converge an edge gateway with Ansible, mend a drift, drill a recovery"
	@echo "make test   install everything and run every check"
	@echo "make clean  remove what these made"

demo: $(VENV)/.demo
	@$(BIN)/python tools/demo.py

test: $(VENV)/.test
	@$(BIN)/nox --no-venv

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; this is " + sys.version.split()[0])'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "Installing what the demo needs ..."
	@$(PIP) install --editable '.[all,ansible]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(PIP) install --editable '.[all,ansible,test,quality,docs]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .nox build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output .ansible demo-report
