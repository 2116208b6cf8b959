# For GNU make. `make` alone lists the targets.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
SHARE = $(PREFIX)/share
DESTDIR ?=
# Features of the C libraries. "aws-lc-rs" in place of "ring": faster RSA, and ES512. Without "kubernetes" there are no
# functions about clusters, and the library is much smaller. Without "fast-rsa" the cryptography library alone checks RS256.
FEATURES ?= ring kubernetes fast-rsa
TARGET_DIR ?= $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo
# What the C libraries are built for, as cargo names it. Empty for this machine.
TARGET = $(CARGO_BUILD_TARGET)
GO ?= go
# Where `make demo` puts its cluster.
DEMO = $(TARGET_DIR)/demo/cluster
# Where `make test-cluster` puts the servers that it builds.
CLUSTER = $(TARGET_DIR)/cluster

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# The version of the ABI, of which the soname has the first number.
ABI := $(shell sed -n '/^\[package.metadata.capi.library\]/,/^\[/s/^version = "\(.*\)"/\1/p' bindings/c/Cargo.toml)
SONAME := libboundtoken.so.$(firstword $(subst ., ,$(ABI)))
RELEASE = $(TARGET_DIR)/release
# Where cargo puts the C libraries. cargo-zigbuild takes a version of glibc with the target, after a dot.
LIBRARIES = $(TARGET_DIR)$(addprefix /,$(firstword $(subst ., ,$(TARGET))))/release

.DEFAULT_GOAL := help
.PHONY: help demo check test test-rust test-c test-go generate-go rename-go test-cluster test-fast-rsa test-fast-rsa-emulated test-fast-p256 capi install install-program generate bench \
	bench-peers bench-tower fuzz powerset minimum-rust unused-dependencies semver advisories clean

help: ## this list
	@echo 'boundtoken $(VERSION)'
	@sed -n 's/^\([a-z0-9_-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 34
	@echo 'Variables: PREFIX LIBDIR INCLUDEDIR DESTDIR FEATURES TARGET TARGET_DIR CARGO GO VERSIONS'

# The program without what needs a network, and the C library without clusters, with the same features: the library is
# built once.
demo: ## verify a token from Rust and C, delete its pod, and see it refused
	@echo 'demo: building the program and the C library'
	@CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) rustc --quiet --profile demo -p boundtoken-capi --crate-type cdylib \
		--no-default-features --features ring,fast-rsa
	@CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) build --quiet --profile demo -p boundtoken-cli \
		--no-default-features --features ring,fast-rsa
	@ln -sf libboundtoken_capi.so $(TARGET_DIR)/demo/libboundtoken.so
	@echo 'demo: a cluster in a folder, $(DEMO)'
	@rm -rf $(DEMO)
	@$(TARGET_DIR)/demo/boundtoken demo --directory $(DEMO)
	@echo 'demo: the same from C, bindings/c/examples/verify.c'
	@$(CC) -std=c99 -O2 -Wall -Iinclude bindings/c/examples/verify.c -o $(DEMO)/verify-c \
		-L$(TARGET_DIR)/demo -lboundtoken -Wl,-rpath,$(abspath $(TARGET_DIR))/demo
	@$(verify_demo) $(DEMO)/objects.json
	@echo 'demo: now the pod is gone'
	@$(verify_demo) $(DEMO)/objects-after.json; test $$? -eq 1
	@echo
	@echo 'What to try next:'
	@echo '  $(TARGET_DIR)/demo/boundtoken --help                  the program'
	@echo '  cargo install --path crates/cli                the whole program, which speaks to clusters'
	@echo '  cargo doc --open                               the manual of the Rust library'
	@echo '  less include/boundtoken.h                      the manual of the C library'
	@echo '  make check                                     the checks that contributors run'

verify_demo = $(DEMO)/verify-c $(DEMO)/jwks.json "$$(cat $(DEMO)/issuer)" "$$(cat $(DEMO)/audience)" $(DEMO)/token

# Services of crates/tower/examples, with callers that come and go. Each ends with 0 only if all went as it should.
EXAMPLES = example-axum example-tonic example-admission
.PHONY: $(EXAMPLES)
example-axum: ## a web service against the development server: callers, policies, a stream that ends with its pod
example-tonic: ## a gRPC service against the development server, with a stream that ends with its pod
example-axum example-tonic: example-%:
	@CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) crates/tower/examples/run.sh $*

example-admission: ## a webhook that only the API server may call, against a development server
	@[ -n "$$BOUNDTOKEN" ] || CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) build --quiet -p boundtoken-cli
	@[ -n "$$BOUNDTOKEN_EXAMPLES" ] || CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) build --quiet -p boundtoken-tower \
		--features axum,kubernetes --example admission
	@crates/tower/examples/admission/demo.sh $(abspath $(TARGET_DIR))/debug/boundtoken \
		$(abspath $(TARGET_DIR))/debug/examples/admission

.PHONY: example-go test-go-modules
example-go: ## an HTTP service in Go against the development server, with a caller whose pod is deleted
	@CARGO=$(CARGO) GO=$(GO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) bindings/go/example/run.sh

