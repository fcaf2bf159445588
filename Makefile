# make demo [SCANS=dir] [KEEP=1]   run the main job: scans in, findings out (needs only the light part)
# make test                        set everything up and run all checks and tests
# make fuzz                        5,000 damaged files through the pipeline (FUZZ_SEED=1 makes others)
# make setup                       .venv with everything; make lock renews the lock files
# make clean                       removes .venv and demo; runs and packed, which took hours, stay
# make secrets                     random passwords for docker-compose.yml
# make help                        this

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python

.PHONY: demo setup test fuzz lint lock secrets clean help

demo: $(VENV)/.light
	@$(BIN)/oncoqueue demo $(if $(SCANS),"$(SCANS)") $(if $(KEEP),--keep)

help:
	@sed -n '/^# make/s/^# //p' Makefile

setup: $(VENV)/.full

test: setup lint
	$(BIN)/python -m pytest

fuzz: setup
	FUZZ_COUNT=$${FUZZ_COUNT:-5000} $(BIN)/python -m pytest tests/fuzz

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/uv: locks/tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "OncoQueue needs Python 3.11, 3.12 or 3.13; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/tools.txt
	@touch $@

# The full environment holds the light one, at the same versions; whichever is newer than its lock is enough.
$(VENV)/.light: locks/light.txt pyproject.toml $(BIN)/uv
	@if [ ! $(VENV)/.full -nt locks/all.txt ] || [ ! $(VENV)/.full -nt pyproject.toml ]; then \
	  echo "Setting up (once)..."; \
	  $(INSTALL) --require-hashes -r locks/light.txt && $(INSTALL) --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

$(VENV)/.full: locks/all.txt pyproject.toml $(BIN)/uv
	$(INSTALL) --require-hashes -r locks/all.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.light

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(BIN)/uv
	$(COMPILE) --upgrade --extra dev pyproject.toml -o locks/all.txt
	$(COMPILE) --extra worker -c locks/all.txt pyproject.toml -o locks/light.txt
	$(COMPILE) --extra gpu -c locks/all.txt pyproject.toml -o locks/gpu.txt
	printf 'uv\nsetuptools>=80\n' | $(COMPILE) - -o locks/tools.txt

# Random passwords for docker-compose.yml, each made once; containers read them as files.
secrets:
	@umask 077; mkdir -p secrets; cd secrets; \
	for name in redis_password database_password secret_key; do test -s $$name || \
	  $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(32), end="")' > $$name; done; \
	printf 'redis://:%s@redis:6379/0' "$$(cat redis_password)" > redis_url; \
	printf 'postgresql://oncoqueue:%s@database:5432/oncoqueue' "$$(cat database_password)" > database_url; \
	chmod 644 *; echo "secrets/ is ready; once it runs: docker compose run --rm web user add NAME"

clean:
	rm -rf $(VENV) demo
