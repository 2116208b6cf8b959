#!/usr/bin/env bash
# Builds the C libraries into a folder.
#
#   build.sh FOLDER     FOLDER is where cargo puts the libraries of TARGET: $TARGET_DIR[/TRIPLE]/release
#
# Variables: FEATURES, TARGET (a triple, empty for this machine), TARGET_DIR, CARGO, SONAME.
#
# The folder gets libboundtoken.a and, by the system, libboundtoken.so with $SONAME, or boundtoken.dll with libboundtoken.dll.a;
# and libboundtoken.native-libs: the system's libraries that a program needs besides the static one, as the compiler names them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."

mkdir -p "$1"
folder=$(cd "$1" && pwd)
triple=${TARGET:-$(rustc -vV | sed -n 's/^host: //p')}
# cargo-zigbuild takes a version of glibc with the triple.
triple=${triple%%.*}

arguments=()
[ -z "$TARGET" ] || arguments+=(--target "$TARGET")
link=(-C strip=symbols --print "native-static-libs=$folder/native-static-libs")
case $triple in
*-windows-*) ;;
*-apple-*) echo "build.sh: on $triple the libraries are built by cargo-c: see docs/c.md" >&2; exit 2 ;;
*)
    # Threads of the library may outlast its last call, so it stays loaded: -z nodelete.
    link+=(-C "link-arg=-Wl,-soname,$SONAME" -C link-arg=-Wl,-z,nodelete)
    ;;
esac
# A shared library for musl takes the C library of the program. Cargo must know, or it makes none.
case $triple in
*-musl*)
    flags=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$triple")_RUSTFLAGS
    export "$flags=${!flags:-} -Ctarget-feature=-crt-static"
    ;;
esac

# Optimising everything at once makes the library a tenth smaller.
log=$folder/capi.log status=0
CARGO_TARGET_DIR=$TARGET_DIR CARGO_PROFILE_RELEASE_LTO=fat $CARGO rustc --quiet --release --locked -p boundtoken-capi --lib \
    --crate-type cdylib,staticlib "${arguments[@]}" --no-default-features --features "$FEATURES" -- "${link[@]}" 2>"$log" || status=$?
grep -v '^note: native artifacts\|^$' "$log" >&2 || true
[ "$status" = 0 ] || exit "$status"

# The compiler of C adds these two itself, and knows where: with -static, libgcc_s does not exist.
tr ' ' '\n' <"$folder/native-static-libs" | awk 'NF && $0 != "-lgcc_s" && $0 != "-lc" && !seen[$0]++' | paste -sd ' ' - \
    >"$folder/libboundtoken.native-libs"

case $triple in
*-windows-*)
    ln -f "$folder/libboundtoken_capi.a" "$folder/libboundtoken.a"
    ln -f "$folder/boundtoken_capi.dll" "$folder/boundtoken.dll"
    ;;
*)
    "$here/confine.sh" "$folder/libboundtoken_capi.a" "$folder/libboundtoken.a"
    ln -f "$folder/libboundtoken_capi.so" "$folder/libboundtoken.so"
    ln -sf libboundtoken.so "$folder/$SONAME"
    ;;
esac
