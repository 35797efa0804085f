# Everything that is done with this repository. `make help` lists it.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=

# A virtual environment with uv, pip and packaging in it, for tests and demo; scripts/install-dependencies makes it.
TOOLS := $(CURDIR)/.build/tools

# Tests start programs by name: the tools stand first, so that what is tested against is the same everywhere.
WITH_TOOLS := PINION_TEST_TOOLS="$(TOOLS)" PATH="$(TOOLS)/venv/bin:$$PATH"

# How release builds are linked; the reasons are in docs/decisions/0004-linking-and-start-up.md.
CXX_RUNTIME := $(CURDIR)/.build/c++-runtime
RELEASE := -c release --static-swift-stdlib -Xlinker --no-export-dynamic -Xlinker "-L$(CXX_RUNTIME)"

.DEFAULT_GOAL := help
.PHONY: help dependencies build demo test test-libgit2 differential faults fuzz lint format release install bench bench-git bench-lock bench-install check-scm check-registry check-scenarios clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dependencies: ## Install the system packages and tools that are missing
	@scripts/install-dependencies

build: dependencies ## Build for debugging: .build/debug/pinion
	$(SWIFT) build

demo: build ## Run the main job on manifests/, against a git server on loopback
	@scripts/demo .build/debug/pinion

test: dependencies lint ## Build and run all tests
	$(SWIFT) build --build-tests
	$(WITH_TOOLS) $(SWIFT) test --skip-build
	@for file in examples/*.y*ml manifests/*.y*ml; do .build/debug/pinion validate --quiet -f "$$file" || exit 1; done

test-libgit2: dependencies ## Run the tests of git with the libgit2 that is installed below PREFIX
	$(SWIFT) build --build-tests
	@$(WITH_TOOLS) SWIFT="$(SWIFT)" scripts/test-libgit2 "$(PREFIX)"

# How many requirements are made up, and where they begin: another seed gives others.
COUNT ?= 10000
SEED  ?= 20

differential: dependencies ## Compare the reading of COUNT made-up requirements with Python's packaging
	$(SWIFT) build --build-tests
	$(WITH_TOOLS) PINION_DIFFERENTIAL=$(COUNT) PINION_DIFFERENTIAL_SEED=$(SEED) \
	  $(SWIFT) test --skip-build --filter DifferentialTests

faults: dependencies ## Break runs at every single one of their changes of files
	$(SWIFT) build --build-tests
	$(WITH_TOOLS) PINION_FAULTS=all $(SWIFT) test --skip-build --filter FaultTests

fuzz: dependencies ## Feed made-up bytes to manifests' readers, RUNS inputs or LIMIT seconds each
	$(SWIFT) build
	@scripts/fuzz

lint: ## Check the format of all Swift code
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests

format: ## Format all Swift code
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

release: dependencies ## Build for use: .build/release/pinion, with its helpers beside it
	@# The C++ runtime's archive, alone in a directory: where there is one, the linker takes it and not the shared library.
	@mkdir -p "$(CXX_RUNTIME)" && rm -f "$(CXX_RUNTIME)/libstdc++.a"
	@archive=$$(c++ -print-file-name=libstdc++.a 2>/dev/null); test ! -f "$$archive" || ln -s "$$archive" "$(CXX_RUNTIME)/"
	$(SWIFT) build $(RELEASE) --product pinion
	$(SWIFT) build $(RELEASE) --product pinion-git
	$(SWIFT) build $(RELEASE) --product pinion-confine
	@# What tests do to builds for debugging is not in it.
	@! grep -q PINION_FAULT .build/release/pinion || { echo 'the release build lets its files be broken: see FileFaults' >&2; exit 1; }

install: ## Install the release build below PREFIX (/usr/local), and DESTDIR where that is set
	@test -x .build/release/pinion -a -x .build/release/pinion-git -a -x .build/release/pinion-confine || $(MAKE) release
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/libexec/pinion"
	install -m 755 .build/release/pinion "$(DESTDIR)$(PREFIX)/bin/pinion"
	install -m 755 .build/release/pinion-git "$(DESTDIR)$(PREFIX)/libexec/pinion/pinion-git"
	install -m 755 .build/release/pinion-confine "$(DESTDIR)$(PREFIX)/libexec/pinion/pinion-confine"

bench: export BENCH = 1
bench: release ## Measure against uv and PyYAML: docs/benchmarks.md
	@mkdir -p .build/bench
	@scripts/bench-startup .build/release/pinion .build/bench/startup.md
	@scripts/bench-validate .build/release/pinion .build/bench/validate.md
	@scripts/bench-page .build/bench >.build/bench/page && mv .build/bench/page docs/benchmarks.md
	@cat docs/benchmarks.md

bench-git: export BENCH = 1
bench-git: release ## Measure git modules against git, uv and pip: docs/benchmarks.md
	@mkdir -p .build/bench
	@scripts/bench-git .build/release/pinion .build/bench/git.md
	@scripts/bench-page .build/bench >.build/bench/page && mv .build/bench/page docs/benchmarks.md
	@cat docs/benchmarks.md

bench-lock: export BENCH = 1
bench-lock: release ## Measure pinion lock against uv pip compile: docs/benchmarks.md
	@mkdir -p .build/bench
	@scripts/bench-lock .build/release/pinion .build/bench/lock.md
	@scripts/bench-page .build/bench >.build/bench/page && mv .build/bench/page docs/benchmarks.md
	@cat docs/benchmarks.md

bench-install: export BENCH = 1
bench-install: release ## Measure pinion apply against uv and pip: docs/benchmarks.md
	@mkdir -p .build/bench
	@scripts/bench-install .build/release/pinion .build/bench/install.md
	@.build/tools/venv/bin/python scripts/bench-growth .build/release/pinion .build/tools/venv/bin/uv .build/bench/growth.md
	@scripts/bench-page .build/bench >.build/bench/page && mv .build/bench/page docs/benchmarks.md
	@cat docs/benchmarks.md

check-registry: build ## Lock ten real sets from the package index; uv, pip and packaging take the lockfiles. SETS names some
	@"$(TOOLS)/venv/bin/python" scripts/check-registry .build/debug/pinion $(SETS)

check-scenarios: dependencies ## Compare pip's answers to the scenarios with those on record; RECORD=1 writes them
	@"$(TOOLS)/venv/bin/python" scripts/check-scenarios $(if $(RECORD),--record)

check-scm: build ## Compare the version of a checkout REPO at TAG, and between tags, with pip's
	@test -n "$(REPO)" -a -n "$(TAG)" || { echo 'make check-scm REPO=PATH-OR-URL TAG=NAME' >&2; exit 2; }
	@scripts/check-scm .build/debug/pinion "$(REPO)" "$(TAG)"

clean: ## Remove everything that was built
	rm -rf .build .build-*
