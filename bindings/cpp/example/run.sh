#!/bin/sh
# Runs the example against the development server. Ends with 0 only if all went as it should.
set -eu
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo} target=${CARGO_TARGET_DIR:-target} compiler=${CXX:-g++}
# Where the C library is built.
libraries=${TARGET_DIR:-$target}
if ! echo '#include <httplib.h>' | $compiler -std=c++17 -E -x c++ - >/dev/null 2>&1; then
    [ "${BOUNDTOKEN_SKIP_NOTHING:-}" != 1 ] || { echo 'cpp-httplib is missing: apt-get install libcpp-httplib-dev' >&2; exit 1; }
    echo 'NOT TESTED: the example of a service in C++; apt-get install libcpp-httplib-dev' | tee -a "${BOUNDTOKEN_NOT_TESTED:-/dev/null}"
    exit 0
fi
. crates/dev-server/examples/run.sh

say 'cpp: building'
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken}
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
make --no-print-directory capi TARGET_DIR="$libraries"
$compiler -std=c++17 -O2 -Wall -Wextra -Ibindings/cpp/include -Iinclude bindings/cpp/example/main.cpp -o "$folder/example" \
    -L"$libraries/release" -lboundtoken -Wl,-rpath,"$(realpath "$libraries")/release" $(pkg-config --libs cpp-httplib) -pthread

start_server "$boundtoken"
good=$(token example) other=$(token other)

"$folder/example" "$kubeconfig" >"$folder/service" 2>"$folder/log" &
service=$!
call_service
say 'cpp: all went as it should'