# The Go modules that have dependencies of their own.
GO_MODULES = cluster grpcauth k8sauth example
test-go-modules: ## the Go modules for client-go, gRPC and k8s.io/apiserver
	@for module in $(GO_MODULES); do \
		echo "test-go-modules: $$module: gofmt, go vet, go test -race"; \
		(cd bindings/go/$$module && test -z "$$(gofmt -l .)" && CGO_ENABLED=0 $(GO) vet ./... && $(GO) test -race -count=1 ./...) || exit 1; \
	done

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
.PHONY: lint-go
lint-go: ## staticcheck on the Go modules, but for the generated source
	@for module in . $(GO_MODULES); do \
		echo "lint-go: $$module"; \
		(cd $(GO_MODULE)/$$module && $(GO) run $(STATICCHECK) $$($(GO) list ./... | grep -v '/internal/wasm$$')) || exit 1; \
	done

check: ## the quick loop of a contributor: format, lints and tests of the library
	@echo 'check: format'
	@$(CARGO) fmt --all --check
	@echo 'check: clippy'
	@$(CARGO) clippy --quiet --all-targets -- -D warnings
	@echo 'check: tests'
	@$(CARGO) test --quiet --lib --tests

# Everything with ring. Then with AWS-LC, and with the fast path for RS256, what depends on the backend.
DOORS = boundtoken-tower/axum,boundtoken-tower/kubernetes,boundtoken-tower/metrics,boundtoken-tower/tonic
WITH_RING = --workspace --features boundtoken-kubernetes/discovery,boundtoken-capi/kubernetes,$(DOORS)
WITH_AWS_LC = -p boundtoken -p boundtoken-dev-server -p boundtoken-discovery -p boundtoken-refresh --no-default-features \
	--features boundtoken/aws-lc-rs,boundtoken/fast-rsa,boundtoken-dev-server/aws-lc-rs,boundtoken-discovery/aws-lc-rs
# The fast paths with ring, and the model of the one for RS256.
FAST_PATHS = --features fast-p256,fast-rsa-model
# What stands on the library, with one choice of features in every command, so that no dependency is built twice.
CRATES = --workspace --exclude boundtoken --exclude boundtoken-capi \
	--features boundtoken-cli/fast-p256,boundtoken-kubernetes/discovery,$(DOORS)
# The program and the examples, for the tests that run them. `cargo test` with CRATES leaves all of them there.
PROGRAMS = BOUNDTOKEN=$(abspath $(TARGET_DIR))/debug/boundtoken BOUNDTOKEN_EXAMPLES=$(abspath $(TARGET_DIR))/debug/examples
# What a missing tool would have tested.
NOT_TESTED = $(abspath $(TARGET_DIR))/not-tested

test: ## run every check of every language; what a missing tool would check is listed at the end
	@mkdir -p $(TARGET_DIR); : >$(NOT_TESTED)
	@BOUNDTOKEN_NOT_TESTED=$(NOT_TESTED) $(MAKE) --no-print-directory test-rust test-c test-cpp test-go test-python test-node test-java
	@if [ -s $(NOT_TESTED) ]; then echo 'test: passed, but for what was not tested:'; sort -u $(NOT_TESTED); \
		else echo 'test: passed, and nothing was skipped'; fi

test-rust: ## format, lock files, lints, tests, documentation, licences
	@echo 'test-rust: format'
	@$(CARGO) fmt --all --check
	@echo 'test-rust: lock files'
	@for manifest in Cargo.toml fuzz/Cargo.toml benches/peers/Cargo.toml bindings/python/Cargo.toml bindings/node/Cargo.toml $(GO_GUEST); do \
		$(CARGO) update --quiet --workspace --locked --manifest-path $$manifest || exit 1; \
	done
	@echo 'test-rust: clippy, with ring and with AWS-LC'
	@$(CARGO) clippy --quiet --all-targets $(WITH_RING) -- -D warnings
	@$(CARGO) clippy --quiet --all-targets $(WITH_AWS_LC) -- -D warnings
	@$(CARGO) clippy --quiet --all-targets $(FAST_PATHS) -- -D warnings
	@echo 'test-rust: cargo test, the library as it comes'
	@$(CARGO) test --quiet
	@echo 'test-rust: cargo test, what stands on the library'
	@$(PROGRAMS) $(CARGO) test --quiet $(CRATES)
	@echo 'test-rust: the examples of services'
	@$(PROGRAMS) $(MAKE) --no-print-directory $(EXAMPLES) >$(TARGET_DIR)/examples.log 2>&1 || \
		{ cat $(TARGET_DIR)/examples.log; exit 1; }
	@echo 'test-rust: cargo test, with AWS-LC'
	@$(CARGO) test --quiet $(WITH_AWS_LC)
	@echo 'test-rust: the verdicts of real API servers, in full'
	@$(CARGO) test --quiet $(WITH_AWS_LC) --test apiserver -- --nocapture
	@echo 'test-rust: the fast paths for RS256 and ES256, ten thousand verdicts each against ring and AWS-LC'
	@$(CARGO) test --quiet $(FAST_PATHS) --lib -- --nocapture crypto::fast_rsa:: crypto::p256:: crypto::breaker::
	@$(CARGO) test --quiet $(FAST_PATHS) --test fast_p256 --test wycheproof
	@echo 'test-rust: documentation'
	@RUSTDOCFLAGS='-D warnings' $(CARGO) doc --quiet --no-deps $(WITH_RING)
	@echo 'test-rust: licences, bans, sources'
	@$(call with_tool,cargo-deny,licences and sources of dependencies,\
		$(CARGO) deny --log-level error --all-features check licenses bans sources)

.PHONY: programs
programs:
	@$(CARGO) build --quiet $(CRATES) --bin boundtoken --example axum

test-c: ## the C ABI: header, verdicts, misuse, threads, sanitizers, packages
	@echo 'test-c: cargo test -p boundtoken-capi'
	@$(CARGO) test --quiet -p boundtoken-capi --features kubernetes

