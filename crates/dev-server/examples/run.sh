# For scripts that run an example of a service against the development server. They read this file with `.`, and end with 0
# only if all went as it should. It sets `folder`, and knows the pids of what the script starts: `server` and `service`.
folder=$(mktemp -d)
server= service=
# The pids of what the script started, and of nothing else.
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
# Starts the development server with a pod, demo/app-0. The argument is the program boundtoken. Sets `kubeconfig`.
start_server() {
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
    kubeconfig=$folder/kubeconfig
    "$1" dev-server --quiet -o json --port 0 --objects "$folder/objects.yaml" --kubeconfig "$kubeconfig" >"$folder/server" &
    server=$!
    first_line "$folder/server" 'the development server' >/dev/null
    namespace=$(sed -n 's/^ *server: //p' "$kubeconfig")/api/v1/namespaces/demo
    admin=$(sed -n 's/^ *token: //p' "$kubeconfig")
    sed -n 's/^ *certificate-authority-data: //p' "$kubeconfig" | base64 -d >"$folder/ca.pem"
}
as_admin() { curl --silent --fail --cacert "$folder/ca.pem" -H "Authorization: Bearer $admin" "$@"; }
# Prints a token for an audience, which is bound to the pod.
token() {
    as_admin -H 'Content-Type: application/json' \
        -d "{\"spec\": {\"audiences\": [\"$1\"], \"boundObjectRef\": {\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"name\": \"app-0\"}}}" \
        "$namespace/serviceaccounts/app/token" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p'
}
delete_pod() { as_admin -X DELETE "$namespace/pods/app-0?gracePeriodSeconds=0" >/dev/null; }
# Calls a service that has been started, until the pod of its caller is deleted. Its first line, in $folder/service, is its address, and its
# log is in $folder/log. Needs `good` and `other`, tokens for it and for another service.
call_service() {
    url=$(first_line "$folder/service" 'the service')
    call() { curl --silent --max-time 30 --include -H "Authorization: Bearer $1" "$url$2"; }
    say 'a caller with a token'
    expect 'hello, system:serviceaccount:demo:app from Pod demo/app-0' call "$good" /
    say 'a caller without one'
    expect 'uthenticate: Bearer' curl --silent --include "$url/"
    say 'a caller whose token is for another service'
    expect 'HTTP/1.1 401 ' call "$other" /
    say 'a route that is not for this caller'
    expect 'HTTP/1.1 403 ' call "$good" /admin
    say 'is the service ready?'
    expect 'HTTP/1.1 200 ' curl --silent --include "$url/readyz"
    say 'the same token, after its pod is deleted'
    delete_pod
    sleep 1
    expect 'HTTP/1.1 401 ' call "$good" /
    say 'what the service logged'
    expect 'reason=pod_not_found' cat "$folder/log"
    case $output in *"$good"* | *"$other"*) echo 'the log has a token' >&2; exit 1 ;; esac
}
