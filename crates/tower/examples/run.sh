#!/bin/sh
# Runs an example against the development server: axum or tonic. Ends with 0 only if all went as it should.
# With `wrk` it measures the axum service under load: a route behind the layer, and one that is not.
set -eu
example=$1 profile=debug
[ "$example" != wrk ] || { command -v wrk >/dev/null || { echo 'wrk is missing: apt-get install wrk' >&2; exit 1; }; profile=release; }
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo}
target=${CARGO_TARGET_DIR:-target}
. crates/dev-server/examples/run.sh

service_name=$example
[ "$example" != wrk ] || service_name=axum
flag=
[ "$profile" = debug ] || flag=--release
boundtoken=${BOUNDTOKEN:-$target/$profile/boundtoken}
examples=${BOUNDTOKEN_EXAMPLES:-$target/$profile/examples}
say "$example: building"
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet $flag -p boundtoken-cli
[ -n "${BOUNDTOKEN_EXAMPLES:-}" ] ||
    $cargo build --quiet $flag -p boundtoken-tower --example "$service_name" --features axum,kubernetes,metrics,tonic
program=$examples/$service_name

start_server "$boundtoken"
KUBECONFIG=$kubeconfig TOKEN=$(token vault)
export KUBECONFIG TOKEN

case $example in
axum)
    $program vault 127.0.0.1:0 >"$folder/service" 2>"$folder/log" &
    service=$!
    url=$(first_line "$folder/service" 'the service')
    call() { curl --silent --max-time 30 --include -H "Authorization: Bearer $TOKEN" "$url$1"; }
    say 'a caller with a token'
    expect 'hello, system:serviceaccount:demo:app' call /
    say 'a caller without one'
    expect 'www-authenticate: Bearer' curl --silent --include "$url/"
    say 'a route that is not for this caller'
    expect '403 Forbidden' call /admin
    say 'is the service ready?'
    expect '200 OK' curl --silent --include "$url/readyz"
    say 'a stream of events, during which the pod is deleted'
    (sleep 2; delete_pod) &
    expect 'data: pod_not_found' call /events
    say 'the same token, now that its pod is gone'
    expect '401 Unauthorized' call /
    say 'what operators see'
    expect 'boundtoken_requests_refused_total{reason="pod_not_found"} 1' sh -c \
        "curl --silent $url/metrics | grep '^boundtoken_[rt]'"
    say 'what the service logged'
    expect 'reason="pod_not_found"' cat "$folder/log"
    ;;
wrk)
    $program vault 127.0.0.1:0 >"$folder/service" 2>"$folder/log" &
    service=$!
    url=$(first_line "$folder/service" 'the service')
    say 'requests in a second over 32 connections of one thread, with and without the layer in turn'
    for round in 1 2 3; do
        for path in /readyz /; do
            printf '%s  %-8s' "$round" "$path"
            wrk --threads 1 --connections 32 --duration 5s --latency -H "Authorization: Bearer $TOKEN" "$url$path" |
                awk '/Non-2xx/ {bad = 1} /Requests\/sec/ {rate = $2} /50%/ {p50 = $2} /99%/ {p99 = $2}
                     END {print rate, "p50", p50, "p99", p99; exit bad}'
        done
    done
    ;;
tonic)
    $program serve vault 127.0.0.1:0 >"$folder/service" 2>"$folder/log" &
    service=$!
    url=$(first_line "$folder/service" 'the service')
    say 'a caller without a token'
    expect 'check: Unauthenticated' env TOKEN= "$program" call "$url"
    say 'a caller with a token, whose pod is deleted while it watches'
    (sleep 2; delete_pod) &
    expect 'watch: Unauthenticated: ' "$program" call "$url"
    say 'the same token, now that its pod is gone'
    expect 'check: Unauthenticated' "$program" call "$url"
    ;;
esac
say "$example: all went as it should"
