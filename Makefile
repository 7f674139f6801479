PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= build/report

# The airfoil data, where a copy lies beside the checkout; otherwise the cache folder is used.
ifneq ($(wildcard ../shared/data/airfoil_self_noise.dat),)
export EIGENSTEP_DATA ?= $(abspath ../shared/data/airfoil_self_noise.dat)
endif

# Bytecode is kept, in $(VENV), whatever the environment says: without it every process that is started
# compiles SymPy anew, which takes four times as long as the rest of a command.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode

.PHONY: help report test docs check format lint types bench mutants sanitize clean
help:
	@echo "make report   build/report/index.html and build/report/eigenstep.pdf"
	@echo "make test     all tests"
	@echo "make docs     the API reference, build/docs/index.html"
	@echo "make check    format, lint, types, tests"
	@echo "make bench    the benchmarks"
	@echo "make sanitize the optimizers' tests with native code under sanitizers"
	@echo "make mutants  every claim's proof on false variants of it and of the rules' code"

PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-compile \
	--constraint constraints.txt --editable

$(VENV)/.test: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) ".[test]"
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(PIP_INSTALL) ".[dev]"
	@touch $@

# Where Coq is installed it is asked first, so that the ledger can say what it checked; its answers are kept.
report: $(VENV)/.test
	@! command -v coqchk >/dev/null || $(BIN)/eigenstep prove --kernel coq >/dev/null || true
	$(BIN)/eigenstep report --out $(OUT)

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

$(VENV)/.docs: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) ".[docs,report]"
	@touch $@

docs: $(VENV)/.docs
	$(BIN)/python -m eigenstep.reports.reference build/docs

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/basedpyright

check: format lint types test

$(VENV)/.bench: $(VENV)/.test
	$(PIP_INSTALL) ".[bench]"
	@touch $@

bench: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/spectral_radius.py
	$(BIN)/python tests/benchmarks/worst_case.py
	$(BIN)/python tests/benchmarks/step.py

mutants: $(VENV)/.test
	$(BIN)/python -m eigenstep.proofs.mutants

# The optimizers' tests with the generated C under the address and undefined-behaviour sanitizers.
sanitize: $(VENV)/.test
	LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so) $$($${CC:-cc} -print-file-name=libstdc++.so.6)" EIGENSTEP_SANITIZE=1 \
	ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1 \
	$(BIN)/python -m pytest -q tests/optimizers

clean:
	rm -rf build $(VENV)
