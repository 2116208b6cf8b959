#!/bin/sh
# Runs the example against the development server. Ends with 0 only if all went as it should.
set -eu
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo} go=${GO:-go} target=${CARGO_TARGET_DIR:-target}
. crates/dev-server/examples/run.sh

say 'go: building'
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken}
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
(cd bindings/go/example && CGO_ENABLED=0 $go build -o "$folder/example" .)

start_server "$boundtoken"
good=$(token example) other=$(token other)

"$folder/example" -kubeconfig "$kubeconfig" -address 127.0.0.1:0 >"$folder/service" 2>"$folder/log" &
service=$!
call_service
say 'go: all went as it should'
