# Everything here works on a machine with Python 3.11+ and make alone.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
FAST   := .venv-fast
STAMP  := $(VENV)/.installed
DEMO   := demo-output
STUDY  := tiny-study
STUDIED := PYTHONPATH=examples/tiny $(BIN)/python -m studies.tiny

.PHONY: help demo demo-training tiny-from-scratch tiny-study test test-fast test-slow lint clean

help:                ## list what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)       ## a real model: does thinking again help it? three rounds, two controls, report
	PATH="$(CURDIR)/$(BIN):$$PATH" python examples/smollm2/demo.py $(DEMO)

demo-training: $(STAMP)  ## the whole method on a tiny problem: data, training, five rounds, report
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/tiny/recipe.sh $(DEMO)-training

tiny-from-scratch: $(STAMP)  ## demo-training, but train the base, weak and strong models first
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/tiny/recipe.sh $(DEMO)-from-scratch --from-scratch

tiny-study: $(STAMP) ## demo-training over five seeds with all controls, as reports/tiny shows it
	$(STUDIED).run $(STUDY)/sheets
	$(STUDIED).findings $(STUDY)/sheets reports/tiny
	$(STUDIED).run $(STUDY)/graphs --problem graphs --arms prompt ift-compute ptr ptr-shuffled
	$(STUDIED).findings $(STUDY)/graphs reports/tiny/graphs

test: $(STAMP)       ## run the tests that take seconds, a file to each core
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m 'not slow and not vllm and not cuda'

$(FAST)/.installed: pyproject.toml
	$(PYTHON) -m venv $(FAST)
	$(FAST)/bin/python -m pip install --quiet --no-compile -e '.[test]'
	touch $@

# Left out of scoring: `similarity`, which needs torch, and maths, whose time limits take a minute.
test-fast: $(FAST)/.installed  ## scoring, statistics, protocols, saved runs and tables, in an environment without torch
	OMP_NUM_THREADS=1 $(FAST)/bin/python -m pytest -q -n auto --dist loadfile -m 'not slow' \
		tests/ptr_eval/scoring --ignore tests/ptr_eval/scoring/maths \
		--ignore tests/ptr_eval/scoring/test_similarity.py tests/ptr_eval/stats \
		tests/ptr_eval/protocols tests/ptr_eval/engine tests/ptr_eval/runs \
		tests/ptr_eval/report/data tests/ptr_eval/report/tables

test-slow: $(STAMP)  ## run the tests that take minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m 'slow'

lint: $(STAMP)       ## lint, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pydoclint --quiet ptr_eval ptr_data ptr_train
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:               ## remove what was made here
	rm -rf $(VENV) $(FAST) $(DEMO) $(DEMO)-*
