//! Filling a store from the JSON that Kubernetes writes.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use super::{ForIssuer, ObjectStore};
use crate::objects::{ObjectKind, ObjectReference, PodSpec, Webhook};
use crate::time::UnixSeconds;

impl ObjectStore {
    /// Creates a store with the objects of a JSON document. See [`load_json`](Self::load_json).
    ///
    /// # Errors
    /// As [`load_json`](Self::load_json).
    pub fn from_json(json: &[u8]) -> Result<Self, ObjectStoreError> {
        let store = Self::new();
        store.load_json(json)?;
        Ok(store)
    }

    /// Adds the objects of a JSON document. Returns their number.
    ///
    /// The document is one of:
    ///
    /// - an object with one list for each resource: `{"pods": […], "nodes": […]}`. The resources are `serviceaccounts`,
    ///   `secrets`, `pods`, `nodes`, `validatingwebhookconfigurations` and `mutatingwebhookconfigurations`.
    /// - a Kubernetes list, as `kubectl get serviceaccounts,pods,nodes -A -o json` prints it.
    /// - an array of objects, or one object, each with its kind.
    ///
    /// Objects may be complete or PartialObjectMetadata. Kinds without an [`ObjectKind`] are skipped. For an
    /// [`Issuer`](crate::Issuer), the store keeps the service account and node of complete pods, and the URLs and API
    /// groups of complete webhook configurations.
    ///
    /// ```
    /// use boundtoken::ObjectStore;
    ///
    /// let objects = ObjectStore::from_json(
    ///     br#"{"pods": [{"metadata": {"namespace": "demo", "name": "live", "uid": "e5bf3f7d-fbca-403d-a58f-f50f44e8da63"}}]}"#,
    /// )?;
    /// assert_eq!(objects.len(), 1);
    /// # Ok::<(), boundtoken::ObjectStoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectStoreError`] if the document is none of these, or an object lacks its name or uid. Then nothing is
    /// added.
    pub fn load_json(&self, json: &[u8]) -> Result<usize, ObjectStoreError> {
        let document: Value = parse(serde_json::from_slice(json))?;
        let mut found = Vec::new();
        match document {
            Value::Object(lists) if !lists.contains_key("kind") && !lists.contains_key("items") => {
                for (resource, list) in lists {
                    let kind = kind_of_resource(&resource).ok_or_else(|| unknown_resource(&resource))?;
                    collect(objects(list)?, Some(kind), &mut found)?;
                }
            }
            _ => collect(objects(document)?, None, &mut found)?,
        }
        let count = found.len();
        for object in found {
            object.store(self);
        }
        Ok(count)
    }
}

/// Returns the elements of an array, or the one value, which is an object or a Kubernetes list.
fn objects(value: Value) -> Result<Vec<Object>, ObjectStoreError> {
    match value {
        Value::Array(_) => parse(serde_json::from_value(value)),
        _ => Ok(vec![parse(serde_json::from_value(value))?]),
    }
}

fn parse<T>(result: serde_json::Result<T>) -> Result<T, ObjectStoreError> {
    // The text of serde_json would quote what it found. In the wrong file, that may be a secret.
    result.map_err(|error| {
        let what = match error.classify() {
            Category::Data => "a member has the wrong type",
            Category::Eof => "the JSON ends too early",
            Category::Syntax | Category::Io => "this is not JSON",
        };
        ObjectStoreError(match error.line() {
            0 => what.to_owned(),
            line => format!("{what} (line {line}, column {})", error.column()),
        })
    })
}

#[derive(Deserialize)]
struct Object {
    kind: Option<String>,
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    /// The webhooks of a webhook configuration. Of other kinds, the member is ignored.
    webhooks: Option<Value>,
    items: Option<Vec<Object>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    namespace: Option<String>,
    name: Option<String>,
    uid: Option<String>,
    deletion_timestamp: Option<DateTime<Utc>>,
}

/// The spec of a pod. The specs of other kinds have none of these members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    service_account_name: Option<String>,
    node_name: Option<String>,
}

impl From<Spec> for PodSpec {
    fn from(spec: Spec) -> Self {
        let named = spec.service_account_name.filter(|name| !name.is_empty());
        Self {
            // The API server fills in the same.
            service_account_name: named.unwrap_or_else(|| "default".to_owned()),
            node_name: spec.node_name.unwrap_or_default(),
        }
    }
}

/// An object with everything that the store needs.
struct Found {
    kind: ObjectKind,
    namespace: String,
    name: String,
    uid: String,
    deletion_timestamp: Option<UnixSeconds>,
    for_issuer: Option<ForIssuer>,
}

