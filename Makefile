# Every target is one `python -m` line, for whoever has no make: see README.md.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
ARGS =
TARGET ?= aws
LAKE =
FROM =
TO =
# Bytecode is kept even where the environment says not to: else each process of ours, and each that a
# test starts, compiles the simulator anew.
export PYTHONDONTWRITEBYTECODE =
LOWEST = $(shell sed -n 's/.*"boto3>=\([0-9.]*\)".*/\1/p' pyproject.toml)

.DEFAULT_GOAL = help
.PHONY: help setup simulate plan deploy lake execute backfill report pause resume destroy test test-lowest fuzz properties test-terraform test-terraform-serverless checkov lint bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-30s %s\n", $$1, $$2}'

setup: $(VENV)/ready ## make .venv with the pinned dependencies

$(VENV)/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "setting up $(VENV) (once)" >&2; $(PYTHON) -m venv $(VENV) >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock >&2 && touch $@

simulate: $(VENV)/ready ## run the Store Sales pipeline offline; ARGS="..." passes options on
	@$(BIN)/python -m simulator run $(ARGS)

# a test that hangs ends its worker, and tells where it stood
test: $(VENV)/ready ## all tests, in parallel
	@$(BIN)/python -m pytest -n auto --dist loadgroup -q -o faulthandler_timeout=240 -o faulthandler_exit_on_timeout=true $(ARGS)

test-lowest: $(VENV)/ready ## the services, with the oldest boto3 that pyproject.toml allows
	@test -d $(VENV)/boto3-$(LOWEST) || $(BIN)/python -m pip install -q --target $(VENV)/boto3-$(LOWEST) boto3==$(LOWEST)
	@PYTHONPATH=$(VENV)/boto3-$(LOWEST) $(BIN)/python -m pytest -n auto -q tests/services tests/test_simulator.py

fuzz: $(VENV)/ready ## 10,000 random requests to the Data API
	@$(BIN)/python -m pytest -q -s -m campaign tests/services/redshift_data/test_fuzz.py $(ARGS)

properties: $(VENV)/ready ## 10,000 random fault plans; SEED=N chooses which, OVERLAY=DIR tries a defect on 300
	@OVERLAY="$(OVERLAY)" SEED="$(SEED)" $(BIN)/python -m pytest -n auto -q -m campaign tests/properties/test_store_sales.py $(ARGS)

test-terraform: $(VENV)/ready ## Terraform's own tests, and plans against the simulator; TF_PLUGIN_DIR=DIR finds the provider offline
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m "terraform and not campaign" -rs tests/terraform $(ARGS)

plan: $(VENV)/ready ## what deploying would change, and what it costs; TARGET=aws, local or localstack
	@$(BIN)/python -m simulator plan --target $(TARGET) $(ARGS)

deploy: $(VENV)/ready ## apply the stack to TARGET, asking first; ARGS="-auto-approve"
	@$(BIN)/python -m simulator deploy --target $(TARGET) $(ARGS)

lake: $(VENV)/ready ## upload LAKE=folder, or the sample lake, to TARGET
	@$(BIN)/python -m simulator lake --target $(TARGET) $(LAKE) $(ARGS)

execute: $(VENV)/ready ## start an execution on TARGET and follow it; ARGS="--set refresh_date=2024-01-08"
	@$(BIN)/python -m simulator execute --target $(TARGET) $(ARGS)

backfill: $(VENV)/ready ## an execution on TARGET for each date from FROM to TO, in order
	@$(BIN)/python -m simulator backfill --target $(TARGET) --member refresh_date $(FROM) $(TO) $(ARGS)

report: $(VENV)/ready ## the analyst's queries on TARGET
	@$(BIN)/python -m simulator report --target $(TARGET) $(ARGS)

pause: $(VENV)/ready ## pause TARGET's cluster, and stop its source where one is named
	@$(BIN)/python -m simulator pause --target $(TARGET) $(ARGS)

resume: $(VENV)/ready ## resume both
	@$(BIN)/python -m simulator resume --target $(TARGET) $(ARGS)

destroy: $(VENV)/ready ## destroy the stack on TARGET, asking first; says what it keeps
	@$(BIN)/python -m simulator destroy --target $(TARGET) $(ARGS)

test-terraform-serverless: $(VENV)/ready ## the stack with Redshift Serverless, deployed to the local port and destroyed
	@$(BIN)/python -m pytest -q -m "terraform and campaign" -rs tests/terraform $(ARGS)

checkov: ## the stack by checkov's rules, in an environment of its own
	@test -x $(VENV)-checkov/bin/checkov || { $(PYTHON) -m venv $(VENV)-checkov && $(VENV)-checkov/bin/python -m pip install -q --disable-pip-version-check checkov==3.3.30; }
	@$(VENV)-checkov/bin/checkov -d terraform --framework terraform --skip-download --compact --quiet

lint: $(VENV)/ready ## ruff and mypy
	@$(BIN)/python -m ruff check . && $(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy simulator
	@for folder in lambda/*/; do $(BIN)/python -m mypy --strict $$folder*.py || exit 1; done

bench: $(VENV)/ready ## the benchmarks, beside peers where those are installed
	@$(BIN)/python -m benchmarks $(ARGS)

lock: ## renew requirements.lock from pyproject.toml
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install -q pip-tools
	@.venv-lock/bin/python -m piptools compile -q --upgrade --strip-extras --extra dev --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --no-header -o requirements.lock pyproject.toml; rm -rf .venv-lock

clean: ## remove what runs and tests left behind, .venv too
	@rm -rf $(VENV) $(VENV)-checkov .simulator .pytest_cache .mypy_cache .ruff_cache .hypothesis
