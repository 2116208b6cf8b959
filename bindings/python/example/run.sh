#!/bin/sh
# Runs the example against the development server. Ends with 0 only if all went as it should. The package is on the path of PYTHON.
set -eu
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo} python=${PYTHON:-python3} target=${CARGO_TARGET_DIR:-target}
. crates/dev-server/examples/run.sh

say 'python: building'
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken}
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli

start_server "$boundtoken"
good=$(token example) other=$(token other)

"$python" bindings/python/example/service.py --kubeconfig "$kubeconfig" --port 0 >"$folder/service" 2>"$folder/log" &
service=$!
call_service
say 'python: all went as it should'