impl Found {
    fn store(self, store: &ObjectStore) {
        let Self { kind, namespace, name, uid, deletion_timestamp, for_issuer } = self;
        let reference = ObjectReference { kind, namespace: &namespace, name: &name };
        let uid = uid.as_str().into();
        match for_issuer {
            Some(known) => store.insert_for_issuer(&reference, uid, deletion_timestamp, known),
            None => store.upsert(&reference, uid, deletion_timestamp),
        }
    }
}

/// Collects the objects of the kinds that matter, also from lists in lists. `kind` is the kind that a list states for
/// its items.
fn collect(
    objects: Vec<Object>,
    kind: Option<ObjectKind>,
    found: &mut Vec<Found>,
) -> Result<(), ObjectStoreError> {
    for object in objects {
        if let Some(items) = object.items {
            // The items of a PodList need not say that they are pods.
            let listed =
                object.kind.as_deref().and_then(|kind| kind.strip_suffix("List")).and_then(kind_of_name);
            collect(items, kind.or(listed), found)?;
            continue;
        }
        let Some(kind) = kind.or_else(|| object.kind.as_deref().and_then(kind_of_name)) else {
            match object.kind.as_deref() {
                Some("PartialObjectMetadata") | None => {
                    return Err(ObjectStoreError(
                        "an object does not say its kind: put it into a list under its resource name, such as {\"pods\": [...]}"
                            .to_owned(),
                    ));
                }
                Some(_) => continue,
            }
        };
        let for_issuer = match kind {
            ObjectKind::Pod => object.spec.map(|spec| ForIssuer::Pod(spec.into())),
            kind if kind.is_webhook_configuration() => {
                let webhooks = object.webhooks.as_ref().map(Webhook::read_all);
                parse(webhooks.transpose())?.map(ForIssuer::Webhooks)
            }
            _ => None,
        };
        found.push(complete(kind, object.metadata.unwrap_or_default(), for_issuer)?);
    }
    Ok(())
}

fn complete(
    kind: ObjectKind,
    metadata: Metadata,
    for_issuer: Option<ForIssuer>,
) -> Result<Found, ObjectStoreError> {
    let name = metadata.name.filter(|name| !name.is_empty());
    let namespace = metadata.namespace.filter(|_| kind.is_namespaced());
    let described = format!(
        "{kind} {} in namespace {}",
        shown(name.as_deref().unwrap_or_default()),
        shown(namespace.as_deref().unwrap_or_default())
    );
    let missing = |member| ObjectStoreError(format!("{described} has no metadata.{member}"));
    if kind.is_namespaced() && namespace.as_deref().is_none_or(str::is_empty) {
        return Err(missing("namespace"));
    }
    Ok(Found {
        kind,
        namespace: namespace.unwrap_or_default(),
        name: name.ok_or_else(|| missing("name"))?,
        uid: metadata.uid.filter(|uid| !uid.is_empty()).ok_or_else(|| missing("uid"))?,
        // A time before 1970 is long past, so 1970 does.
        deletion_timestamp: metadata
            .deletion_timestamp
            .map(|time| UnixSeconds(u64::try_from(time.timestamp()).unwrap_or_default())),
        for_issuer,
    })
}

fn kind_of_name(name: &str) -> Option<ObjectKind> {
    ObjectKind::ALL.iter().copied().find(|kind| kind.name() == name)
}

fn kind_of_resource(resource: &str) -> Option<ObjectKind> {
    ObjectKind::ALL.iter().copied().find(|kind| kind.resource() == resource)
}

fn unknown_resource(resource: &str) -> ObjectStoreError {
    ObjectStoreError(format!(
        "unknown member {}: expected {}, or a Kubernetes list",
        shown(resource),
        ObjectKind::ALL.iter().map(|kind| kind.resource()).collect::<Vec<_>>().join(", ")
    ))
}

/// Formats a name for a message. Hides a text that cannot be a Kubernetes name, because it may be a secret.
fn shown(name: &str) -> String {
    let is_name =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if name.len() <= 253 && name.bytes().all(is_name) {
        format!("{name:?}")
    } else {
        "(not shown)".to_owned()
    }
}

/// The error for a JSON document that cannot be loaded into an [`ObjectStore`]. Its message says what is wrong, and
/// where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectStoreError(String);

impl fmt::Display for ObjectStoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the objects could not be read: {}", self.0)
    }
}