# The library for wasm32, of which the Go package is made. And where Go's own files are.
GO_GUEST = bindings/go/guest/Cargo.toml
GO_MODULE = bindings/go
WASM = wasm32-unknown-unknown
test-go: ## the Go package without cgo: the translated library is current, verdicts equal to Rust's, races
	@if ! command -v $(GO) >/dev/null; then $(call missing,Go,the Go package,https://go.dev/doc/install); else $(MAKE) --no-print-directory test-go-present; fi

.PHONY: test-go-present
test-go-present: programs
	@mkdir -p $(TARGET_DIR)
	@echo 'test-go: format and lints of the guest'
	@$(CARGO) fmt --manifest-path $(GO_GUEST) --check
	@if rustup target list --installed 2>/dev/null | grep -q '^$(WASM)$$'; then \
		CARGO_TARGET_DIR=$(TARGET_DIR)/go-guest/clippy $(CARGO) clippy --quiet --locked --manifest-path $(GO_GUEST) --target $(WASM) -- -D warnings; \
	else $(call missing,$(WASM),lints of the guest of the Go package,rustup target add $(WASM)); fi
	@echo 'test-go: gofmt, go vet'
	@unformatted=$$(cd $(GO_MODULE) && gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	@cd $(GO_MODULE) && CGO_ENABLED=0 $(GO) vet ./...
	@echo 'test-go: go test, without cgo; the generated source is current'
	@cd $(GO_MODULE) && CGO_ENABLED=0 BOUNDTOKEN_GO_STALE=1 TARGET_DIR=$(abspath $(TARGET_DIR)) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) \
		CARGO=$(CARGO) GO=$(GO) $(GO) test -count=1 ./...
	@echo 'test-go: go test -race'
	@cd $(GO_MODULE) && CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) CARGO=$(CARGO) $(GO) test -race -count=1 ./...
	@$(MAKE) --no-print-directory test-go-modules
	@echo 'test-go: the example of a service'
	@$(PROGRAMS) $(MAKE) --no-print-directory example-go >$(TARGET_DIR)/example-go.log 2>&1 || { cat $(TARGET_DIR)/example-go.log; exit 1; }

# The Python package: an extension module on the Rust library.
PYTHON ?= python3
PYTHON_MODULE = bindings/python
PYTHON_TARGET = $(abspath $(TARGET_DIR))/python
VENV = $(PYTHON_TARGET)/venv
IN_VENV = VIRTUAL_ENV=$(VENV) PATH=$(VENV)/bin:$$PATH
.PHONY: test-python python-venv python-develop package-python
python-venv:
	@[ -x $(VENV)/bin/python ] || $(PYTHON) -m venv $(VENV)
	@cmp -s $(PYTHON_MODULE)/requirements-dev.txt $(VENV)/installed || \
		{ $(VENV)/bin/pip install --quiet --disable-pip-version-check -r $(PYTHON_MODULE)/requirements-dev.txt && \
		cp $(PYTHON_MODULE)/requirements-dev.txt $(VENV)/installed; }

PYTHON_PROFILE ?= dev
python-develop: python-venv
	@cd $(PYTHON_MODULE) && $(IN_VENV) CARGO_TARGET_DIR=$(PYTHON_TARGET) maturin develop --quiet --locked --profile $(PYTHON_PROFILE) \
		>$(PYTHON_TARGET)/develop.log 2>&1 || { cat $(PYTHON_TARGET)/develop.log >&2; exit 1; }

test-python: ## the Python package: verdicts equal to Rust's, threads, clusters, types, formats
	@if ! $(PYTHON) -c 'import venv' 2>/dev/null; then $(call missing,$(PYTHON_NAME),the Python package,$(PYTHON_SOURCE)); else $(MAKE) --no-print-directory test-python-present; fi
PYTHON_NAME = Python with venv
PYTHON_SOURCE = https://www.python.org/downloads

.PHONY: test-python-present
test-python-present: python-venv programs
	@echo 'test-python: format and lints of the extension module'
	@$(CARGO) fmt --manifest-path $(PYTHON_MODULE)/Cargo.toml --check
	@CARGO_TARGET_DIR=$(PYTHON_TARGET) $(CARGO) clippy --quiet --locked --manifest-path $(PYTHON_MODULE)/Cargo.toml -- -D warnings
	@echo 'test-python: build'
	@$(MAKE) --no-print-directory python-develop
	@echo 'test-python: ruff, mypy --strict, stubtest'
	@cd $(PYTHON_MODULE) && $(IN_VENV) ruff check --quiet . && $(IN_VENV) ruff format --quiet --check .
	@cd $(PYTHON_MODULE) && $(IN_VENV) mypy --no-error-summary python tests example
	@cd $(PYTHON_MODULE) && $(IN_VENV) python -m mypy.stubtest --concise --allowlist tests/stubtest-allowlist.txt boundtoken
	@echo 'test-python: pytest'
	@cd $(PYTHON_MODULE) && $(IN_VENV) CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(PROGRAMS) pytest
	@echo 'test-python: the example of a service'
	@$(PROGRAMS) $(MAKE) --no-print-directory example-python >$(TARGET_DIR)/example-python.log 2>&1 || { cat $(TARGET_DIR)/example-python.log; exit 1; }

.PHONY: generate-python
generate-python: ## write the enumerations of the Python package again from bindings/abi.json
	@$(PYTHON) $(PYTHON_MODULE)/generate.py

