# Palier. `make` alone explains the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ROOMS  := $(wildcard services/*)
PO     := $(wildcard services/*/locale/*/LC_MESSAGES/*.po deploy/locale/*/LC_MESSAGES/*.po)
MO     := $(PO:.po=.mo)
STAMPS := $(VENV)/.stamps
VENDOR := services/portal/static/vendor/.stamp
FLAGS  := --disable-pip-version-check --no-input --quiet --progress-bar off

export PYTHON VENV
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test faults bench lint fmt lock contracts messages clean

help:  ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMPS)/package $(VENDOR) $(MO)  ## Make .venv with everything Palier runs on (repeat at will)

demo: install  ## Play a small cooperative through the past month, then live; prints where to look
	$(BIN)/palier demo $(ARGS)

test: install $(STAMPS)/test  ## Pass the tests, browser tests included (gets Chromium when it may)
	@deploy/setup/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

faults: install $(STAMPS)/test  ## Kill every process in turn under load, 24 seeded trials (TRIALS=n)
	PALIER_FAULT_TRIALS=$(or $(TRIALS),24) $(BIN)/python -m pytest tests/faults $(ARGS)

bench: install  ## Measure the pipeline beside a do-nothing subscriber
	$(BIN)/palier bench $(ARGS)

lint: install $(STAMPS)/test  ## Check style, formatting, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMPS)/test  ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## Resolve requirements/*.in and package.json anew (needs uv; UPGRADE=1 for newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	@cd requirements && for name in runtime test node; do \
	    uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	        --universal --python-version 3.11 $(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt; \
	done
	@npm install --package-lock-only --ignore-scripts --no-audit --no-fund

contracts: install  ## Generate the JSON Schemas and the AsyncAPI document from contracts/
	$(BIN)/python -m contracts.generate

messages: install  ## Collect texts into the rooms' catalogues and name those without French
	@failed=0; for room in $(ROOMS) deploy; do \
	    if [ -d $$room/templates ] || [ -d $$room/locale ]; then \
	        $(BIN)/python deploy/setup/messages.py $$room || failed=1; \
	    fi; \
	done; exit $$failed

clean:  ## Remove what the other targets made, .venv and front-end parts included (not .palier, your data)
	rm -rf $(VENV) node_modules services/portal/static/vendor build palier.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f $(MO)
	find contracts services simulators deploy tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is newer than what it was made from, so a second `make install` does nothing.
# A target that ends early leaves no stamp.

$(STAMPS)/pip: deploy/setup/venv.sh
	@deploy/setup/venv.sh > .venv-pip.tmp || { rm -f .venv-pip.tmp; exit 1; }
	@mkdir -p $(@D) && mv .venv-pip.tmp $@

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/pip
	@echo "Installing what Palier runs on"
	@$$(cat $(STAMPS)/pip) install $(FLAGS) --require-hashes -r $<
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/runtime
	@$$(cat $(STAMPS)/pip) install $(FLAGS) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/runtime
	@echo "Installing what the checks need"
	@$$(cat $(STAMPS)/pip) install $(FLAGS) --require-hashes -r $<
	@touch $@

$(VENDOR): package.json package-lock.json deploy/setup/vendor.sh requirements/node.txt | $(STAMPS)/runtime
	@echo "Installing the front-end parts"
	@PIP="$$(cat $(STAMPS)/pip)" deploy/setup/vendor.sh
	@touch $@

%.mo: %.po | $(STAMPS)/runtime
	@$(BIN)/pybabel --quiet compile -i $< -o $@
