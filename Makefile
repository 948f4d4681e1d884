# `make demo` shows the main job on a real release, `make test` runs the tests. Both set up what they need.
#
# PYTHON=...   interpreter for .venv (3.10 to 3.13; found by itself)
# REPO=...     a clone of upstream's repository, for 0.9, 0.11 and the history (ALL=1: every state of it)
# ARGS=...     more arguments for pytest, or for the script that a target runs
# Downloads stay in $NEWOP_GEN_CACHE, else ~/.cache/newop-gen: after the first run no network is needed.

.PHONY: help setup demo test test-all lint format goldens fixtures bench bench-apply bench-ops fuzz formulas mistakes controls engines sites replay tables tables-runs released-tables bench-tables history matrix docs docs-serve docs-long pictures dist doctor-table \
        coverage clean safety crash faults permissions hostile targets examples edits updates races sabotage
.DEFAULT_GOAL := help

RUN := .venv/bin/python

help:
	@echo "make demo     the main job on aiconfigurator 0.8.0: dry run, apply, the op's answers, a model's estimate"
	@echo "              (TREE=aisimulate or TREE=0.12.0: where ops are compiled; needs cargo, minutes the first time)"
	@echo "make test     the tests; what each cost in build/durations.txt"
	@echo "make test-all the same with the rest of every sweep, and the check of the fixtures"
	@echo "make lint     ruff and mypy"
	@echo "make format   ruff, rewriting files"
	@echo "make goldens  write the golden files of tests/golden anew"
	@echo "make fixtures hold the fixtures of tests/fixtures against the releases, and note it (REPO=PATH for 0.9 and 0.11)"
	@echo "make bench    both benchmarks (ARGS=--check: exit with an error when a goal is missed)"
	@echo "  make bench-apply  how long and how much memory a dry run takes, next to LibCST and ast"
	@echo "  make bench-ops    generated ops and the hand-written ones that they replay: loading, queries, opening a database"
	@echo "make fuzz     10,000 random specs on every layout, against the evaluator (ARGS='--specs 2000': fewer)"
	@echo "make formulas 10,000 random formulas as one Rust program, against the evaluator (needs rustc and rustfmt; 15 minutes)"
	@echo "make mistakes mistakes seeded into correct ops: which checks of verify catch each, and the cause named (6 minutes)"
	@echo "make controls changes of a compiled op's Rust code, one place at a time: who of verify notices each (needs cargo; an hour)"
	@echo "make engines  every spec in real releases whose ops are compiled, built, with upstream's whole suites (needs cargo; 10 minutes)"
	@echo "make sites    each place of a compiled op left out in turn: who notices (needs cargo; 20 minutes)"
	@echo "make replay   upstream's own ops from specs beside the originals, on all real tables (hours; ARGS=--quick: minutes)"
	@echo "make tables   made-up tables in the shapes of real collectors: does init draft what their authors meant (a minute)"
	@echo "make tables-runs  each command that reads parquet 200 times in a row: none aborts; with pyarrow's threads some do (half an hour)"
	@echo "make released-tables  what init drafts of each kind of the releases' tables, against every row of them (half an hour)"
	@echo "make bench-tables  time and memory of the commands that take a table, for 5 million rows (ARGS='--rows 300000': fewer)"
	@echo "make history  the examples on every way that upstream has arranged its code (REPO=PATH to a clone; ALL=1)"
	@echo "make matrix   spec x release: modes, points, deviation, lint, removal, upstream's own tests (REPO=PATH to a clone; an hour)"
	@echo "make docs     the documentation as a site in build/site; make docs-serve shows it on localhost:8000"
	@echo "make docs-long  the commands in the documentation that take minutes or need a clone (REPO=PATH)"
	@echo "make pictures the README's pictures from a real run of its walk (needs cargo and Chromium)"
	@echo "make dist     wheel and source archive in dist/"
	@echo "make coverage all tests, which lines they ran (build/coverage), the figure into docs/architecture.md"
	@echo "make doctor-table   newop-gen doctor on the releases, into docs/doctor.md (REPO=PATH for 0.9)"
	@echo "make safety   all of the following, each with its count, seed and a control that must fail (half an hour)"
	@echo "  make crash      kill -9 before every call that changes a file system, and again during recovery"
	@echo "  make faults     a full, broken or read-only disk at every such call"
	@echo "  make permissions  what an ordinary user may not read or write"
	@echo "  make hostile    hostile specs, and 100,000 fuzzed ones (ARGS='--fuzz 2000': fewer)"
	@echo "  make targets    target files with damaged line ends, encodings, syntax, or none"
	@echo "  make examples   every example on every layout and release: apply, apply again, remove"
	@echo "  make edits      remove after random edits leaves exactly the edits"
	@echo "  make updates    update equals remove and a fresh apply"
	@echo "  make races      two processes and an editor at once"
	@echo "  make sabotage   each guard taken out in turn is noticed by the tests (ARGS=--random: 120 seeded changes, asked of"
	@echo "                  an earlier suite and this one; hours, goes on where it was stopped)"
	@echo "make setup    only make .venv"
	@echo "make clean    remove what these targets made here (the cache stays)"