# For the tests of memory, which take release builds.
BOUNDTOKEN_VERIFICATIONS ?= 10000000
.PHONY: test-python-memory
test-python-memory: python-venv ## ten million verifications from Python, with stable memory, in minutes
	@$(MAKE) --no-print-directory PYTHON_PROFILE=release python-develop
	@cd $(PYTHON_MODULE) && $(IN_VENV) BOUNDTOKEN_VERIFICATIONS=$(BOUNDTOKEN_VERIFICATIONS) pytest -s tests/test_memory.py

.PHONY: bench-python
bench-python: python-venv ## what a verification costs in Python, beside PyJWT and Authlib
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $(PYTHON_MODULE)/benches/requirements.txt
	@$(MAKE) --no-print-directory PYTHON_PROFILE=release python-develop
	@cd $(PYTHON_MODULE) && $(IN_VENV) python benches/figures.py

.PHONY: example-python
example-python: python-develop ## a FastAPI service against the development server, with a caller whose pod is deleted
	@CARGO=$(CARGO) PYTHON=$(VENV)/bin/python CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) $(PYTHON_MODULE)/example/run.sh

package-python: python-venv ## the wheel of the Python package, for glibc 2.28, and its source, in target/python/package/dist
	@$(IN_VENV) $(PYTHON_MODULE)/package.sh $(PYTHON_TARGET)/package

