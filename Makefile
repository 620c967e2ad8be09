# Everything one does with this project is a make target here; `make` alone lists them.
# It needs Python 3.11 or newer, Node 20 or newer, and make. Nothing is installed outside this folder.

PYTHON ?= python3
# How many processes `make test` uses: on two cores a third one fills the waits of the other two. tests/conftest.py has the order.
WORKERS ?= 3
SIDE_BY_SIDE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
MINISTACK_VENV := .venv-ministack
RELEASE_VENV := .venv-release
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
# The lock files are complete, so pip has nothing to resolve.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps

# jsii prints a banner on versions of Node that are past their end (a list of major versions) or newer than it knows.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

# One stamp for each thing that set-up makes: make then knows what is there and what its lock file has overtaken.
TOOLS_CHECKED := $(VENV)/.tools-checked
DEV_INSTALLED := $(VENV)/.dev-installed
PROJECT_INSTALLED := $(VENV)/.project-installed
DOCS_INSTALLED := $(VENV)/.docs-installed
MINISTACK_INSTALLED := $(MINISTACK_VENV)/.installed
RELEASE_INSTALLED := $(RELEASE_VENV)/.installed
CDK_CLI_INSTALLED := node_modules/.installed

TYPED := constructs/queue_outbound_caller_config provider/queue_outbound_caller_config_provider cli/queue_outbound_caller_config_cli emulator conformance demo testing app_config.py app_config_reader.py app.py benchmarks tests
SCANNED := constructs provider cli emulator conformance demo testing benchmarks app.py app_config.py app_config_reader.py
MEASURED_TESTS := $(wildcard tests/unit tests/infrastructure tests/cli tests/integration tests/permissions tests/protocol)
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/github-actions/*.yml)
# What `make test-versions` installs, for the Python that PYTHON is: the oldest libraries that are supported, those of dev.txt
# (both locked), or the newest (not locked).
VERSIONS ?= oldest
LOCK_FILE_oldest := requirements/oldest.txt
LOCK_FILE_locked := requirements/dev.txt
LOCK_FILE_newest := requirements/dev.txt
VERSIONS_VENV = .venv-$(VERSIONS)-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# cdk-stacksets and the CDK's own validation need a newer CDK than the oldest.
IGNORED_WITH_oldest := --ignore tests/infrastructure/test_stack_sets.py \
  --deselect tests/infrastructure/test_app.py::test_the_cdks_own_validation_finds_nothing

##@ Use it

.PHONY: help
help: ## list these targets
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { split($$1, target, ":"); printf "  make %-12s %s\n", target[1], $$2 } END { print "" }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## the main job, on a local AWS: deploy, rename, rollback, failover and destroy in two Regions (ARGS=--help)
	@$(RUN) demo $(if $(CONFIG),--config '$(CONFIG)') $(ARGS)

.PHONY: test-fleet
test-fleet: setup ## the fleet's end-to-end test with 200 queues in two Regions
	FLEET=200 $(RUN) pytest -q tests/e2e/test_fleet.py

.PHONY: fleet
fleet: setup ## 200 queues brought under control, on a local AWS (ARGS=--write: into the page and the recording)
	$(RUN) demo.fleet $(ARGS)

# YES=1 does not ask; BOOTSTRAP=1 bootstraps Regions that never were.
ON_ACCOUNT = $(if $(CONFIG),--config '$(CONFIG)') $(if $(YES),--yes) $(if $(BOOTSTRAP),--bootstrap)

.PHONY: diff
diff: setup ## what a deployment would change, on the AWS account of your credentials (CONFIG=file for another config)
	$(RUN) demo.deploy diff $(ON_ACCOUNT)

.PHONY: deploy
deploy: setup ## deploy app.py to that account; shows it and asks (YES=1: does not ask, BOOTSTRAP=1: bootstraps too)
	$(RUN) demo.deploy deploy $(ON_ACCOUNT)

.PHONY: destroy
destroy: setup ## destroy what was deployed there; shows it and asks
	$(RUN) demo.deploy destroy $(ON_ACCOUNT)

.PHONY: templates
templates: setup ## write the plain CloudFormation templates and the function's zip to build/templates
	$(RUN) queue_outbound_caller_config.template

##@ Develop it

.PHONY: setup
setup: $(PROJECT_INSTALLED) $(MINISTACK_INSTALLED) $(CDK_CLI_INSTALLED) ## install what the rest needs, from the lock files

.PHONY: test
test: ## every test, the end-to-end ones too, after lint and types
	@$(MAKE) --no-print-directory --jobs=2 setup $(DOCS_INSTALLED)
	@$(MAKE) --no-print-directory --jobs=2 lint types
	$(RUN) pytest $(SIDE_BY_SIDE)

.PHONY: test-quick
test-quick: setup ## the tests that start no server
	$(RUN) pytest -q tests/unit tests/infrastructure tests/demo

.PHONY: coverage
coverage: setup ## branch coverage of constructs, provider and cli, to build/coverage; fails if one has too little
	$(RUN) pytest -q $(SIDE_BY_SIDE) --cov --cov-fail-under=0 --cov-report=html $(MEASURED_TESTS)
	@for package in constructs provider cli; do $(BIN)/coverage report --include="$$package/*" || exit 1; done

.PHONY: test-versions
test-versions: setup ## the tests that start no server: VERSIONS=oldest, locked or newest libraries, PYTHON=another Python
	@$(MAKE) --no-print-directory $(VERSIONS_VENV)/.installed
	$(VERSIONS_VENV)/bin/python -m pytest -q tests/unit tests/infrastructure $(IGNORED_WITH_$(VERSIONS))

.PHONY: lint
lint: setup ## ruff (rules, format), bandit, and actionlint and zizmor on the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -ll -c pyproject.toml -r $(wildcard $(SCANNED))
	$(BIN)/actionlint $(WORKFLOWS)
	$(BIN)/zizmor --offline --quiet --persona pedantic .github $(filter examples/%,$(WORKFLOWS))

.PHONY: format
format: setup ## let ruff fix what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: setup ## mypy, strict
	$(BIN)/mypy $(wildcard $(TYPED))

.PHONY: dist
dist: setup ## build the wheel and the sdist to dist/
	rm -rf dist
	$(RUN) build --no-isolation --outdir dist .

.PHONY: release-files
release-files: dist $(RELEASE_INSTALLED) ## what a release has, to build/release: distributions, templates, SBOM, checksums
	rm -rf build/release && mkdir -p build/release
	$(RUN) queue_outbound_caller_config.template --output build/release
	cp dist/* build/release
	$(RELEASE_VENV)/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type library --output-reproducible \
	  --output-file build/release/sbom.cdx.json requirements/runtime.txt
	cd build/release && sha256sum * > SHA256SUMS

.PHONY: docs
docs: setup $(DOCS_INSTALLED) ## build the documentation to site/, strictly
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

.PHONY: docs-serve
docs-serve: setup $(DOCS_INSTALLED) ## serve the documentation on http://127.0.0.1:8000, rebuilt when a page changes
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs serve

.PHONY: bench
bench: setup ## the benchmarks, in full (long)
	$(RUN) benchmarks

.PHONY: bench-quick
bench-quick: setup ## the benchmarks, small
	$(RUN) benchmarks --quick

.PHONY: soak
soak: setup ## random orders of events with accidents in between, for long (ARGS="--sequences 2000 --seed 1")
	$(RUN) testing.protocol.soak $(ARGS)

.PHONY: mutations
mutations: setup ## conditions of the core turned around, and which test notices (ARGS="--seed 1 --count 30"; long)
	$(RUN) testing.mutations $(ARGS)

.PHONY: conformance
conformance: setup ## the same checks on the stand-ins and, with TARGET=aws INSTANCE=… QUEUE=…, on AWS (docs/how-to/conformance.md)
	@$(RUN) conformance $(if $(TARGET),--target '$(TARGET)') $(if $(INSTANCE),--instance '$(INSTANCE)') \
	  $(if $(QUEUE),--queue '$(QUEUE)') $(if $(REGION),--region '$(REGION)') $(if $(REPLICA),--replica '$(REPLICA)') \
	  $(foreach number,$(NUMBER),--number '$(number)') $(if $(FLOW),--flow '$(FLOW)') $(if $(ROLE),--role '$(ROLE)') $(ARGS)

.PHONY: lock
lock: ## pin requirements/*.in anew (needs uv)
	cd requirements && for name in dev ministack docs oldest runtime release; do \
	  uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command 'make lock' $$name.in --output-file $$name.txt || exit 1; done
	sed '/^#/!d' examples/pipeline/requirements.txt | head -3 | cat - requirements/runtime.txt > examples/pipeline/.lock
	mv examples/pipeline/.lock examples/pipeline/requirements.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

.PHONY: clean
clean: ## remove all that make made
	rm -rf $(VENV) $(MINISTACK_VENV) $(RELEASE_VENV) $(foreach one,oldest locked newest,.venv-$(one)-*) node_modules build dist site cdk.out .local
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What set-up is made of.

$(TOOLS_CHECKED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	  "Python 3.11 or newer is needed, and '$(PYTHON)' is an older one. Try: make PYTHON=/path/to/python3" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo \
	  "Node 20 or newer is needed on the PATH (as node and npm)." >&2; exit 1; }
	@mkdir -p $(@D) && touch $@

$(DEV_INSTALLED): requirements/dev.txt | $(TOOLS_CHECKED)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP_INSTALL) -r requirements/dev.txt
	@touch $@

$(PROJECT_INSTALLED): pyproject.toml $(DEV_INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(MINISTACK_INSTALLED): requirements/ministack.txt | $(TOOLS_CHECKED)
	$(PYTHON) -m venv $(MINISTACK_VENV)
	$(MINISTACK_VENV)/bin/python $(PIP_INSTALL) -r requirements/ministack.txt
	@touch $@

$(CDK_CLI_INSTALLED): package-lock.json package.json | $(TOOLS_CHECKED)
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# After the project: one pip at a time in one environment.
$(DOCS_INSTALLED): requirements/docs.txt $(DEV_INSTALLED) | $(PROJECT_INSTALLED)
	$(BIN)/python $(PIP_INSTALL) -r requirements/docs.txt
	@touch $@

$(RELEASE_INSTALLED): requirements/release.txt | $(TOOLS_CHECKED)
	$(PYTHON) -m venv $(RELEASE_VENV)
	$(RELEASE_VENV)/bin/python $(PIP_INSTALL) -r requirements/release.txt
	@touch $@

# The newest is what the index has today, so there is no lock to hold it to; nothing but these tests uses it.
.venv-$(VERSIONS)-%/.installed: $(LOCK_FILE_$(VERSIONS)) pyproject.toml | $(TOOLS_CHECKED)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(PIP_INSTALL) -r $<
	$(if $(filter newest,$(VERSIONS)),$(@D)/bin/python -m pip install --quiet --upgrade boto3 aws-cdk-lib constructs crhelper)
	$(@D)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
