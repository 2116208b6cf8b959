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
    # A jump to another function is a call too.
    /[ \t]j[a-z]+ +[0-9a-f]+ </ { split($NF, target, /[+>]/); if (target[1] ">:" != name) calls[name]++ }
    END {
        for (name in low) {
            printf "  %d + %d multiply-adds, %d calls: %s\n", low[name], high[name], calls[name], name
            # An addition of an affine point has 8 products of 40 + 40, 3 squares of 30 + 30, and 4 + 3 for the x of the sum. The last
            # additions have 12 products, 4 squares, and the same for x. That is 414 + 413 and 604 + 603, and more where the compiler
            # unrolls loops.
            if (low[name] >= 1018 && high[name] >= 1016 && calls[name] == 0) checked++
        }
        if (checked != 1) { print "  the additions are not compiled as they should be"; exit 1 }
    }'
