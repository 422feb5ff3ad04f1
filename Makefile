# Everything a developer does here. `make help` lists it; nothing but Python >= 3.11 and make has to be there.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
INSTALLED := .venv/.installed
SHIPPED := layers/common migrations $(wildcard functions/*/src)
TOOLING := local simulators bench tests
# One more than cores: the one that tests the whole stack waits a lot.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
empty :=
export PYTHONPATH := $(subst $(empty) $(empty),:,. $(SHIPPED))
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help run stop logs trace clean test prove check lint bench load journey audit-chain endpoint \
	openapi schema settings licences audit deploy lock

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Serve the product at http://localhost:8000 until Ctrl-C (ARGS=--detach returns when it is ready)
	@set -a; test ! -f .env || . ./.env; set +a; $(RUN) -m local run $(ARGS)

stop: ## Stop what `make run` started; the data stays
	@test ! -x $(RUN) || $(RUN) -m local stop

trace: $(INSTALLED) ## Tell the story of one request (ID=<X-Correlation-Id>; ENV=staging asks AWS)
	@test -n "$(ID)" || { echo "Say which: make trace ID=<the answer's X-Correlation-Id>"; exit 2; }
	@$(RUN) -m local.trace $(ID) $(if $(ENV),--environment $(ENV))

logs: $(INSTALLED) ## Print what the functions have logged (ARGS=<correlation id> finds one request)
	@$(RUN) -m local logs $(ARGS)

test: $(INSTALLED) ## Run every test, with coverage (ARGS="tests/learning -k star" for some, without)
	@$(RUN) -m pytest $(or $(ARGS),-q -n $(WORKERS) --durations=15 --cov --cov-report=term:skip-covered)

prove: $(INSTALLED) ## Run the suites of QUALITY.md at their whole size, and write docs/conformance.md
	@LODESTAR_PROVE=1 $(RUN) -m pytest -q -n 2 -m proof --proof-report=docs/conformance.md $(ARGS)

LINTS := check-style check-types check-imports check-templates
SIDE_BY_SIDE := $(MAKE) --no-print-directory -k -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
check: $(INSTALLED) ## Format, types, import law, templates, state machines, routes, OpenAPI freshness
	@$(SIDE_BY_SIDE) check-architecture $(LINTS) # the longest first

lint: $(INSTALLED) ## The same without the architecture's tests, which `make test` runs too
	@$(SIDE_BY_SIDE) $(LINTS)

bench: $(INSTALLED) ## Measure against QUALITY's targets (ONLY="P1 P3" for some; SAVE=1 keeps it in bench/history)
	@$(RUN) -m bench $(ONLY) $(if $(SAVE),--save)

load: $(INSTALLED) ## Put 200 learners on the running stack for 5 minutes, and say where the time goes (ARGS=--help)
	@$(RUN) -m bench.load $(ARGS)

journey: $(INSTALLED) ## Take a learner from invitation to Star 5 over HTTP (ARGS=--outage without any model)
	@$(RUN) -m tests.journeys $(ARGS)

audit-chain: $(INSTALLED) ## Verify an exported audit log (FILE=audit-log.jsonl; HEAD=SEQUENCE:HASH, noted before)
	@test -n "$(FILE)" || { echo "Say which: make audit-chain FILE=audit-log.jsonl"; exit 2; }
	@$(RUN) -m local.audit_chain $(FILE) $(if $(HEAD),--head $(HEAD))

endpoint: $(INSTALLED) ## Scaffold a resource: file, template block, sample event, test (DOMAIN=live NAME=bookings)
	@$(RUN) -m local.scaffold endpoint $(DOMAIN) $(NAME)

openapi: $(INSTALLED) ## Write docs/openapi.json from the routers
	@$(RUN) -m local.openapi

schema: openapi ## Write docs/schema from the migrations, the models and the contracts
	@$(RUN) -m local.schema

settings: $(INSTALLED) ## Write docs/settings.md and .env.example from the settings' modules
	@$(RUN) -m local.reference

licences: $(INSTALLED) ## Write docs/licences.md: what is shipped that others wrote
	@$(RUN) -m local.supply_chain licences

# --strict: a library that no advisory could be looked up for is a failure, not "nothing found".
audit: $(INSTALLED) ## Look up known vulnerabilities of every locked library (needs pypi.org)
	@.venv/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

deploy: $(INSTALLED) ## Build and deploy to AWS (ENV=staging or ENV=production; docs/aws.md)
	@test -n "$(ENV)" || { echo "Say where to: make deploy ENV=staging"; exit 2; }
	.venv/bin/sam build --config-env $(ENV)
	$(RUN) -m local.supply_chain sbom .aws-sam/build
	.venv/bin/sam deploy --config-env $(ENV)

lock: $(INSTALLED) ## Lock the dependencies of pyproject.toml again, with hashes
	UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --group local --group dev pyproject.toml --output-file requirements.lock

clean: ## Stop, and remove the data and everything built (.venv stays)
	@test ! -x $(RUN) || $(RUN) -m local clean
	@rm -rf .local .aws-sam .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: check-style check-types check-imports check-templates check-architecture
check-style:
	@$(RUN) -m ruff format --check --quiet . || { echo "Not formatted: .venv/bin/ruff format ."; exit 1; }
	@$(RUN) -m ruff check --quiet .
check-types:
	@$(RUN) -m mypy $(SHIPPED) $(TOOLING)
check-imports:
	@.venv/bin/lint-imports
check-templates:
	@.venv/bin/cfn-lint
check-architecture:
	@$(RUN) -m pytest -q tests/architecture

# uv installs the lock in seconds where pip takes minutes; where uv finds no index, pip does it.
$(INSTALLED): requirements.lock bootstrap.lock
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 with venv found; name one: make PYTHON=/path/to/python3.13"; exit 1; }
	@echo "Installing into .venv with $$($(PYTHON) --version)"
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	@UV_LINK_MODE=copy .venv/bin/uv pip install --quiet --python $(RUN) --require-hashes -r requirements.lock \
		|| $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