# The Node.js package: a native part on the Rust library, and JavaScript around it.
NODE ?= node
NPM ?= npm
NODE_MODULE = bindings/node
NODE_TARGET = $(abspath $(TARGET_DIR))/node
# A file of tests that takes longer is ended, in milliseconds. A failed test may leave a server that would keep it running.
NODE_HANGS = 600000
.PHONY: test-node test-node-present node-develop generate-node
test-node: ## the Node.js package: verdicts equal to Rust's, workers, clusters, types, lints
	@if ! command -v $(NODE) >/dev/null; then $(call missing,Node.js,the Node.js package,https://nodejs.org/en/download); else $(MAKE) --no-print-directory test-node-present; fi

test-node-present: programs
	@echo 'test-node: format and lints of the native part'
	@$(CARGO) fmt --manifest-path $(NODE_MODULE)/Cargo.toml --check
	@CARGO_TARGET_DIR=$(NODE_TARGET) $(CARGO) clippy --quiet --locked --manifest-path $(NODE_MODULE)/Cargo.toml -- -D warnings
	@echo 'test-node: build'
	@$(MAKE) --no-print-directory node-develop
	@echo 'test-node: eslint, tsc --strict'
	@cd $(NODE_MODULE) && cmp -s package-lock.json node_modules/installed || \
		{ $(NPM) ci --no-audit --no-fund --silent && cp package-lock.json node_modules/installed; }
	@cd $(NODE_MODULE) && $(NODE) node_modules/eslint/bin/eslint.js . && $(NODE) node_modules/typescript/bin/tsc -p .
	@echo 'test-node: node --test'
	@cd $(NODE_MODULE) && CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(PROGRAMS) $(NODE) --expose-gc --test-timeout=$(NODE_HANGS) --test-reporter=spec --test test/*.test.js
	@echo 'test-node: the example of a service'
	@cd $(NODE_MODULE) && CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(PROGRAMS) $(NODE) example/run.js >$(NODE_TARGET)/example.log 2>&1 || \
		{ cat $(NODE_TARGET)/example.log; exit 1; }

NODE_PROFILE ?= dev
node-develop:
	@mkdir -p $(NODE_MODULE)/prebuilt
	@CARGO_TARGET_DIR=$(NODE_TARGET) $(CARGO) build --quiet --locked --profile $(NODE_PROFILE) --manifest-path $(NODE_MODULE)/Cargo.toml
	@$(NODE) $(NODE_MODULE)/prebuilt.js $(NODE_TARGET)/$(NODE_PROFILE:dev=debug)

.PHONY: test-node-memory package-node
test-node-memory: ## ten million verifications from Node.js, with stable memory
	@$(MAKE) --no-print-directory NODE_PROFILE=release node-develop
	@cd $(NODE_MODULE) && BOUNDTOKEN_VERIFICATIONS=$(BOUNDTOKEN_VERIFICATIONS) $(NODE) --expose-gc --test test/memory.test.js

package-node: ## the tarball of the Node.js package, for glibc 2.28, in target/node/package, and a clean project that uses it
	@if ! $(PYTHON) -c 'import venv' 2>/dev/null; then $(call missing,$(PYTHON_NAME),the tarball of the Node.js package,$(PYTHON_SOURCE)); \
		else CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(NODE_MODULE)/package.sh $(NODE_TARGET)/package; fi

.PHONY: example-node
example-node: node-develop ## the Fastify service greets a caller, and refuses it when its pod is deleted
	@cd $(NODE_MODULE) && CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(NODE) example/run.js

.PHONY: bench-node
bench-node: ## what a verification costs in Node.js, beside fast-jwt and jsonwebtoken
	@$(MAKE) --no-print-directory NODE_PROFILE=release node-develop
	@cd $(NODE_MODULE)/benches && $(NPM) ci --no-audit --no-fund --silent && $(NODE) figures.js

.PHONY: docs-node
docs-node: ## the reference of the Node.js package, of its types, in target/node/docs; an item without a description fails
	@cd $(NODE_MODULE) && [ -d node_modules/@types/node ] || $(NPM) ci --no-audit --no-fund --silent
	@cd $(NODE_MODULE)/docs && $(NPM) ci --no-audit --no-fund --silent && $(NODE) node_modules/typedoc/bin/typedoc --out $(NODE_TARGET)/docs

generate-node: ## write the enumerations of the Node.js package again from bindings/abi.json
	@$(NODE) $(NODE_MODULE)/generate.js

# The Java library, on the C library.
JAVA_MODULE = bindings/java
.PHONY: test-java test-java-memory generate-java bench-java
test-java: programs ## the Java library: verdicts equal to Rust's, threads, clusters, memory, javadoc, the jar
	@$(PROGRAMS) CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) $(JAVA_MODULE)/test.sh

test-java-memory: ## ten million verifications from Java, with stable native memory
	@$(MAKE) --no-print-directory capi FEATURES='aws-lc-rs kubernetes fast-rsa'
	@CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) BOUNDTOKEN_LIBRARY=$(abspath $(RELEASE))/libboundtoken_capi.so \
		BOUNDTOKEN_VERIFICATIONS=$(BOUNDTOKEN_VERIFICATIONS) $(JAVA_MODULE)/test.sh -Dtest=MemoryTest

bench-java: ## what a verification costs in Java, by JMH, beside java-jwt and nimbus-jose-jwt
	@CARGO=$(CARGO) TARGET_DIR=$(abspath $(TARGET_DIR)) $(JAVA_MODULE)/benches/run.sh

.PHONY: example-java
example-java: ## a Spring Boot service against the development server, with a caller whose pod is deleted
	@CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) $(JAVA_MODULE)/example/run.sh

.PHONY: package-java
package-java: ## the jars of the Java libraries, for glibc 2.28, in target/java/package/repository, and a clean project that uses them
	@if ! $(PYTHON) -c 'import venv' 2>/dev/null; then $(call missing,$(PYTHON_NAME),the jars of the Java libraries,$(PYTHON_SOURCE)); \
		elif ! $(JAVA_MODULE)/jdk.sh >/dev/null 2>&1 || ! command -v $(or $(MVN),mvn) >/dev/null; then \
		$(call missing,a JDK from version 22 on with Maven,the jars of the Java libraries,https://adoptium.net); \
		else TARGET_DIR=$(abspath $(TARGET_DIR)) SONAME=$(SONAME) $(JAVA_MODULE)/package.sh $(abspath $(TARGET_DIR))/java/package; fi

generate-java: ## write the enumerations, layouts and functions of the Java library again from bindings/abi.json
	@$(JAVA_MODULE)/generate.py

.PHONY: packages
packages: package-c package-python package-node package-java ## what a release ships, each installed into a clean place and tried

# Notes that $(2) was not tested, because $(1) is missing, which $(3) gives. Fails where nothing may be skipped.
missing = if [ "$$BOUNDTOKEN_SKIP_NOTHING" = 1 ]; then echo '$(1) is missing: $(3)' >&2; exit 1; \
	else echo 'NOT TESTED: $(2); $(3)' | tee -a $(NOT_TESTED); fi

# Runs the command $(3) with the cargo subcommand $(1), or notes that $(2) was not tested.
with_tool = if command -v $(1) >/dev/null; then $(3); else $(call missing,$(1),$(2),cargo install --locked $(1)); fi

# The versions of Kubernetes to test against, one after the other: folders of crates/cli/tests/cluster/apiserver.
VERSIONS ?= 1.37.2
test-cluster: ## follow real API servers with etcd, of VERSIONS (1.37.2), which Go builds once, in ten minutes each
	@for version in $(VERSIONS); do $(MAKE) --no-print-directory test-cluster-$$version || exit 1; done

SERVERS = kube-apiserver kubectl etcd
test-cluster-%:
	@$(MAKE) --no-print-directory --silent $(addprefix $(CLUSTER)/$*/,$(SERVERS)) || \
		{ echo 'test-cluster: NOT TESTED against Kubernetes $*: $(GO) could not build it' >&2; exit 1; }
	@echo 'test-cluster: Kubernetes $*: cargo test --test cluster'
	@$(MAKE) --no-print-directory programs
	@BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* \
		$(PROGRAMS) $(CARGO) test --quiet $(CRATES) --test cluster -- --nocapture --test-threads=1
	@echo 'test-cluster: Kubernetes $*: go test, bindings/go/cluster'
	@cd bindings/go/cluster && BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* $(GO) test -race -count=1 -run RealAPIServer -v .
	@echo 'test-cluster: Kubernetes $*: pytest, bindings/python/tests/test_real_cluster.py'
	@$(MAKE) --no-print-directory python-develop
	@cd $(PYTHON_MODULE) && $(IN_VENV) BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* pytest tests/test_real_cluster.py
	@echo 'test-cluster: Kubernetes $*: node --test, bindings/node/test/real-cluster.js'
	@$(MAKE) --no-print-directory node-develop
	@cd $(NODE_MODULE) && BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* $(NODE) --test-timeout=$(NODE_HANGS) --test test/real-cluster.js
	@echo 'test-cluster: Kubernetes $*: JUnit, bindings/java/boundtoken'
	@BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* $(PROGRAMS) CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) \
		$(JAVA_MODULE)/test.sh -Dtest=RealClusterTest

.PHONY: prepare
# What takes long to build and shares no folder with the tests of Rust, C and C++, which leave a core idle now and then: for CI.
prepare: python-develop node-develop $(foreach version,$(VERSIONS),$(addprefix $(CLUSTER)/$(version)/,$(SERVERS)))

