# Everything a user or developer does here. `make help` lists it.
PYTHON ?= python3
MARKET ?= us
# Not from the environment, where many systems keep the language of their messages under this name.
LANGUAGE = zh
BIN := .venv/bin
export DAGSTER_HOME := $(CURDIR)/dagster_home

.DEFAULT_GOAL := help
.PHONY: help run report site predict test test-faults test-sizes ui doctor heal alerts tidy verify-archive check probe refresh-plan import-template check-imports evaluate-sentiment audit bench docs dictionary picture findings export dist clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: .venv/.installed ## measure the risk of MARKET (default us) and print what was found; END=2024-12 ends a sample that goes on, PROFILE=full fits networks every year, from ten seeds (SFR_DEVICE=cuda:1 chooses a GPU)
	@$(if $(END),SFR_END="$(END)" )$(if $(PROFILE),SFR_PROFILE="$(PROFILE)" )$(BIN)/sfr run $(MARKET)

report: .venv/.installed ## tell where MARKET's report lies, how old it is and of which run; MONTH=2008-10 tells of that month, OPEN=1 opens it, AGAIN=1 first writes it anew
	@$(BIN)/sfr report $(MARKET) $(if $(MONTH),--month $(MONTH)) $(if $(OPEN),--open) $(if $(AGAIN),--again)

site: .venv/.installed ## write every report, their comparison, past reports and the documentation as static pages into warehouse/site/; OPEN=1 opens it
	@$(BIN)/sfr site $(if $(OPEN),--open)

predict: .venv/.installed ## score the latest day with MARKET's trained daily models; nothing is trained
	@$(BIN)/sfr predict $(MARKET)

test: .venv/.installed ## run the tests, in random order; SEED=123 runs them in the order of that seed
	@# Three processes of one thread each: on two cores, as many of the tests wait for a server or for
	@# a process of their own. Of more threads some would wait for a core.
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(if $(SEED),--randomly-seed=$(SEED))

test-faults: .venv/.installed ## kill, starve and corrupt what runs, and two years of operation; prints the verdict on each fault (half an hour)
	@$(BIN)/sfr test-faults

test-sizes: .venv/.installed ## simulate how often the tests behind verdicts reject what is true, and intervals miss it (minutes); WRITE=1 notes it in benchmarks/sizes.md
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m sfr_pipeline_tests.evaluation.sizes $(if $(WRITE),--write)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m sfr_pipeline_tests.stress.volatility.power

ui: .venv/.installed ## open the Dagster UI on http://127.0.0.1:3000, or on PORT; MARKETS="us china" loads these and no others
	@$(BIN)/sfr ui $(MARKETS) $(if $(PORT),--port $(PORT))

doctor: .venv/.installed ## tell what is missing or broken on this machine and in this checkout, with the remedies
	@$(BIN)/sfr doctor

heal: .venv/.installed ## mark the runs whose process is gone as failed (every run does so when it begins)
	@$(BIN)/sfr heal

alerts: .venv/.installed ## list MARKET's open alerts; ACKNOWLEDGE=id notes one, TRY=history tells what would have been sent, TRY=targets sends a test message
	@$(BIN)/sfr alerts $(MARKET) $(if $(ACKNOWLEDGE),--acknowledge "$(ACKNOWLEDGE)") $(if $(filter history,$(TRY)),--dry-run) $(if $(filter targets,$(TRY)),--test)

tidy: .venv/.installed ## remove what killed runs left behind, and old history; DRY=1 only tells
	@$(BIN)/sfr tidy $(if $(DRY),--dry-run)

verify-archive: .venv/.installed ## check the archive against its hashes
	@$(BIN)/sfr archive verify

check: .venv/.installed ## lint, format check, types, order of the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@found=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$found"; exit 1; }

probe: .venv/.installed ## try every live source of MARKET once and tell what answered
	@$(BIN)/sfr probe $(MARKET)

