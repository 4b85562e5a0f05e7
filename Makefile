# Everything here works on a machine with Python 3.11+ and make alone.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEMO   := demo-output

.PHONY: help demo test test-slow lint bench clean

help:                ## list what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)       ## train a small model and let it answer three rounds through lm_eval
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo/run.sh $(DEMO)

test: $(STAMP)       ## run the tests that take seconds
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'not slow and not vllm and not cuda'

test-slow: $(STAMP)  ## run the tests that take minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'slow'

lint: $(STAMP)       ## lint, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pydoclint --quiet ptr_eval ptr_data ptr_train
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:               ## remove what was made here
	rm -rf $(VENV) $(DEMO)
