#!/usr/bin/env bash
# Tests the C++ headers: `make test-cpp`. BOUNDTOKEN_VECTORS names more folders with vectors, separated by colons.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo=${CARGO:-cargo} target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR=$target
work=$target/cpp
mkdir -p "$work"
. crates/dev-server/examples/run.sh
step() { printf 'test-cpp: %s\n' "$*"; }

not_tested() { crates/testing/not-tested.sh "$@"; }
# Runs a command, and shows what it says only if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "failed: $1" >&2; exit 1; }
}

step 'the generated header is current'
python3 bindings/cpp/generate.py --check

step 'the C library with its own checks, the development server, the verdicts of the Rust library'
$cargo rustc --quiet -p boundtoken-capi --lib --crate-type cdylib --no-default-features --features aws-lc-rs,kubernetes,fast-rsa
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
$cargo run --quiet -p boundtoken-testing --features boundtoken/aws-lc-rs --example verdicts |
    python3 bindings/cpp/tests/vectors.py >"$work/vectors.txt"
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken} library=$target/debug/libboundtoken_capi.so
rm -rf "$work/demo"
quietly "$boundtoken" demo --directory "$work/demo"
cp tests/vectors/apiserver-rs256/signing-key.pem "$work/demo/other.pem"
start_server "$boundtoken"

# Builds the tests: a name, the compiler, the standard, the C library, the flags of a sanitizer.
build() {
    quietly cmake -S bindings/cpp/tests -B "$work/$1" -DCMAKE_CXX_COMPILER="$2" -DCMAKE_CXX_STANDARD="$3" -DCMAKE_BUILD_TYPE= \
        -DC_LIBRARY="$4" -DFLAGS="$5" -DTESTS="$(IFS=';' && echo "${all[*]}")"
    quietly cmake --build "$work/$1" --parallel 2
}
# Runs one of the tests that were built. A pod that was deleted before is created again.
run_one() {
    case $2 in
    vectors) quietly "$work/$1/$2" "$work/vectors.txt" ;;
    documentation) quietly "$work/$1/$2" "$work/demo" "$kubeconfig" ;;
    cluster)
        as_admin -H 'Content-Type: application/json' -d "$pod" "$namespace/pods" >/dev/null || :
        quietly "$work/$1/$2" "$kubeconfig" "$(token example)" "$folder/delete" ;;
    *) quietly "$work/$1/$2" "$work/demo" ;;
    esac
    tail -n 1 "$work/log" | sed "s/^/  $1: /"
}
run() {
    local name=$1 test
    shift
    for test; do run_one "$name" "$test"; done
}
pod='{"metadata": {"name": "app-0"}, "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "registry.example.com/app"}]}}'
cat >"$folder/delete" <<END
#!/bin/sh
exec curl --silent --fail --output /dev/null --cacert "$folder/ca.pem" -H "Authorization: Bearer $admin" -X DELETE \
    "$namespace/pods/app-0?gracePeriodSeconds=0"
END
chmod +x "$folder/delete"

all=(vectors misuse owners threads documentation no_exceptions cluster)
sanitizers='-g;-fsanitize=address,undefined;-fno-sanitize-recover=all;-fno-omit-frame-pointer'
for compiler in g++ clang++; do
    if ! command -v "$compiler" >/dev/null; then
        not_tested "C++ with $compiler" "apt-get install ${compiler%++}"
        continue
    fi
    for standard in 17 20; do
        step "$compiler, C++$standard"
        build "$compiler-$standard" "$compiler" "$standard" "$library" ''
        run "$compiler-$standard" "${all[@]}"
    done
    step "$compiler, AddressSanitizer and UndefinedBehaviorSanitizer"
    build "$compiler-sanitized" "$compiler" 17 "$library" "$sanitizers"
    run "$compiler-sanitized" "${all[@]}"
done

step 'every function of the ABI is called'
if command -v nm >/dev/null; then
    nm -D --undefined-only "$work"/g++-17/{vectors,misuse,owners,threads,documentation,cluster} | sed -n 's/.* U \(boundtoken_\)/\1/p' |
        sort -u >"$work/called"
    python3 -c 'import json; print(*(each["name"] for each in json.load(open("bindings/abi.json"))["functions"]), sep="\n")' |
        sort >"$work/declared"
    missing=$(comm -13 "$work/called" "$work/declared")
    [ -z "$missing" ] || { echo "no test calls: $missing" >&2; exit 1; }
else
    not_tested 'whether every function is called' 'apt-get install binutils'
fi

# As bindings/c/tests/c_abi/thread_sanitizer.rs does it, which says why a program runs twice. The folder is the same, so the library is
# built once.
step 'ThreadSanitizer in the tests and in the C library'
sysroot=$(rustc --print sysroot)/lib/rustlib host=$(rustc -vV | sed -n 's/^host: //p')
runtime=$(ls "$sysroot/$host"/lib/*_rt.tsan.a 2>/dev/null | head -n 1)
if [ -d "$sysroot/src/rust/library/std" ] && [ -n "$runtime" ]; then
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread CARGO_INCREMENTAL=0 $cargo rustc --quiet -p boundtoken-capi --lib \
        --crate-type cdylib --no-default-features --features ring,kubernetes,fast-rsa -Zbuild-std --target "$host" \
        --target-dir "$target/tmp/c_abi/thread-sanitizer"
    racing=$target/tmp/c_abi/thread-sanitizer/$host/debug/libboundtoken_capi.so
    mkdir -p "$work/tsan"
    # With -nodefaultlibs, gcc leaves out its own runtime, which is often older than Rust's, and libraries that any program needs.
    for test in misuse owners threads cluster; do echo "$test"; done | quietly xargs -P 2 -I NAME \
        g++ -std=c++17 -O1 -g -fsanitize=thread -nodefaultlibs -Ibindings/cpp/include -Iinclude bindings/cpp/tests/NAME.cpp \
        -o "$work/tsan/NAME" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive "$racing" -Wl,-rpath,"${racing%/*}" \
        -lstdc++ -lpthread -ldl -lm -lgcc_s -lc -lgcc
    for way in "suppressions=$PWD/bindings/c/tests/c/thread_sanitizer.suppressions" force_seq_cst_atomics=1; do
        export TSAN_OPTIONS=die_after_fork=0:$way
        run tsan misuse owners threads cluster
    done
    unset TSAN_OPTIONS
else
    not_tested 'races with ThreadSanitizer' 'rustup component add rust-src'
fi

# Each header, and each template that the headers have, is in one of these.
step 'clang-tidy'
if command -v clang-tidy >/dev/null && [ -d "$work/clang++-17" ]; then
    for test in vectors owners cluster; do echo "bindings/cpp/tests/$test.cpp"; done |
        xargs -P 2 -n 1 clang-tidy --quiet -p "$work/clang++-17" >"$work/log" 2>&1 ||
        { grep -A4 'error:' "$work/log" >&2; exit 1; }
else
    not_tested 'clang-tidy' 'apt-get install clang clang-tidy'
fi

# The tests of C build the same libraries here.
export TARGET_DIR=$target/tmp/c_abi/target
bindings/cpp/tests/install.sh

step 'the example of a service'
quietly bindings/cpp/example/run.sh
grep 'NOT TESTED' "$work/log" || :