refresh-plan: .venv/.installed ## tell what the monthly refresh of MARKET would do; nothing runs
	@$(BIN)/sfr refresh $(MARKET)

import-template: .venv/.installed ## write empty files for MARKET's series into imports/, to be filled in
	@$(BIN)/sfr import-template $(MARKET)

check-imports: .venv/.installed ## tell how each file of MARKET in imports/, or in FOLDER, would be read, before anything runs
	@$(BIN)/sfr check $(if $(FOLDER),"$(FOLDER)") --market $(MARKET)

evaluate-sentiment: .venv/.installed ## score a LABELLED file (CLASSES) with MARKET's sentiment model, or a CHECKPOINT (LANGUAGE, REVISION, LABELS); see docs/opinion.md
	@test -n "$(LABELLED)" || { echo "Name a file: make evaluate-sentiment LABELLED=posts.csv MARKET=sandbox"; exit 1; }
	@$(BIN)/sfr evaluate-sentiment "$(LABELLED)" \
	  $(if $(CHECKPOINT),--checkpoint "$(CHECKPOINT)" --language $(LANGUAGE) $(if $(REVISION),--revision $(REVISION)) $(if $(LABELS),--labels "$(LABELS)"),--market $(MARKET)) \
	  $(if $(CLASSES),--classes "$(CLASSES)")

audit: .venv/.installed ## derive what the numbers of a published TABLE imply (CSV files; see docs/papers.md)
	@test -n "$(TABLE)" || { echo "Name a file: make audit TABLE=docs/papers/tvp_favar_table_5.csv"; exit 1; }
	@$(BIN)/sfr audit $(TABLE)

bench: .venv/.installed ## measure the speed, as ratios of one run, into benchmarks/results.md (minutes); REFERENCE_CODE=dir compares with the MATLAB code there
	@$(BIN)/python -m benchmarks --write $(if $(REFERENCE_CODE),--reference-code $(REFERENCE_CODE))

docs: dictionary picture findings ## write anew what the README and docs/ derive: the data dictionary, the picture, what was found

dictionary: .venv/.installed ## write the data dictionary anew
	@$(BIN)/sfr dictionary > docs/.data_dictionary.md
	@mv docs/.data_dictionary.md docs/data_dictionary.md

picture: .venv/.installed ## draw the picture of the README anew, from the last run of us
	@$(BIN)/sfr picture us docs/us_index.png

findings: .venv/.installed ## write what the last run of MARKET found into the README and the pages in docs/
	@$(BIN)/sfr findings $(MARKET) --write

export: .venv/.installed ## write tables and series for other programs into sfr_export/: CSV, XLSX, Parquet, DuckDB
	@$(BIN)/sfr export

dist: .venv/.installed ## build wheel and source distribution into dist/, for 'pip install dist/*.whl'
	@# The wheel is built from the source distribution, so that nothing but what that holds gets in.
	@rm -rf dist *.egg-info
	@said=$$($(BIN)/python -m build --no-isolation --outdir dist . 2>&1) || { echo "$$said"; exit 1; }
	@ls dist/*

clean: ## remove the virtual environment, compiled code, the warehouse's data and Dagster's history
	rm -rf .venv *.egg-info build dist warehouse/parquet warehouse/reports warehouse/site warehouse/crawl warehouse/cache warehouse/checkpoints warehouse/steps warehouse/*.duckdb* warehouse/.publish.lock sfr_export sfr_export.duckdb
	find dagster_home -mindepth 1 ! -name dagster.yaml -delete
	find sfr_pipeline scrapers -name __pycache__ -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $(PYTHON) is older: name a newer one, as in 'make $(MAKECMDGOALS) PYTHON=python3.12'"; exit 1; }
	@echo "Installing into .venv (once, a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev,site]'
	@# Without a place for them everything works, only later.
	-@$(BIN)/sfr compile-kernels
	@touch $@
