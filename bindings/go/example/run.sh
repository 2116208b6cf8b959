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
url=$(first_line "$folder/service" 'the service')
call() { curl --silent --max-time 30 --include -H "Authorization: Bearer $1" "$url$2"; }
say 'a caller with a token'
expect 'hello, system:serviceaccount:demo:app from Pod demo/app-0' call "$good" /
say 'a caller without one'
expect 'Www-Authenticate: Bearer' curl --silent --include "$url/"
say 'a caller whose token is for another service'
expect '401 Unauthorized' call "$other" /
say 'a route that is not for this caller'
expect '403 Forbidden' call "$good" /admin
say 'is the service ready?'
expect '200 OK' curl --silent --include "$url/readyz"
say 'the same token, after its pod is deleted'
delete_pod
sleep 1
expect '401 Unauthorized' call "$good" /
say 'what the service logged'
expect 'reason=pod_not_found' cat "$folder/log"
say 'go: all went as it should'
