#!/usr/bin/env bash
# Translates the library to Go: bindings/go/guest to WebAssembly by rustc, and that to bindings/go/internal/wasm/wasm.go by wasm2go.
#
#   generate.sh FILE     writes the Go source into FILE
#
# The same sources give the same bytes on every machine. For that, the versions of both compilers are pinned here, and nothing of where
# the repository or the toolchain is reaches the output. Ends with 3 if a tool is missing.
set -euo pipefail

readonly RUST=1.95.0
readonly RUSTC="rustc 1.95.0 (59807616e 2026-04-14)"
readonly WASM2GO=v0.4.22

readonly output=$(realpath -m "$1")
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(realpath -m "${TARGET_DIR:-$repository/target}")/go-guest
readonly repository work

missing() {
    echo "generate.sh: $*" >&2
    exit 3
}

# The compiler may be the usual one, or a toolchain of its own.
cargo=()
for through in "" "rustup run $RUST"; do
    [ "$($through rustc --version 2>/dev/null)" = "$RUSTC" ] || continue
    [ -d "$($through rustc --print sysroot)/lib/rustlib/src/rust/library" ] || continue
    cargo=($through cargo)
    break
done
[ "${#cargo[@]}" -gt 0 ] || missing "$RUSTC with the source of its standard library is missing:" \
    "rustup toolchain install $RUST --profile minimal --component rust-src"
command -v "${GO:-go}" >/dev/null || missing "Go is missing: see https://go.dev/doc/install"

# Cargo names everything after the path below the workspace, and code is ordered by names. So the library gets a path below.
mkdir -p "$work/source"
ln -sfn "$repository" "$work/source/library"
ln -sfn "$repository/bindings/go/guest/src" "$work/source/src"
ln -sfn "$repository/bindings/go/guest/stand-ins" "$work/source/stand-ins"
cp "$repository/bindings/go/guest/Cargo.lock" "$work/source/"
sed -e 's|path = "../../.."|path = "library"|' -e 's|^\[workspace\]$|&\nexclude = ["library"]|' "$repository/bindings/go/guest/Cargo.toml" >"$work/source/Cargo.toml"

# A panic ends the call, and whoever runs the module discards the instance. The text of a panic, and the code that writes it, would be a
# seventh of the module. To leave them out, the standard library is built too, which the compiler allows only if asked like this.
# 128 KiB of stack: the deepest call takes a part of it. 32 MiB of memory at most: an instance takes less than one.
flags="-Zunstable-options -Cpanic=immediate-abort -Clink-arg=-zstack-size=131072 -Clink-arg=--max-memory=33554432"
env -u CARGO_ENCODED_RUSTFLAGS RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$work/target" CARGO_INCREMENTAL=0 \
    "${cargo[@]}" build --quiet --locked --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort \
    --manifest-path "$work/source/Cargo.toml"
module="$work/target/wasm32-unknown-unknown/release/boundtoken_guest.wasm"

GOBIN="$work/bin" GOFLAGS=-mod=mod "${GO:-go}" install "github.com/ncruces/wasm2go@$WASM2GO"
mkdir -p "$(dirname "$output")"
{
    echo "// The verifier of the Rust library boundtoken, translated. \`make generate-go\` makes it anew."
    echo "//"
    echo "// Compiled by $RUSTC, translated by github.com/ncruces/wasm2go $WASM2GO."
    echo "// SHA-256 of the module: $(sha256sum "$module" | cut -d ' ' -f 1)"
    echo
    "$work/bin/wasm2go" -pkg wasm "$module" | gofmt
} >"$output.part"
mv "$output.part" "$output"