test-fast-rsa-emulated: ## the vector instructions of the fast path, in the emulator Bochs, which any machine can run
	@echo 'test-fast-rsa-emulated: booting'
	@TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/emulated/run.sh

VERDICTS ?= 1000000
test-fast-rsa: ## the fast path for RS256: VERDICTS verdicts (a million), mutants, machine code, Miri; takes half an hour
	@echo 'test-fast-rsa: $(VERDICTS) verdicts against ring and AWS-LC'
	@BOUNDTOKEN_VERDICTS=$(VERDICTS) $(CARGO) test --quiet --release --features aws-lc-rs,fast-rsa-model \
		--lib -- --nocapture crypto::fast_rsa:: crypto::breaker::
	@echo 'test-fast-rsa: the machine code'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/machine_code.sh
	@echo 'test-fast-rsa: mutants'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/mutants.sh
	@echo 'test-fast-rsa: the model under Miri'
	@rustup component add --toolchain nightly miri rust-src
	@MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --quiet --features fast-rsa-model --lib -- \
		fast_rsa::rsa_ifma::tests::products fast_rsa::rsa_ifma::tests::encoding

test-fast-p256: ## the fast path for ES256: VERDICTS verdicts (a million), mutants, machine code, Miri; takes half an hour
	@echo 'test-fast-p256: $(VERDICTS) verdicts against ring and AWS-LC'
	@BOUNDTOKEN_VERDICTS=$(VERDICTS) $(CARGO) test --quiet --release --features aws-lc-rs,fast-p256 \
		--lib -- --nocapture crypto::p256::
	@echo 'test-fast-p256: the machine code'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_p256_assurance/machine_code.sh
	@echo 'test-fast-p256: mutants'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_p256_assurance/mutants.sh
	@echo 'test-fast-p256: the arithmetic under Miri'
	@rustup component add --toolchain nightly miri rust-src
	@MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --quiet --features fast-p256 --lib -- \
		p256::tests::arithmetic p256::tests::lanes

# One folder for each version, of nothing but what Go must know to build the programs of Kubernetes itself.
API_SERVERS = crates/cli/tests/cluster/apiserver
# The programs tell their version, which the build must give them: v1.37.2, say.
api_server_flags = -s -w $(foreach pair,gitVersion=v$(1) \
	gitMajor=$(word 1,$(subst ., ,$(1))) gitMinor=$(word 2,$(subst ., ,$(1))),-X k8s.io/component-base/version.$(pair))

$(CLUSTER)/%/kube-apiserver: $(addprefix $(API_SERVERS)/%/,go.mod go.sum)
	$(call build,kube-apiserver $*,$(API_SERVERS)/$*,$(call api_server_flags,$*),k8s.io/kubernetes/cmd/kube-apiserver)

$(CLUSTER)/%/kubectl: $(addprefix $(API_SERVERS)/%/,go.mod go.sum)
	$(call build,kubectl $*,$(API_SERVERS)/$*,$(call api_server_flags,$*),k8s.io/kubernetes/cmd/kubectl)

# The same for all.
$(CLUSTER)/%/etcd: $(CLUSTER)/etcd
	@mkdir -p $(@D); ln -f $< $@

$(CLUSTER)/etcd: $(addprefix crates/cli/tests/cluster/etcd/,go.mod go.sum main.go)
	$(call build,etcd,crates/cli/tests/cluster/etcd,-s -w,.)

# Builds $(1) in the folder $(2), with the linker's flags $(3), from the package $(4). Where a file is newer than the
# program but nothing changed, Go leaves the program as it is.
build = @echo 'test-cluster: building $(1)'; mkdir -p $(@D); \
	cd $(2) && $(GO) build -trimpath -ldflags '$(3)' -o $(abspath $@) $(4) && touch $(abspath $@)

bench: ## measure, with each backend: times, allocations, memory, threads
	@for backend in ring aws-lc-rs; do \
		$(CARGO) bench --quiet --bench ratios --bench scaling --bench store --bench verify --bench waiting \
			--no-default-features --features $$backend || exit 1; \
	done
	@$(CARGO) bench --quiet --bench fast_rsa --features aws-lc-rs,fast-rsa
	@$(CARGO) bench --quiet --bench fast_p256 --features aws-lc-rs,fast-p256
	@$(CARGO) bench --quiet --bench flood --features aws-lc-rs,fast-rsa,fast-p256

bench-tower: ## measure what the layer costs a request, in process and, if wrk is there, over HTTP
	@$(CARGO) bench --quiet -p boundtoken-tower --bench layer
	@command -v wrk >/dev/null || { echo 'wrk is missing, so nothing was measured over HTTP: apt-get install wrk'; exit 0; }; \
		CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) crates/tower/examples/run.sh wrk

PEERS = $(abspath $(TARGET_DIR))/bench-peers
# How often each verifier has its turn, for about 2 ms an algorithm.
PEER_ROUNDS ?= 300
bench-peers: ## measure the verifiers of other languages and libraries side by side with ours, and write it into docs/
	@CARGO_TARGET_DIR=$(PEERS)/rust $(CARGO) run --quiet --locked --release --manifest-path benches/peers/Cargo.toml \
		--bin bench-peers --features driver -- $(PEERS) --rounds $(PEER_ROUNDS) --write

.PHONY: bench-curves
bench-curves: ## measure ES384 and EdDSA in the cryptography libraries, with and without a table of the key
	@CARGO_TARGET_DIR=$(PEERS)/rust $(CARGO) run --quiet --locked --release --manifest-path benches/peers/Cargo.toml \
		--bin bench-curves --features curves

