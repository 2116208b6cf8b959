//! What a token claims, whether true or not.

use boundtoken::{Attestation, UnixSeconds};
use serde::Serialize;
use serde_json::Value;

use crate::document::optional_time;

/// The claims, as far as they can be understood.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    pub audiences: Vec<String>,
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<UnixSeconds>,
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixSeconds>,
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixSeconds>,
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub warn_after: Option<UnixSeconds>,
    /// The objects that the token is bound to.
    pub bound_objects: Vec<Object>,
    /// The node of the pod. It does not affect the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_of_pod: Option<Object>,
    /// The API groups whose admission reviews the caller may send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attested_api_groups: Vec<String>,
}

/// An object that a token names.
#[derive(Serialize)]
pub struct Object {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

impl Statement {
    pub fn read(claims: Option<&Value>) -> Self {
        let Some(claims) = claims else { return Self::default() };
        let kubernetes = claims.get("kubernetes.io");
        let kubernetes = |member: &str| kubernetes.and_then(|kubernetes| kubernetes.get(member));
        let namespace = kubernetes("namespace").and_then(text);
        let object = |kind, member: &str, namespace: &Option<String>| {
            let reference = kubernetes(member).filter(|reference| reference.is_object())?;
            let member = |name: &str| reference.get(name).and_then(text);
            Some(Object { kind, namespace: namespace.clone(), name: member("name"), uid: member("uid") })
        };
        let account = object("ServiceAccount", "serviceaccount", &namespace);
        let name = account.as_ref().and_then(|account| account.name.as_deref());
        let username = match (&namespace, name) {
            (Some(namespace), Some(name)) => Some(format!("system:serviceaccount:{namespace}:{name}")),
            _ => claims.get("sub").and_then(text),
        };
        let secret = object("Secret", "secret", &namespace);
        let pod = object("Pod", "pod", &namespace);
        let (node, node_of_pod) = match object("Node", "node", &None) {
            node if pod.is_some() => (None, node),
            node => (node, None),
        };
        let validating = object("ValidatingWebhookConfiguration", "validatingwebhookconfiguration", &None);
        let mutating = object("MutatingWebhookConfiguration", "mutatingwebhookconfiguration", &None);
        let attested = kubernetes("attestations").and_then(|all| all.get(Attestation::API_GROUPS));
        let attested = attested.and_then(Value::as_array).into_iter().flatten();
        Self {
            username,
            issuer: claims.get("iss").and_then(text),
            audiences: audiences(claims.get("aud")),
            issued_at: claims.get("iat").and_then(date),
            not_before: claims.get("nbf").and_then(date),
            expires_at: claims.get("exp").and_then(date),
            warn_after: kubernetes("warnafter").and_then(date),
            bound_objects: [account, secret, pod, node, validating, mutating].into_iter().flatten().collect(),
            node_of_pod,
            attested_api_groups: attested.filter_map(text).collect(),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn audiences(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(audience)) => vec![audience.clone()],
        Some(Value::Array(audiences)) => audiences.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// A date: seconds since 1970, rounded down, no later than the year 9999. None for anything else.
fn date(value: &Value) -> Option<UnixSeconds> {
    let whole = value.as_u64().or_else(|| {
        let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0)?;
        std::time::Duration::try_from_secs_f64(seconds).ok().map(|duration| duration.as_secs())
    });
    whole.map(UnixSeconds).filter(|date| *date <= UnixSeconds::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_object_that_decides_is_named() {
        let reference = json!({"name": "a", "uid": "u"});
        let claims = json!({"kubernetes.io": {
            "namespace": "demo",
            "serviceaccount": reference,
            "pod": reference,
            "node": reference,
            "validatingwebhookconfiguration": reference,
            "mutatingwebhookconfiguration": reference,
        }});
        let statement = Statement::read(Some(&claims));
        let bound: Vec<_> =
            statement.bound_objects.iter().map(|object| (object.kind, object.namespace.as_deref())).collect();
        assert_eq!(
            bound,
            [
                ("ServiceAccount", Some("demo")),
                ("Pod", Some("demo")),
                ("ValidatingWebhookConfiguration", None),
                ("MutatingWebhookConfiguration", None),
            ]
        );
        assert_eq!(statement.node_of_pod.unwrap().kind, "Node");
    }
}
