//! `kubectl create token`, and the life of its tokens.

use boundtoken::Reason;
use serde_json::{Value, json};

use super::Kubectl;
use crate::{claims, verifier};

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

#[test]
fn tokens_have_the_audiences_and_the_lifetime_that_were_asked_for() {
    let Some(kubectl) = Kubectl::start("token") else { return };
    kubectl.ok("create serviceaccount app");
    let uid = kubectl.uid("serviceaccount/app");
    for (arguments, audience, audiences, lifetime) in [
        ("", ISSUER, json!([ISSUER]), 3600),
        ("--audience vault", "vault", json!(["vault"]), 3600),
        ("--audience vault --audience api --duration 10m", "api", json!(["vault", "api"]), 600),
        ("--duration 48h", ISSUER, json!([ISSUER]), 172_800),
    ] {
        let token = kubectl.ok(&format!("create token app {arguments}"));
        assert!(!token.ends_with('\n'));
        let claims = claims(&kubectl.server, audience, &token);
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &audiences), "{arguments}");
        assert_eq!(claims["sub"], "system:serviceaccount:default:app");
        let number = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(number("exp") - number("iat"), lifetime, "{arguments}");
        assert_eq!(
            claims["kubernetes.io"],
            json!({"namespace": "default", "serviceaccount": {"name": "app", "uid": uid}})
        );
    }

    let request = kubectl.json("create token app --audience vault");
    assert_eq!(
        (&request["kind"], &request["spec"]["audiences"]),
        (&json!("TokenRequest"), &json!(["vault"]))
    );
    claims(&kubectl.server, "vault", request["status"]["token"].as_str().unwrap());
    assert_eq!(kubectl.ok("create token app -o name"), "tokenrequest.authentication.k8s.io/app\n");
}

#[test]
fn tokens_are_bound_to_pods_secrets_and_nodes() {
    let Some(kubectl) = Kubectl::start("bound") else { return };
    kubectl.file(
        "objects.yaml",
        "
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {serviceAccountName: default, nodeName: node-1, containers: [{name: web, image: registry.example.com/web}]}
",
    );
    kubectl.ok("create -f objects.yaml");
    kubectl.ok("create secret generic password --from-literal=key=value");
    let bound = |kind: &str, name: &str, more: &str| -> Value {
        let arguments = format!("--bound-object-kind {kind} --bound-object-name {name} {more}");
        let token = kubectl.ok(&format!("create token default --audience vault {arguments}"));
        claims(&kubectl.server, "vault", &token)["kubernetes.io"].clone()
    };
    let object = |name: &str, object: &str| json!({"name": name, "uid": kubectl.uid(object)});
    let (pod, node) = (object("web", "pod/web"), object("node-1", "node/node-1"));

    let claimed = bound("Pod", "web", "");
    assert_eq!((&claimed["pod"], &claimed["node"]), (&pod, &node));
    let claimed = bound("Pod", "web", &format!("--bound-object-uid {}", pod["uid"].as_str().unwrap()));
    assert_eq!((&claimed["pod"], &claimed["node"]), (&pod, &node));
    assert_eq!(bound("Secret", "password", "")["secret"], object("password", "secret/password"));
    let claimed = bound("Node", "node-1", "");
    assert_eq!((&claimed["node"], claimed.get("pod")), (&node, None));
}

#[test]
fn refusals_come_through_in_the_api_servers_words() {
    let Some(kubectl) = Kubectl::start("refused") else { return };
    kubectl.ok("create serviceaccount app");
    kubectl.ok("run web --image=registry.example.com/web");
    for (arguments, message) in [
        ("missing", "serviceaccounts \"missing\" not found"),
        ("app -n nowhere", "namespaces \"nowhere\" not found"),
        (
            "app --duration 9m",
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 540: may not \
             specify a duration less than 10 minutes",
        ),
        (
            "app --bound-object-kind Pod --bound-object-name web",
            "cannot bind token for serviceaccount \"app\" to pod running with different serviceaccount name.",
        ),
        ("default --bound-object-kind Pod --bound-object-name missing", "pods \"missing\" not found"),
        (
            "default --bound-object-kind Pod --bound-object-name web --bound-object-uid another",
            "Operation cannot be fulfilled on Pod \"web\": the UID in the bound object reference (another) does not \
             match the UID in record. The object might have been deleted and then recreated",
        ),
    ] {
        let error = kubectl.refused(&format!("create token {arguments}"));
        assert_eq!(error, format!("error: failed to create token: {message}"));
    }
}

#[test]
fn a_token_is_its_service_account_to_the_server_itself() {
    let Some(kubectl) = Kubectl::start("whoami") else { return };
    kubectl.ok("create serviceaccount app");
    let admin = kubectl.json("auth whoami");
    assert_eq!(admin["status"]["userInfo"]["groups"], json!(["system:masters", "system:authenticated"]));

    let token = kubectl.ok("create token app");
    let user = kubectl.json(&format!("auth whoami --token {token}"))["status"]["userInfo"].clone();
    assert_eq!(user["username"], "system:serviceaccount:default:app");
    assert_eq!(user["uid"], json!(kubectl.uid("serviceaccount/app")));
    assert_eq!(
        user["groups"],
        json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
    );

    let elsewhere = kubectl.ok("create token app --audience vault");
    let error = kubectl.refused(&format!("auth whoami --token {elsewhere}"));
    assert!(error.contains("You must be logged in to the server"), "{error}");
}

#[test]
fn a_token_dies_with_its_pod() {
    let Some(kubectl) = Kubectl::start("dies") else { return };
    kubectl.ok("run web --image=registry.example.com/web");
    let token =
        kubectl.ok("create token default --audience vault --bound-object-kind Pod --bound-object-name web");
    kubectl.file(
        "review.yaml",
        &format!(
            "apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {{token: {token}, audiences: [vault]}}\n"
        ),
    );
    let review = || -> Value { yaml_serde::from_str(&kubectl.ok("create -f review.yaml -o yaml")).unwrap() };
    let verifier = verifier(&kubectl.server, "vault");

    let verdict = review();
    assert_eq!(verdict["status"]["authenticated"], true, "{verdict}");
    let verified = verifier.verify(token.as_bytes()).unwrap();
    assert_eq!(verdict["status"]["user"], serde_json::to_value(verified.user_info()).unwrap());

    kubectl.run("delete pod web --grace-period=0 --force");
    let verdict = review();
    assert_eq!(verdict["status"].get("authenticated"), None, "{verdict}");
    assert!(verdict["status"]["error"].as_str().unwrap().contains("has been invalidated"), "{verdict}");
    assert_eq!(verifier.verify(token.as_bytes()).unwrap_err().reason(), Reason::PodNotFound);

    // A new pod with the same name does not revive the token.
    kubectl.ok("run web --image=registry.example.com/web");
    assert_eq!(review()["status"].get("authenticated"), None);
    assert_eq!(verifier.verify(token.as_bytes()).unwrap_err().reason(), Reason::PodUidMismatch);
}
