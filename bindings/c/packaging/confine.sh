#!/usr/bin/env bash
# Makes a static library that exports nothing but the ABI, so that a program may link other libraries of Rust, ring or AWS-LC.
#
#   confine.sh FROM.a TO.a     for ELF
#
# All of it becomes one object file, in which every other symbol is local. Sections stay apart, so --gc-sections works as before.
# Variables: LD and OBJCOPY, for every architecture that TARGET may be. Without them, those that come with Rust are taken.
set -euo pipefail
from=$1 to=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sysroot=$(rustc --print sysroot)
tools=$sysroot/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
linker=(${LD:-ld})
objcopy=(${OBJCOPY:-objcopy})
[ -n "${LD:-}" ] || [ ! -x "$tools/rust-lld" ] || linker=("$tools/rust-lld" -flavor gnu)
[ -n "${OBJCOPY:-}" ] || [ ! -x "$tools/rust-objcopy" ] || objcopy=(env "LD_LIBRARY_PATH=$sysroot/lib" "$tools/rust-objcopy")

roots=$("$(dirname "$0")/functions.sh" | sed 's/^/--undefined=/')

# Groups of sections are dissolved: the linker could prefer the group of another library, and ours would lack its symbols.
"${linker[@]}" -r --force-group-allocation $roots "$from" -o "$work/all.o"
# Some of the compiler's own functions come with the compiler's intermediate form, which no linker of C can read.
"${objcopy[@]}" --wildcard '--keep-global-symbol=boundtoken_*' --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd \
    "$work/all.o" "$work/confined.o"
"${objcopy[@]}" --strip-unneeded "$work/confined.o" "$work/boundtoken.o"
rm -f "$to"
ar crs "$to" "$work/boundtoken.o"
