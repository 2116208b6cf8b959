#!/bin/sh
# Runs the webhook against a development server, in the place of the API server that calls it. `make example-admission` does:
#
#   demo.sh BOUNDTOKEN WEBHOOK
#
# The arguments are the two programs. It ends with 0 if everything was as expected.
set -eu
boundtoken=$1
webhook=$2

folder=$(mktemp -d)
cluster=
service=
end() {
    for process in $cluster $service; do kill "$process" 2>/dev/null || :; done
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' INT TERM
cd "$folder"

# A cluster with the webhook's configuration.
cat >configuration.json <<'END'
{
  "apiVersion": "admissionregistration.k8s.io/v1",
  "kind": "ValidatingWebhookConfiguration",
  "metadata": {"name": "policy"},
  "webhooks": [{
    "name": "policy.example.com",
    "clientConfig": {"service": {"name": "policy", "namespace": "demo", "path": "/validate"}},
    "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}],
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"]
  }]
}
END
cat >account.yaml <<'END'
apiVersion: v1
kind: ServiceAccount
metadata: {name: kube-apiserver, namespace: kube-system}
END
mkfifo started listening
"$boundtoken" dev-server -o json -q --port 0 --kubeconfig kubeconfig \
    --objects configuration.json --objects account.yaml >started 2>dev-server.log &
cluster=$!
head -n 1 started >started.json
server=$(sed 's/.*"url":"\([^"]*\)".*/\1/' started.json)
export KUBECONFIG="$folder/kubeconfig"
sed -n 's/^ *certificate-authority-data: //p' kubeconfig | base64 -d >cluster.crt
administrator=$(sed -n 's/^ *token: //p' kubeconfig)

# The webhook, with a certificate for the name of its service.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.crt -days 1 \
    -subj /CN=policy.demo.svc -addext subjectAltName=DNS:policy.demo.svc 2>openssl.log
"$webhook" 127.0.0.1:0 tls.crt tls.key >listening 2>webhook.log &
service=$!
listening=$(head -n 1 listening)

# Sends a review of a Deployment to the webhook as the API server does. The arguments: the API group that the review names, the
# labels of the Deployment, and more for curl. Prints status and answer.
review() {
    group=$1
    labels=$2
    shift 2
    cat >review.json <<END
{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
  "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
  "kind": {"group": "$group", "version": "v1", "kind": "Deployment"},
  "resource": {"group": "$group", "version": "v1", "resource": "deployments"},
  "name": "web", "namespace": "demo", "operation": "CREATE", "userInfo": {"username": "ada"},
  "object": {"apiVersion": "$group/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": $labels}}}}
END
    curl --silent --show-error --max-time 10 --cacert tls.crt --connect-to "policy.demo.svc:443:$listening" \
        --header 'Content-Type: application/json' --data @review.json --write-out '\n%{http_code}\n' "$@" \
        https://policy.demo.svc/validate
}

# Says what happens, and ends if the answer to the review does not have this text.
expect() {
    what=$1
    text=$2
    shift 2
    answer=$(review "$@")
    case $answer in
        *"$text"*) printf '%-58s %s\n' "$what" "$text" ;;
        *)
            printf '%s: expected %s, got %s\n' "$what" "$text" "$answer" >&2
            cat dev-server.log webhook.log >&2
            exit 1
            ;;
    esac
}

# What something beside the API server does every few minutes.
token=$("$boundtoken" request kube-apiserver -n kube-system -q --duration 10m \
    --bound-object-kind ValidatingWebhookConfiguration --bound-object-name policy \
    --audience https://policy.demo.svc:443/validate --attest-api-group apps)
printf 'Authorization: Bearer %s\n' "$token" >token

expect 'Anybody, without a token' 401 apps '{"owner": "ada"}'
expect 'The API server, a Deployment with an owner' '"allowed":true' apps '{"owner": "ada"}' --header @token
expect 'The API server, a Deployment without an owner' '"allowed":false' apps '{}' --header @token
expect 'The same token, for a group that it does not attest' 403 batch '{"owner": "ada"}' --header @token

configurations=$server/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations
administer() {
    curl --silent --show-error --fail --output administered.json --cacert cluster.crt \
        --header "Authorization: Bearer $administrator" --header 'Content-Type: application/json' "$@"
}
administer --request DELETE "$configurations/policy"
tries=0
while [ $tries -lt 50 ] && review apps '{"owner": "ada"}' --header @token | grep -q allowed; do
    tries=$((tries + 1))
    sleep 0.1
done
expect 'The same token, after the configuration was deleted' 401 apps '{"owner": "ada"}' --header @token
administer --data @configuration.json "$configurations"
sleep 0.5
expect 'The same token, after the configuration was made again' 401 apps '{"owner": "ada"}' --header @token
