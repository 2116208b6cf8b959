# For GNU make. `make` alone lists the targets.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR ?=
# Features of the C libraries. "aws-lc-rs" in place of "ring": faster RSA, and ES512. Without "kubernetes" (and the version
# of its types that follows) there are no functions about clusters, and the library is much smaller.
FEATURES ?= capi ring kubernetes k8s-openapi/earliest
TARGET_DIR ?= target
CARGO ?= cargo
# Where `make demo` puts its cluster.
DEMO = $(TARGET_DIR)/demo
# Where `make test-cluster` puts the servers that it builds.
CLUSTER = $(TARGET_DIR)/cluster
GO ?= go

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SONAME := libboundtoken.so.$(firstword $(subst ., ,$(VERSION)))
RELEASE = $(TARGET_DIR)/release
# The system's libraries that a program needs beside the static library, as the compiler names them.
NATIVE_LIBS = $(RELEASE)/libboundtoken.native-libs

.DEFAULT_GOAL := help
.PHONY: help capi install generate demo test test-cluster test-fast-rsa test-fast-rsa-emulated bench bench-peers fuzz \
	advisories tools clean

help: ## this list
	@echo 'boundtoken $(VERSION)'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20
	@echo 'Variables: PREFIX LIBDIR INCLUDEDIR DESTDIR FEATURES TARGET_DIR CARGO VERSIONS'

capi: ## build the C libraries, shared and static, in target/release
	@echo 'capi: libboundtoken $(VERSION) ($(FEATURES))'
	@mkdir -p $(RELEASE)
	@CARGO_TARGET_DIR=$(TARGET_DIR) $(CARGO) rustc --quiet --release --lib --crate-type cdylib,staticlib \
		--no-default-features --features '$(FEATURES)' -- \
		-C link-arg=-Wl,-soname,$(SONAME) -C link-arg=-Wl,-z,nodelete -C strip=symbols \
		--print native-static-libs=$(abspath $(NATIVE_LIBS)) 2>$(RELEASE)/capi.log; \
		status=$$?; grep -v '^note: native artifacts\|^$$' $(RELEASE)/capi.log >&2; exit $$status
	@ln -sf libboundtoken.so $(RELEASE)/$(SONAME)

install: capi ## install library, header, pkg-config file and CMake package under PREFIX
	@echo 'install: $(DESTDIR)$(PREFIX)'
	@install -d $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/boundtoken
	@install -m 644 include/boundtoken.h $(DESTDIR)$(INCLUDEDIR)
	@install -m 644 $(RELEASE)/libboundtoken.a $(DESTDIR)$(LIBDIR)
	@install -m 755 $(RELEASE)/libboundtoken.so $(DESTDIR)$(LIBDIR)/libboundtoken.so.$(VERSION)
	@ln -sf libboundtoken.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	@ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libboundtoken.so
	@$(call fill,boundtoken.pc,pkgconfig)
	@$(call fill,boundtokenConfig.cmake,cmake/boundtoken)
	@$(call fill,boundtokenConfigVersion.cmake,cmake/boundtoken)

# Fills packaging/$(1).in into the folder $(2) of the library folder.
fill = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' \
	-e 's|@VERSION@|$(VERSION)|g' -e 's|@SONAME@|$(SONAME)|g' -e "s|@NATIVE_LIBS@|$$(cat $(NATIVE_LIBS))|g" \
	packaging/$(1).in >$(DESTDIR)$(LIBDIR)/$(2)/$(1)

generate: ## write include/boundtoken.h and docs/rejections.md anew from the source
	@echo 'generate: include/boundtoken.h, docs/rejections.md'
	@BOUNDTOKEN_UPDATE=1 $(CARGO) test --quiet --features capi --test header --test documentation

demo: capi ## verify a token from Rust and C, delete its pod, and see it refused
	@echo 'demo: a cluster in a folder, $(DEMO)'
	@rm -rf $(DEMO)
	@$(CARGO) run --quiet --release --features cli -- demo --directory $(DEMO)
	@echo 'demo: the same from C, examples/c/verify.c'
	@$(CC) -std=c99 -O2 -Wall -Iinclude examples/c/verify.c -o $(DEMO)/verify-c \
		-L$(RELEASE) -lboundtoken -Wl,-rpath,$(abspath $(RELEASE))
	@$(verify_demo) $(DEMO)/objects.json
	@echo 'demo: now the pod is gone'
	@$(verify_demo) $(DEMO)/objects-after.json; test $$? -eq 1

verify_demo = $(DEMO)/verify-c $(DEMO)/jwks.json "$$(cat $(DEMO)/issuer)" "$$(cat $(DEMO)/audience)" $(DEMO)/token

# All of the library with ring; then the program too, with AWS-LC. All but the slow stand-in for the vector instructions.
LIBRARY = capi,dev-server,discovery,kubernetes,k8s-openapi/earliest
EVERYTHING = aws-lc-rs,capi,cli,discovery,fast-rsa
test: ## run every check: format, lock files, lints, tests, documentation, header, C programs, licences
	@echo 'test: format'
	@$(CARGO) fmt --check
	@echo 'test: lock files'
	@for manifest in Cargo.toml fuzz/Cargo.toml benches/peers/Cargo.toml; do \
		$(CARGO) update --quiet --workspace --locked --manifest-path $$manifest || exit 1; \
	done
	@for features in '' '--no-default-features --features aws-lc-rs' '--features capi' '--all-features'; do \
		echo "test: clippy $$features"; \
		$(CARGO) clippy --quiet --all-targets $$features -- -D warnings || exit 1; \
	done
	@for features in $(LIBRARY) $(EVERYTHING); do \
		echo "test: cargo test --features $$features"; \
		$(CARGO) test --quiet --features $$features || exit 1; \
	done
	@echo 'test: the verdicts of real API servers, in full'
	@$(CARGO) test --quiet --features $(EVERYTHING) --test apiserver -- --nocapture
	@echo 'test: the fast path for RS256, ten thousand verdicts against ring and AWS-LC'
	@$(CARGO) test --quiet --features fast-rsa-model --lib fast_rsa -- --nocapture
	@echo 'test: documentation'
	@RUSTDOCFLAGS='-D warnings' $(CARGO) doc --quiet --no-deps --all-features
	@echo 'test: licences, bans, sources'
	@$(MAKE) --no-print-directory tools
	@$(CARGO) deny --log-level error check licenses bans sources

