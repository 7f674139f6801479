PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= build/report

# The airfoil data, where a copy lies beside the checkout; otherwise the cache folder is used.
ifneq ($(wildcard ../shared/data/airfoil_self_noise.dat),)
export EIGENSTEP_DATA ?= $(abspath ../shared/data/airfoil_self_noise.dat)
endif

.PHONY: help report test check format lint types bench clean
help:
	@echo "make report   build/report/index.html and build/report/eigenstep.pdf"
	@echo "make test     all tests"
	@echo "make check    format, lint, types, tests"
	@echo "make bench    the benchmarks"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

report: $(VENV)/.installed
	$(BIN)/eigenstep report --out $(OUT)

test: $(VENV)/.installed
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

format: $(VENV)/.installed
	$(BIN)/ruff format --check .

lint: $(VENV)/.installed
	$(BIN)/ruff check .

types: $(VENV)/.installed
	$(BIN)/basedpyright

check: format lint types test

bench: $(VENV)/.installed
	$(BIN)/python tests/benchmarks/spectral_radius.py
	$(BIN)/python tests/benchmarks/step.py

clean:
	rm -rf build $(VENV)