FUZZ_SECONDS ?= 60
fuzz: ## run each fuzz target for FUZZ_SECONDS (needs the nightly toolchain)
	@cargo fuzz --version >/dev/null 2>&1 || $(CARGO) install --quiet --locked cargo-fuzz
	@for target in $$(cargo fuzz list); do \
		echo "fuzz: $$target"; mkdir -p fuzz/corpus/$$target; \
		seeds=fuzz/seeds/$$target; [ -d $$seeds ] || seeds=tests/fixtures/keys; \
		cargo +nightly fuzz run --features fast-p256,fast-rsa $$target fuzz/corpus/$$target $$seeds -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

MUTANTS ?= 1000000
# Another beginning gives other mutants.
SEED ?= 1
.PHONY: fuzz-go
fuzz-go: ## the Go package against the Rust library: MUTANTS mutated tokens (a million), in minutes
	@echo 'fuzz-go: $(MUTANTS) mutated tokens, from the seed $(SEED)'
	@cd $(GO_MODULE)/internal/engine && CGO_ENABLED=0 BOUNDTOKEN_SKIP_NOTHING=1 BOUNDTOKEN_MUTANTS=$(MUTANTS) BOUNDTOKEN_SEED=$(SEED) \
		CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) CARGO=$(CARGO) $(GO) test -count=1 -timeout 0 -v -run TestMutatedTokens .

export_build = FEATURES='$(FEATURES)' TARGET='$(TARGET)' TARGET_DIR='$(TARGET_DIR)' CARGO='$(CARGO)' SONAME=$(SONAME)
export_install = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' DESTDIR='$(DESTDIR)' VERSION=$(VERSION) SONAME=$(SONAME)
export_package = FEATURES='$(FEATURES)' TARGET_DIR='$(TARGET_DIR)' VERSION=$(VERSION) SONAME=$(SONAME)
PACKAGING = bindings/c/packaging
capi: ## build the C libraries, shared and static, in target/release; for another system: TARGET=triple
	@echo 'capi: libboundtoken $(VERSION) ($(FEATURES))$(if $(TARGET), for $(TARGET))'
	@$(export_build) $(PACKAGING)/build.sh $(LIBRARIES)

install: capi ## install library, header, pkg-config file, CMake package and licences under PREFIX
	@echo 'install: $(DESTDIR)$(PREFIX)'
	@$(export_install) $(PACKAGING)/install.sh $(LIBRARIES)

# The C library for other systems, with zig as the compiler: each a tarball in target/packages. FEATURES=ring for one without clusters.
CROSS = $(addprefix cross-,x86_64-linux-gnu aarch64-linux-gnu x86_64-linux-musl aarch64-linux-musl x86_64-windows-gnu)
.PHONY: $(CROSS) package-c package-c-binary package-c-cargo
cross-x86_64-linux-gnu: ## a tarball of the C library for glibc 2.28; cross-aarch64-linux-gnu likewise
cross-x86_64-linux-musl: ## a tarball of the C library for musl; cross-aarch64-linux-musl likewise
cross-x86_64-windows-gnu: ## a tarball of the C library for Windows
$(CROSS): cross-%:
	@echo 'cross: libboundtoken $(VERSION) ($(FEATURES)) for $*'
	@$(export_build) VERSION=$(VERSION) $(PACKAGING)/cross.sh $*
	@$(call test_packages,$*)

# Runs the tests of packages whose names have $(1) in them, which `cargo test` leaves out.
test_packages = BOUNDTOKEN_PACKAGES=$(abspath $(TARGET_DIR))/packages BOUNDTOKEN_ZIG=$(abspath $(TARGET_DIR))/zig/bin/python-zig \
	$(CARGO) test --quiet -p boundtoken-capi --features kubernetes --test c_abi -- --ignored packages::$(subst -,_,$(1))

package-c: package-c-binary package-c-cargo ## package the C library: tarball, Debian packages, cargo-c; install each, and compile against it

# Of one build, against glibc 2.28.
HERE := $(shell uname -m)
package-c-binary: cross-$(HERE)-linux-gnu ## the tarball and the Debian packages alone
	@echo 'package-c: Debian packages'
	@! command -v dpkg-deb >/dev/null || TARGET=$(HERE)-unknown-linux-gnu $(export_package) \
		$(PACKAGING)/debian.sh $(TARGET_DIR)/$(HERE)-unknown-linux-gnu/release
	@$(call test_packages,debian)

package-c-cargo:
	@echo 'package-c: cargo-c'
	@$(call with_tool,cargo-cinstall,the library of cargo-c,$(call test_packages,cargo_c))

# C++ headers over the C library, of which nothing is compiled.
CPP_BUILD = $(TARGET_DIR)/cpp/package
.PHONY: test-cpp install-cpp example-cpp generate-cpp bench-bindings
test-cpp: programs ## the C++ headers: verdicts equal to Rust's, misuse, threads, sanitizers, clang-tidy, packages
	@$(PROGRAMS) CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) bindings/cpp/test.sh

install-cpp: ## install the C++ headers, their pkg-config file and their CMake package under PREFIX
	@echo 'install-cpp: $(DESTDIR)$(PREFIX)'
	@cmake -S bindings/cpp -B $(CPP_BUILD) -DCMAKE_INSTALL_PREFIX=$(PREFIX) -DCMAKE_INSTALL_LIBDIR=$(LIBDIR:$(PREFIX)/%=%) \
		-DCMAKE_INSTALL_INCLUDEDIR=$(INCLUDEDIR:$(PREFIX)/%=%) -DCMAKE_DISABLE_FIND_PACKAGE_boundtoken=ON >/dev/null
	@DESTDIR=$(DESTDIR) cmake --install $(CPP_BUILD) >/dev/null