impl std::error::Error for ObjectStoreError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::ObjectState;

    const METADATA: &str = r#""metadata":{"namespace":"demo","name":"live","uid":"1","deletionTimestamp":"1970-01-01T00:01:00Z"}"#;

    #[test]
    fn every_form_that_kubernetes_writes_is_read() {
        let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
        let known = ObjectState::Present { uid: "1".into(), deletion_timestamp: Some(UnixSeconds(60)) };
        for json in [
            format!(r#"{{"pods":[{{{METADATA}}}]}}"#),
            format!(r#"{{"pods":[{{"kind":"PartialObjectMetadata",{METADATA}}}]}}"#),
            format!(r#"{{"pods":{{"kind":"PodList","items":[{{{METADATA},"spec":{{}}}}]}},"nodes":[]}}"#),
            format!(r#"{{"kind":"PodList","items":[{{{METADATA}}}]}}"#),
            format!(
                r#"{{"kind":"List","items":[{{"kind":"ConfigMap",{METADATA}}},{{"kind":"Pod",{METADATA}}}]}}"#
            ),
            format!(r#"[{{"kind":"Pod",{METADATA}}}]"#),
            format!(r#"{{"kind":"Pod",{METADATA}}}"#),
        ] {
            let store =
                ObjectStore::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert_eq!((store.len(), store.state(&pod)), (1, known.clone()), "{json}");
        }
    }

    #[test]
    fn of_a_full_webhook_configuration_the_webhooks_are_kept_and_of_no_other_kind() {
        let metadata = r#""metadata":{"name":"policy","uid":"1"}"#;
        let hook = r#"[{"clientConfig":{"url":"https://a"},"rules":[{"apiGroups":["apps"]}]}]"#;
        let kind = ObjectKind::MutatingWebhookConfiguration;
        let configuration = ObjectReference { kind, namespace: "", name: "policy" };
        for (webhooks, known) in [
            (format!(r#","webhooks":{hook}"#), Some(vec![("https://a", vec!["apps"])])),
            (r#","webhooks":[]"#.to_owned(), Some(vec![])),
            (String::new(), None),
        ] {
            let json = format!(r#"{{"kind":"{kind}",{metadata}{webhooks}}}"#);
            let store = ObjectStore::from_json(json.as_bytes()).unwrap();
            let found = store.webhooks(&configuration, &"1".into());
            let expected = known.map(|known| {
                let webhook = |(audience, groups): (&str, Vec<&str>)| Webhook {
                    audience: audience.to_owned(),
                    api_groups: groups.into_iter().map(str::to_owned).collect(),
                };
                known.into_iter().map(webhook).collect::<Vec<_>>()
            });
            assert_eq!(found, expected, "{json}");
            assert_eq!(store.webhooks(&configuration, &"2".into()), None);
            assert_eq!(store.pod_spec(&configuration, &"1".into()), None);
        }
        let wrong = format!(r#"{{"kind":"{kind}",{metadata},"webhooks":1}}"#);
        assert!(ObjectStore::from_json(wrong.as_bytes()).is_err());
        let node = format!(r#"{{"kind":"Node",{metadata},"webhooks":1}}"#);
        assert_eq!(ObjectStore::from_json(node.as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn an_incomplete_document_is_an_error_and_adds_nothing() {
        for (json, message) in [
            ("", "ends too early"),
            ("{\"pods\":[}", "not JSON (line 1, column 10)"),
            ("3", "wrong type"),
            (r#"{"configmaps":[]}"#, "unknown member \"configmaps\""),
            (
                r#"{"kind":"PartialObjectMetadataList","items":[{"kind":"PartialObjectMetadata"}]}"#,
                "does not say its kind",
            ),
            (
                r#"{"pods":[{"metadata":{"namespace":"demo","name":"live","uid":"1"}},{"metadata":{"name":"x","uid":"1"}}]}"#,
                "no metadata.namespace",
            ),
            (r#"{"nodes":[{"metadata":{"uid":"1"}}]}"#, "no metadata.name"),
            (r#"{"nodes":[{"metadata":{"name":"n"}}]}"#, "no metadata.uid"),
            (r#"{"nodes":[{"metadata":{"name":"n","uid":"1","deletionTimestamp":"soon"}}]}"#, "wrong type"),
        ] {
            let store = ObjectStore::new();
            let error = store.load_json(json.as_bytes()).expect_err(json).to_string();
            assert!(error.contains(message), "{json}: {error}");
            assert!(store.is_empty(), "{json}");
        }
    }
}
