#!/bin/sh
# Inspects the machine code of the signature check in a release build for x86-64. It must have as many vector instructions
# as the algorithm needs, and no calls, so it cannot panic or allocate. The CPU of this machine need not support the
# instructions. Needs objdump. Run it with `make test-fast-rsa` from the root of the repository.
set -eu
target=${TARGET_DIR:-target}/fast-rsa-machine-code
CARGO_TARGET_DIR=$target "${CARGO:-cargo}" rustc --quiet --release -p boundtoken-capi --lib --crate-type cdylib \
    --features fast-rsa -- -C strip=none
objdump --disassemble --no-show-raw-insn "$target/release/libboundtoken_capi.so" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2 }
    /vpmadd52luq/ { low[name]++ }
    /vpmadd52huq/ { high[name]++ }
    /[ \t]call / { calls[name]++ }
    /vmovdq[au]64 .*%zmm[0-9]+,.*\(/ { stores[name]++ }
    END {
        for (name in low) {
            printf "  %d + %d multiply-adds, %d calls, %d stores of vectors: %s\n",
                low[name], high[name], calls[name], stores[name], name
            # A row has 15 + 15 in a squaring and 25 + 25 in a product; a fold and the Montgomery step have 25 + 25 each in both.
            # That is 140 + 140, and more where the compiler unrolls loops.
            if (low[name] >= 140 && high[name] == low[name] && calls[name] == 0 && stores[name] < 60) checked++
        }
        if (checked != 1) { print "  the check is not compiled as it should be"; exit 1 }
    }'