setup:
	@"$$(PYTHON="$(PYTHON)" scripts/find-python)" scripts/setup.py

demo: setup
	@$(RUN) scripts/$(if $(TREE),demo_compiled.py --tree $(TREE),demo.py) $(ARGS)

test: setup
	@$(RUN) scripts/prefetch.py
	$(RUN) -m pytest -n auto --dist worksteal --durations-to=build/durations.txt $(ARGS)

test-all: setup
	@$(RUN) scripts/prefetch.py
	NEWOP_GEN_THOROUGH=1 $(RUN) -m pytest -n auto --dist worksteal --durations-to=build/durations-all.txt $(ARGS)

lint: setup
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

format: setup
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

goldens: setup
	$(RUN) tests/golden/goldens.py

fixtures: setup
	$(RUN) tests/fixture_selfcheck/checked.py $(ARGS)

bench: bench-apply bench-ops

bench-apply: setup
	@$(RUN) scripts/bench.py $(ARGS)

bench-ops: setup
	@$(RUN) scripts/bench_ops.py $(ARGS)

fuzz: setup
	@$(RUN) scripts/fuzz.py $(ARGS)

formulas: setup
	@$(RUN) scripts/rust_formulas.py $(or $(ARGS),--write)

mistakes: setup
	@$(RUN) scripts/prefetch.py
	@$(RUN) scripts/mistakes.py $(ARGS)

controls: setup
	@$(RUN) scripts/controls.py $(ARGS)

engines: setup
	@$(RUN) scripts/engines.py $(or $(ARGS),--write)

sites: setup
	@$(RUN) scripts/sites.py $(or $(ARGS),--write)

replay: setup
	@$(RUN) scripts/replay.py $(ARGS)

released-tables: setup
	@$(RUN) scripts/released_tables.py $(ARGS)

bench-tables: setup
	@$(RUN) scripts/bench_tables.py $(ARGS)

tables-runs: setup
	@$(RUN) scripts/parquet_runs.py $(ARGS)

tables: setup
	@$(RUN) scripts/tables.py $(ARGS)

history: setup
	@$(RUN) scripts/history.py --repo "$(or $(REPO),$(error history needs REPO=PATH, a clone of upstream))" $(if $(ALL),--all) $(ARGS)

matrix: setup
	@$(RUN) scripts/matrix.py --repo "$(or $(REPO),$(error matrix needs REPO=PATH, a clone of upstream))" $(or $(ARGS),--write)

docs: setup
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict $(ARGS)

docs-serve: setup
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs serve --strict $(ARGS)

docs-long: setup
	NEWOP_GEN_LONG=1 $(RUN) -m pytest tests/docs $(ARGS)

safety: crash faults permissions hostile targets examples edits updates races sabotage

crash: setup
	@$(RUN) -m tests.safety.crash $(ARGS)
	@$(RUN) -m tests.safety.crash --double --count 75 $(ARGS)

faults: setup
	@$(RUN) -m tests.safety.io_faults $(ARGS)

permissions: setup
	@$(RUN) -m tests.safety.permissions $(ARGS)

hostile: setup
	@$(RUN) -m tests.safety.hostile $(ARGS)

targets: setup
	@$(RUN) -m tests.safety.targets $(ARGS)

examples: setup
	@$(RUN) scripts/prefetch.py
	@$(RUN) -m tests.safety.examples --releases --all $(ARGS)

edits: setup
	@$(RUN) -m tests.safety.edits --count 2000 $(ARGS)

updates: setup
	@$(RUN) -m tests.safety.updates --count 1000 $(ARGS)

races: setup
	@$(RUN) -m tests.safety.races --count 100 $(ARGS)

sabotage: setup
	@$(RUN) -m tests.safety.sabotage $(ARGS)

pictures: setup
	$(RUN) scripts/pictures.py $(ARGS)

dist: setup
	rm -rf dist
	$(RUN) -m hatchling build

coverage: setup
	@$(RUN) scripts/prefetch.py
	$(RUN) -m pytest -n auto --dist worksteal --cov --cov-report=term:skip-covered --cov-report=html:build/coverage $(ARGS)
	@$(RUN) scripts/covered.py $(if $(ARGS),,--write)

doctor-table: setup
	@$(RUN) scripts/doctor_table.py --write $(if $(REPO),--repo "$(REPO)") $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage*