# The versions of Kubernetes to test against, one after the other: folders of tests/cluster/apiserver.
VERSIONS ?= 1.37.2
test-cluster: ## follow real API servers with etcd, of VERSIONS (1.37.2), which Go builds once, in ten minutes each
	@for version in $(VERSIONS); do $(MAKE) --no-print-directory test-cluster-$$version || exit 1; done

test-cluster-%:
	@$(MAKE) --no-print-directory --silent $(addprefix $(CLUSTER)/$*/,kube-apiserver kubectl etcd) || \
		{ echo 'test-cluster: NOT TESTED against Kubernetes $*: $(GO) could not build it' >&2; exit 1; }
	@echo 'test-cluster: Kubernetes $*: cargo test --features cli --test cluster'
	@BOUNDTOKEN_CLUSTER=$(abspath $(CLUSTER))/$* \
		$(CARGO) test --quiet --features cli --test cluster -- --nocapture --test-threads=1

test-fast-rsa-emulated: ## the vector instructions of the fast path, in the emulator Bochs, which any machine can run
	@echo 'test-fast-rsa-emulated: booting'
	@TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/emulated/run.sh

VERDICTS ?= 1000000
test-fast-rsa: ## the fast path for RS256: VERDICTS verdicts (a million), mutants, machine code, Miri; takes hours
	@echo 'test-fast-rsa: $(VERDICTS) verdicts against ring and AWS-LC'
	@BOUNDTOKEN_VERDICTS=$(VERDICTS) $(CARGO) test --quiet --release --features aws-lc-rs,fast-rsa-model \
		--lib fast_rsa -- --nocapture
	@echo 'test-fast-rsa: the machine code'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/machine_code.sh
	@echo 'test-fast-rsa: mutants'
	@CARGO=$(CARGO) TARGET_DIR=$(TARGET_DIR) tests/fast_rsa_assurance/mutants.sh
	@echo 'test-fast-rsa: the model under Miri'
	@rustup component add --toolchain nightly miri rust-src
	@MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --quiet --features fast-rsa-model --lib -- \
		fast_rsa::tests::products fast_rsa::tests::encoding

# One folder for each version, of nothing but what Go must know to build the programs of Kubernetes itself.
API_SERVERS = tests/cluster/apiserver
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

$(CLUSTER)/etcd: $(addprefix tests/cluster/etcd/,go.mod go.sum main.go)
	$(call build,etcd,tests/cluster/etcd,-s -w,.)

# Builds $(1) in the folder $(2), with the linker's flags $(3), from the package $(4). Where a file is newer than the
# program but nothing changed, Go leaves the program as it is.
build = @echo 'test-cluster: building $(1)'; mkdir -p $(@D); \
	cd $(2) && $(GO) build -trimpath -ldflags '$(3)' -o $(abspath $@) $(4) && touch $(abspath $@)

bench: ## measure, with each backend: times, allocations, memory, threads
	@for features in capi 'capi aws-lc-rs'; do \
		$(CARGO) bench --quiet --bench ratios --bench scaling --bench store --bench verify \
			--features "$$features" || exit 1; \
	done
	@$(CARGO) bench --quiet --bench fast_rsa --features aws-lc-rs,fast-rsa

PEERS = $(abspath $(TARGET_DIR))/bench-peers
# How often each verifier has its turn, for about 2 ms an algorithm.
PEER_ROUNDS ?= 300
bench-peers: ## measure the verifiers of other languages and libraries side by side with ours, and write it into docs/
	@CARGO_TARGET_DIR=$(PEERS)/rust $(CARGO) run --quiet --locked --release --manifest-path benches/peers/Cargo.toml \
		--bin bench-peers --features driver -- $(PEERS) --rounds $(PEER_ROUNDS) --write

FUZZ_SECONDS ?= 60
fuzz: ## run each fuzz target for FUZZ_SECONDS (needs the nightly toolchain)
	@cargo fuzz --version >/dev/null 2>&1 || $(CARGO) install --quiet --locked cargo-fuzz
	@for target in $$(cargo fuzz list); do \
		echo "fuzz: $$target"; mkdir -p fuzz/corpus/$$target; \
		seeds=fuzz/seeds/$$target; [ -d $$seeds ] || seeds=tests/fixtures/keys; \
		cargo +nightly fuzz run --features fast-rsa $$target fuzz/corpus/$$target $$seeds -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

advisories: tools ## check the dependencies against the RustSec database (needs the network)
	@$(CARGO) deny --log-level error check advisories

tools: ## install the tools that `test` needs beside the language toolchains
	@$(CARGO) deny --version >/dev/null 2>&1 || { echo 'tools: cargo-deny'; $(CARGO) install --quiet --locked cargo-deny; }

clean: ## remove everything that was built
	@$(CARGO) clean --quiet
