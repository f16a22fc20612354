# Every target builds its own .venv on a fresh clone: Python >= 3.11, make and git are enough.
PYTHON ?= python3
CASE ?= kaz-pak
OUT ?= out
JOBS ?= 2
PORT ?= 8765
BIN := .venv/bin
# Modules are compiled when they are first imported: most of what is installed never is.
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q --no-compile --retries 8 --timeout 60 -c constraints.txt

# Compiled modules are kept whatever the surroundings ask: every process would compile them anew, half of what `karwan route` takes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: brief serve test check check-types check-rest format docs mutants benchmarks clean

brief: .venv/ready ## the brief of the embedded case: terminal, HTML, PDF, workbook in out/
	$(BIN)/karwan brief $(CASE) --out $(OUT)

serve: .venv/web-ready ## the case in a browser, on this machine only
	$(BIN)/karwan serve $(CASE) --port $(PORT)

test: .venv/test-ready
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

# Types take as long as all the rest: the two go side by side.
check: .venv/test-ready
	@$(MAKE) --no-print-directory -j $(JOBS) check-types check-rest

check-types: .venv/test-ready
	$(BIN)/mypy

check-rest: .venv/test-ready
	$(BIN)/ruff format --check src tests benchmarks tools
	$(BIN)/ruff check src tests benchmarks tools
	$(BIN)/python tools/docs.py --check
	$(BIN)/lint-imports
	$(BIN)/python tools/measures.py

format: .venv/test-ready
	$(BIN)/ruff format src tests benchmarks tools
	$(BIN)/ruff check --fix src tests benchmarks tools

docs: .venv/ready ## rewrite the generated pages of docs/, their figures and the README's output
	$(BIN)/python tools/docs.py

mutants: .venv/test-ready ## change models and kernels in thirty small ways and print which no test notices
	$(BIN)/python tools/mutate.py

benchmarks: .venv/test-ready
	$(PIP) -e '.[benchmarks]'
	@echo "ready: run one with $(BIN)/python benchmarks/NAME.py"

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit("Karwan needs Python 3.11 or newer; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/ready: .venv/made pyproject.toml constraints.txt
	@echo "installing karwan (first run only, about a minute)"
	$(PIP) -e .
	-$(BIN)/karwan warm
	@touch $@

.venv/web-ready: .venv/ready
	$(PIP) -e '.[web]'
	@touch $@

# Peers are the independent packages some tests compare with; without one its tests say why they are skipped.
# All is asked for at once, as each call builds the package and solves its needs anew; the loops compile while a browser is fetched.
.venv/test-ready: .venv/made pyproject.toml constraints.txt
	@echo "installing karwan and what the tests need (first run only)"
	$(PIP) -e '.[test,web,peers,cluster,gravity]' || { $(PIP) -e '.[test,web]' && echo "peers not installed: the comparisons with them are skipped"; }
	@{ $(BIN)/karwan warm || true; } & { command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "no chromium: tests in a browser are skipped"; }; wait
	@touch .venv/ready .venv/web-ready $@

clean:
	rm -rf .venv out build dist
