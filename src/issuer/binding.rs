//! Finding the object that a token is bound to.

use super::{IssuerObjects, refusals};
use crate::api::{BoundObjectReference, Status, quoted};
use crate::objects::{ObjectKind, ObjectReference, ObjectSource, ObjectState, Uid, is_object_name};

/// The service account that a token speaks for.
pub(super) struct ServiceAccount<'a> {
    pub(super) reference: ObjectReference<'a>,
    pub(super) uid: Uid,
}

/// What a token is bound to: at most one object, and the node if that object is a pod.
#[derive(Default)]
pub(super) struct Binding<'a> {
    pub(super) pod: Option<Instance<'a>>,
    pub(super) secret: Option<Instance<'a>>,
    pub(super) node: Option<(String, Option<Uid>)>,
    pub(super) validating: Option<Instance<'a>>,
    pub(super) mutating: Option<Instance<'a>>,
}

impl Binding<'_> {
    /// Returns whether the token is bound to a webhook configuration.
    pub(super) fn is_to_webhooks(&self) -> bool {
        self.validating.is_some() || self.mutating.is_some()
    }
}

/// An object as it exists now.
pub(super) struct Instance<'a> {
    pub(super) name: &'a str,
    pub(super) uid: Uid,
}

/// Finds the object that a request names. [Webhook configurations](super::webhooks) have their own function.
///
/// Like the API server, ignores the version, and compares the uid only if it is given.
pub(super) fn bind<'a>(
    wanted: &'a BoundObjectReference,
    account: &ServiceAccount<'_>,
    objects: &dyn IssuerObjects,
    source: &ObjectSource,
) -> Result<Binding<'a>, Status> {
    let (group, version) = group_and_version(&wanted.api_version);
    let kind = match (group, wanted.kind.as_str()) {
        ("", "Pod") => ObjectKind::Pod,
        ("", "Secret") => ObjectKind::Secret,
        ("", "Node") => ObjectKind::Node,
        (group, kind) => {
            let what = format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
            return Err(Status::bad_request(what));
        }
    };
    refusals::usable_name(&wanted.name)?;
    let namespace = if kind == ObjectKind::Node { "" } else { account.reference.namespace };
    let reference = ObjectReference { kind, namespace, name: &wanted.name };
    let uid = uid_of(source, &reference)?;

    let mut binding = Binding::default();
    if kind == ObjectKind::Pod {
        let spec = objects
            .pod_spec(&reference, &uid)
            .ok_or_else(|| Status::internal_error(&format!("the spec of {reference} is not known")))?;
        if spec.service_account_name != account.reference.name {
            return Err(refusals::pod_of_another_account(account.reference.name));
        }
        demand_uid(wanted, "", &uid)?;
        if !spec.node_name.is_empty() {
            binding.node = Some(node(source, spec.node_name)?);
        }
    } else {
        demand_uid(wanted, "", &uid)?;
    }
    let instance = Instance { name: &wanted.name, uid };
    match kind {
        ObjectKind::Pod => binding.pod = Some(instance),
        ObjectKind::Secret => binding.secret = Some(instance),
        _ => binding.node = Some((wanted.name.clone(), Some(instance.uid))),
    }
    Ok(binding)
}

/// Finds the node of a pod. If it is gone already, the token names it without a uid.
fn node(source: &ObjectSource, name: String) -> Result<(String, Option<Uid>), Status> {
    let reference = ObjectReference { kind: ObjectKind::Node, namespace: "", name: &name };
    if !is_object_name(&name) {
        return Err(Status::internal_error(&format!("{} is not the name of a node", quoted(&name))));
    }
    match source.asked().state(&reference) {
        ObjectState::Present { uid, .. } => Ok((name, Some(uid))),
        ObjectState::Absent => Ok((name, None)),
        ObjectState::Unavailable | ObjectState::NotFollowed => Err(refusals::unavailable(&reference)),
    }
}

/// Returns the uid of an object, which must exist. An object that is being deleted still exists.
pub(super) fn uid_of(source: &ObjectSource, reference: &ObjectReference<'_>) -> Result<Uid, Status> {
    let may_exist = is_object_name(reference.name)
        && (!reference.kind.is_namespaced() || is_object_name(reference.namespace));
    match if may_exist { source.asked().state(reference) } else { ObjectState::Absent } {
        ObjectState::Present { uid, .. } => Ok(uid),
        ObjectState::Absent => Err(Status::not_found(reference.kind.resource(), reference.name)),
        ObjectState::Unavailable | ObjectState::NotFollowed => Err(refusals::unavailable(reference)),
    }
}

/// Requires that the uid, if it is given, is that of the object. `group` is the API group of its kind.
pub(super) fn demand_uid(wanted: &BoundObjectReference, group: &str, uid: &Uid) -> Result<(), Status> {
    if wanted.uid.is_empty() || *uid == *wanted.uid {
        return Ok(());
    }
    let why = format!(
        "the UID in the bound object reference ({}) does not match the UID in record. \
         The object might have been deleted and then recreated",
        wanted.uid
    );
    Err(Status::conflict(group, &wanted.kind, &wanted.name, &why))
}

/// Splits an apiVersion like apimachinery. A text with two or more slashes is no version at all.
fn group_and_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        None => ("", api_version),
        Some((_, version)) if version.contains('/') => ("", ""),
        Some((group, version)) => (group, version),
    }
}
