#!/bin/sh
# Inspects the machine code of the additions on lanes in a release build for x86-64. It must have as many vector instructions as the
# algorithm needs, and no calls, so it cannot panic or allocate. The CPU of this machine need not support the instructions. Needs
# objdump. Run it with `make test-fast-p256` from the root of the repository.
set -eu
target=${TARGET_DIR:-target}/fast-p256-machine-code
CARGO_TARGET_DIR=$target "${CARGO:-cargo}" rustc --quiet --release -p boundtoken-capi --lib --crate-type cdylib \
    --features fast-p256 -- -C strip=none
objdump --disassemble --no-show-raw-insn "$target/release/libboundtoken_capi.so" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2 }
    /vpmadd52luq/ { low[name]++ }
    /vpmadd52huq/ { high[name]++ }
    /[ \t]call / { calls[name]++ }
    END {
        for (name in low) {
            printf "  %d + %d multiply-adds, %d calls: %s\n", low[name], high[name], calls[name], name
            # An addition of an affine point has 8 products of 40 + 40 and 3 squares of 30 + 30, and the x of the sum 5 + 4. The last
            # additions have 12 products and 4 squares each.
            if (low[name] >= 415 && calls[name] == 0) checked++
        }
        if (checked != 1) { print "  the additions are not compiled as they should be"; exit 1 }
    }'