example-cpp: ## an HTTP service in C++ against the development server, with a caller whose pod is deleted
	@CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) bindings/cpp/example/run.sh

generate-cpp: ## write the enumerations of the C++ headers again from bindings/abi.json
	@bindings/cpp/generate.py

bench-bindings: ## measure what each language costs over Rust and C, on the same tokens in one run
	@CARGO=$(CARGO) CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) benches/bindings/run.sh

install-program: ## install the program, its manual pages and its completions under PREFIX
	@echo 'install-program: $(DESTDIR)$(PREFIX)'
	@CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) build --quiet --release --locked -p boundtoken-cli
	@install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SHARE)/bash-completion/completions \
		$(DESTDIR)$(SHARE)/zsh/site-functions $(DESTDIR)$(SHARE)/fish/vendor_completions.d
	@install -m 755 $(RELEASE)/boundtoken $(DESTDIR)$(PREFIX)/bin
	@$(RELEASE)/boundtoken man --directory $(DESTDIR)$(SHARE)/man/man1
	@$(RELEASE)/boundtoken completions bash >$(DESTDIR)$(SHARE)/bash-completion/completions/boundtoken
	@$(RELEASE)/boundtoken completions zsh >$(DESTDIR)$(SHARE)/zsh/site-functions/_boundtoken
	@$(RELEASE)/boundtoken completions fish >$(DESTDIR)$(SHARE)/fish/vendor_completions.d/boundtoken.fish

generate: ## write the C header, bindings/abi.json, docs/rejections.md and docs/first-hour.md again from the source
	@echo 'generate: include/boundtoken.h, bindings/abi.json, docs/rejections.md, docs/first-hour.md'
	@BOUNDTOKEN_UPDATE=1 $(CARGO) test --quiet --test documentation
	@BOUNDTOKEN_UPDATE=1 $(CARGO) test --quiet -p boundtoken-capi --features kubernetes --test header
	@BOUNDTOKEN_UPDATE=1 $(CARGO) test --quiet -p boundtoken-capi --features kubernetes --test abi
	@BOUNDTOKEN_UPDATE=1 $(CARGO) test --quiet -p boundtoken-cli --test cli -- first_hour

# Not a part of `generate`: each copy that is checked in adds its megabytes to the history for good, and it needs the source of Rust's
# standard library. Once, when the Rust sources are settled, in a commit of its own.
generate-go: ## translate the library to Go again: bindings/go/internal/wasm/wasm.go
	@echo 'generate-go: $(GO_MODULE)/internal/wasm/wasm.go'
	@TARGET_DIR=$(abspath $(TARGET_DIR)) GO=$(GO) $(GO_MODULE)/generate.sh $(GO_MODULE)/internal/wasm/wasm.go

# The path of the module stands in go.mod and in imports alone.
rename-go: ## give the Go module another path: make rename-go MODULE=example.org/boundtoken
	@[ -n '$(MODULE)' ] || { echo 'rename-go: which path? make rename-go MODULE=example.org/boundtoken' >&2; exit 1; }
	@old=$$(sed -n 's/^module //p' $(GO_MODULE)/go.mod); \
		grep -rlF "$$old" $(GO_MODULE) --include=*.go --include=go.mod | xargs sed -i "s|$$old|$(MODULE)|g"

powerset: ## every set of features of every crate compiles, by cargo-hack
	@$(call with_tool,cargo-hack,the feature powerset,\
		$(powerset) --workspace --exclude boundtoken-kubernetes --exclude boundtoken-testing --exclude boundtoken-tower && \
			K8S_OPENAPI_ENABLED_VERSION=1.33 $(powerset) -p boundtoken-kubernetes -p boundtoken-tower)

powerset = $(CARGO) hack --quiet check --feature-powerset --exclude-no-default-features \
	--exclude-features 'default capi fast-rsa-model host' --at-least-one-of 'ring aws-lc-rs'

# As Cargo.toml declares it.
MINIMUM_RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
minimum-rust: ## the declared minimum version of Rust really builds every crate
	@rustup toolchain list | grep -q '^$(MINIMUM_RUST)' || rustup toolchain install --profile minimal $(MINIMUM_RUST)
	@cargo +$(MINIMUM_RUST) check --quiet $(WITH_RING)

unused-dependencies: ## every dependency is used, by cargo-machete
	@$(call with_tool,cargo-machete,unused dependencies,cargo machete)

semver: ## no breaking change since the last tag, by cargo-semver-checks
	@tag=$$(git describe --tags --abbrev=0 2>/dev/null) || { echo 'semver: there is no tag yet'; exit 0; }; \
		$(call with_tool,cargo-semver-checks,breaking changes,\
			cargo semver-checks --workspace --exclude boundtoken --baseline-rev "$$tag" && \
			cargo semver-checks -p boundtoken --default-features --features aws-lc-rs --features boot-time --features fast-p256 --features fast-rsa --baseline-rev "$$tag")

advisories: ## check the dependencies against the RustSec database (needs the network)
	@$(call with_tool,cargo-deny,advisories,$(CARGO) deny --log-level error --all-features check advisories)

clean: ## remove everything that was built
	@$(CARGO) clean --quiet
