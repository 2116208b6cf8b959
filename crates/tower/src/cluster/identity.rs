//! Who this pod is, by its own token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Where the kubelet mounts the token of a pod's service account.
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The issuer and the service account of this pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnIdentity {
    pub(super) issuer: String,
    pub(super) namespace: String,
    pub(super) service_account: String,
}

impl OwnIdentity {
    /// Reads it from the token that the kubelet mounted. Nobody else can write there, so no signature needs to be checked.
    ///
    /// `None` if there is no such token, or if it is not bound: the issuer of an older token says nothing about others.
    pub(super) fn of_this_pod() -> Option<Self> {
        Self::of_token(&std::fs::read_to_string(TOKEN_FILE).ok()?)
    }

    fn of_token(token: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Claims {
            iss: String,
            #[serde(rename = "kubernetes.io")]
            kubernetes: Kubernetes,
        }
        #[derive(Deserialize)]
        struct Kubernetes {
            namespace: String,
            serviceaccount: ServiceAccount,
        }
        #[derive(Deserialize)]
        struct ServiceAccount {
            name: String,
        }
        let payload = URL_SAFE_NO_PAD.decode(token.trim().split('.').nth(1)?).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        Some(Self {
            issuer: claims.iss,
            namespace: claims.kubernetes.namespace,
            service_account: claims.kubernetes.serviceaccount.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_token_says_who_its_pod_is() {
        let tokens = boundtoken_testing::repository().join("tests/vectors/apiserver-rs256/tokens.json");
        let tokens: std::collections::BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(tokens).unwrap()).unwrap();
        let expected = OwnIdentity {
            issuer: "https://kubernetes.default.svc.cluster.local".to_owned(),
            namespace: "demo".to_owned(),
            service_account: "app".to_owned(),
        };
        assert_eq!(OwnIdentity::of_token(&format!("{}\n", tokens["pod-live"])), Some(expected));
    }

    #[test]
    fn any_other_text_says_nothing() {
        let legacy = URL_SAFE_NO_PAD
            .encode(r#"{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:a:b"}"#);
        for token in ["", "a", "a.b.c", &format!("a.{legacy}.c")] {
            assert_eq!(OwnIdentity::of_token(token), None, "{token}");
        }
    }
}
