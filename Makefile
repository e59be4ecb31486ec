# `make help` lists the commands. Each check is a nox session as well: `.venv/bin/nox --list`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TIER := $(BIN)/python tools/run_tier.py

# Without bytecode files, every process compiles Ansible and the tests again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo check test test-all test-rest bench clean

help:
	@echo "make demo      show it: a playbook against a simulated cloud, a drift repaired, a recovery tested"
	@echo "make check     lint, types, layers and unit tests: 4 minutes"
	@echo "make test      lint, layers, and every proof on this host once, the fault matrix by a sample: 15 minutes"
	@echo "make test-rest types, all Pythons and versions of ansible-core, a tenth of the variants, packages, figures: 20 minutes"
	@echo "make test-all  all of these with every variant"
	@echo "make bench     compare with other clients, with fewer repetitions than nox -s bench: 26 minutes"
	@echo "make clean     remove what these made"
	@echo "Times are those of two cores, without the installation into $(VENV). One test: $(BIN)/pytest -k NAME"

demo: $(VENV)/.installed
	@$(BIN)/python tools/demo.py

check test test-all test-rest: $(VENV)/.installed
	@$(TIER) $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; this is " + sys.version.split()[0])'
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

# One environment for everything: each command of the README works in it.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@$(BIN)/python tools/install.py all,ansible,test,quality,docs
	@touch $@

bench: $(VENV)/.installed
	@$(BIN)/nox -s bench -- short

clean:
	rm -rf $(VENV) .nox build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output .ansible demo-report
