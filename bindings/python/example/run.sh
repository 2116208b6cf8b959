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
url=$(first_line "$folder/service" 'the service')
call() { curl --silent --max-time 30 --include -H "Authorization: Bearer $1" "$url$2"; }
say 'a caller with a token'
expect 'hello, system:serviceaccount:demo:app from Pod demo/app-0' call "$good" /
say 'a caller without one'
expect 'www-authenticate: Bearer' curl --silent --include "$url/"
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
case $(cat "$folder/log") in *"$good"*) echo 'the log has the token' >&2; exit 1 ;; esac
say 'python: all went as it should'
