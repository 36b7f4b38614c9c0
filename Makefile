# make          the environment, then every table and figure of the default study
# make audit    whether the results are what their records say
# make test     the tests; make test-all adds the slow ones, and a SLURM of its own where it can
PYTHON ?= python3.11
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: all audit test test-all check format
all: $(VENV)/done
	snakemake --cores all

test: $(VENV)/done-test
	pytest -n auto --dist worksteal -m "not slow and not slurm"

test-all: test
	pytest -m "slow or slurm"

# Whether a study's results are what its records say: make audit STUDY=inbreast
STUDY := phantom
audit: $(VENV)/done
	python scripts/audit.py results/$(STUDY)

check: $(VENV)/done-test
	ruff check
	ruff format --check
	mypy
	snakefmt --check Snakefile rules
	snakemake --lint

format: $(VENV)/done-test
	ruff check --fix
	ruff format
	snakefmt Snakefile rules

$(VENV)/done: requirements.txt constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement requirements.txt --constraint constraints.txt
	touch $@

$(VENV)/done-test: $(VENV)/done requirements-test.txt requirements-slurm.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-test.txt --constraint constraints.txt
	touch $@
