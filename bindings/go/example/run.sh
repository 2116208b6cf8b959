#!/bin/sh
# Runs the example against the development server. Ends with 0 only if all went as it should.
set -eu
cd "$(dirname "$0")/../../.."
cargo=${CARGO:-cargo} go=${GO:-go} target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
server= service=
# The pids of what this script started, and of nothing else.
trap 'kill $service $server 2>/dev/null || :; rm -rf "$folder"' EXIT

say() { printf '\n%s\n' "$*"; }
# Waits until a file has a first line, and prints it.
first_line() {
    for _ in $(seq 600); do
        [ -s "$1" ] && { head -n 1 "$1"; return; }
        sleep 0.1
    done
    echo "$2 does not answer" >&2
    exit 1
}
# Runs a command, shows what it prints, and demands that this has a text in it.
expect() {
    text=$1
    shift
    output=$("$@" 2>&1) || :
    printf '%s\n' "$output"
    case $output in *"$text"*) ;; *) echo "expected: $text" >&2; exit 1 ;; esac
}

say 'go: building'
boundtoken=${BOUNDTOKEN:-$target/debug/boundtoken}
[ -n "${BOUNDTOKEN:-}" ] || $cargo build --quiet -p boundtoken-cli
(cd bindings/go/example && CGO_ENABLED=0 $go build -o "$folder/example" .)

cat >"$folder/objects.yaml" <<END
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: demo, name: app}
---
apiVersion: v1
kind: Pod
metadata: {namespace: demo, name: app-0}
spec:
  serviceAccountName: app
  containers: [{name: app, image: registry.example.com/app}]
END
kubeconfig="$folder/kubeconfig"
$boundtoken dev-server --quiet -o json --port 0 --objects "$folder/objects.yaml" --kubeconfig "$kubeconfig" \
    >"$folder/server" &
server=$!
first_line "$folder/server" 'the development server' >/dev/null
api=$(sed -n 's/^ *server: //p' "$kubeconfig")
admin=$(sed -n 's/^ *token: //p' "$kubeconfig")
sed -n 's/^ *certificate-authority-data: //p' "$kubeconfig" | base64 -d >"$folder/ca.pem"
as_admin() { curl --silent --fail --cacert "$folder/ca.pem" -H "Authorization: Bearer $admin" "$@"; }
token() {
    as_admin -H 'Content-Type: application/json' \
        -d "{\"spec\": {\"audiences\": [\"$1\"], \"boundObjectRef\": {\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"name\": \"app-0\"}}}" \
        "$api/api/v1/namespaces/demo/serviceaccounts/app/token" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p'
}
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
as_admin -X DELETE "$api/api/v1/namespaces/demo/pods/app-0?gracePeriodSeconds=0" >/dev/null
sleep 1
expect '401 Unauthorized' call "$good" /
say 'what the service logged'
expect 'reason=pod_not_found' cat "$folder/log"
say 'go: all went as it should'
