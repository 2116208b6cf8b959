//! Deleting objects: grace periods, finalizers, preconditions.

use std::sync::Arc;

use serde_json::Value;

use boundtoken::UnixSeconds;
use boundtoken::api::{Status, StatusDetails};

use super::defaults::DEFAULT_ACCOUNT;
use super::object::{finalizers, integer, is_terminating, meta, set, text, time};
use super::refusals::{about, forbidden, not_found};
use super::state::{State, key};
use super::{List, Resource, Selector, Store, Version, WriteOptions, namespaces};

/// How to delete (`metav1.DeleteOptions`). Nothing is owned here, so there is no policy for dependents.
#[derive(Clone, Debug)]
pub(crate) struct DeleteOptions {
    pub grace_period_seconds: Option<i64>,
    /// The uid that the object must have.
    pub uid: Option<String>,
    /// The version that the object must have.
    pub resource_version: Option<String>,
    pub write: WriteOptions,
}

/// What a deletion is answered with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deleted {
    /// The object: it still exists, or the answer for its kind is the last state.
    Object(Arc<Value>),
    /// A success that names the object.
    Status(Box<Status>),
}

impl DeleteOptions {
    pub(crate) fn of(write: WriteOptions) -> Self {
        Self { grace_period_seconds: None, uid: None, resource_version: None, write }
    }
}

impl Store {
    /// Deletes an object, or begins to.
    ///
    /// # Errors
    ///
    /// 404 when there is no such object, 409 when it is not the one of the preconditions, 403 for namespaces that always
    /// exist.
    pub(crate) fn delete(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Deleted, Status> {
        self.write(|state| delete(state, resource, namespace, name, options))
    }

    /// Deletes every object that the selector selects. Returns them as they were.
    ///
    /// # Errors
    ///
    /// As [`Store::delete`].
    pub(crate) fn delete_all(
        &self,
        resource: Resource,
        namespace: &str,
        selector: &Selector,
        options: &DeleteOptions,
    ) -> Result<List, Status> {
        self.write(|state| {
            let list = super::list::list(state, resource, namespace, selector, Version::Latest)?;
            for object in &list.items {
                delete(state, resource, meta(object, "namespace"), meta(object, "name"), options)?;
            }
            Ok(list)
        })
    }

    /// When [`Store::expire`] has something to do next.
    pub(crate) fn next_expiry(&self) -> Option<UnixSeconds> {
        self.read(State::next_expiry)
    }

    /// Ends the pods whose grace period has passed, as a kubelet does when their containers have stopped.
    pub(crate) fn expire(&self, now: UnixSeconds) {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            ..DeleteOptions::of(WriteOptions { dry_run: false, now })
        };
        let ended: Result<(), Status> = self.write(|state| {
            for key in state.expired(now) {
                let (namespace, name) = key
                    .split_once('/')
                    .ok_or_else(|| Status::internal_error("the key of a pod has no namespace"))?;
                delete(state, Resource::Pods, namespace, name, &options)?;
            }
            Ok(())
        });
        if let Err(status) = ended {
            tracing::error!(%status, "a pod whose grace period has passed is not ended");
        }
    }
}

pub(super) fn delete(
    state: &mut State,
    resource: Resource,
    namespace: &str,
    name: &str,
    options: &DeleteOptions,
) -> Result<Deleted, Status> {
    if resource == Resource::Namespaces && ["default", "kube-system", "kube-public"].contains(&name) {
        return Err(forbidden(resource, name, "this namespace may not be deleted"));
    }
    let object = Arc::clone(state.find(resource, namespace, name)?);
    check_preconditions(resource, &object, options)?;
    if resource == Resource::Namespaces && !is_terminating(&object) {
        return terminate(state, object, options.write);
    }
    if resource == Resource::Namespaces && !namespaces::is_finalized(&object) {
        return Ok(Deleted::Object(object));
    }
    let Some(marked) = marked(resource, &object, options)? else {
        return Ok(answer(resource, object));
    };
    let stays = integer(&marked, &["metadata", "deletionGracePeriodSeconds"]).is_some_and(|grace| grace > 0)
        || !finalizers(&marked).is_empty();
    if options.write.dry_run {
        let object = Arc::new(marked);
        return Ok(if stays { Deleted::Object(object) } else { answer(resource, object) });
    }
    let is_changed = marked != *object;
    if stays {
        return Ok(Deleted::Object(if is_changed { state.put(resource, marked) } else { object }));
    }
    if is_changed && resource == Resource::Pods {
        state.put(resource, marked);
    }
    remove(state, resource, namespace, name, options.write).map(|object| answer(resource, object))
}

/// The object with the marks of its deletion. `None` when an earlier deletion ends no later than this one.
fn marked(resource: Resource, object: &Value, options: &DeleteOptions) -> Result<Option<Value>, Status> {
    let now = options.write.now;
    let mut marked = object.clone();
    let mut mark = |end: UnixSeconds, grace: i64| {
        set(&mut marked, &["metadata", "deletionTimestamp"], end.to_string());
        set(&mut marked, &["metadata", "deletionGracePeriodSeconds"], grace);
    };
    let after = |start: UnixSeconds, grace: i64| UnixSeconds(start.0.saturating_add_signed(grace));
    // A negative grace period counts as one second.
    let asked = options.grace_period_seconds.map(|grace| if grace < 0 { 1 } else { grace });
    let under_way = integer(object, &["metadata", "deletionGracePeriodSeconds"]);
    match (time(object, &["metadata", "deletionTimestamp"]), under_way) {
        (None, _) => {
            let grace = if resource == Resource::Pods { pod_grace(object, asked)? } else { 0 };
            mark(after(now, grace), grace);
            if let Some(generation) =
                integer(object, &["metadata", "generation"]).filter(|generation| *generation > 0)
            {
                set(&mut marked, &["metadata", "generation"], generation.saturating_add(1));
            }
        }
        (Some(end), Some(under_way)) if resource == Resource::Pods && under_way > 0 => {
            let Some(asked) = asked.filter(|asked| *asked < under_way) else { return Ok(None) };
            let end = after(end, asked.saturating_sub(under_way));
            if end >= now {
                mark(end, asked);
            } else {
                mark(now, asked.min(1));
            }
        }
        (Some(end), _) => mark(end.min(now), 0),
    }
    Ok(Some(marked))
}

fn pod_grace(pod: &Value, asked: Option<i64>) -> Result<i64, Status> {
    let has_ended = ["Failed", "Succeeded"].contains(&text(pod, &["status", "phase"]));
    if text(pod, &["spec", "nodeName"]).is_empty() || has_ended {
        return Ok(0);
    }
    // It is set when a pod is created, and cannot be taken away.
    let own = integer(pod, &["spec", "terminationGracePeriodSeconds"]);
    let grace = asked.or(own).ok_or_else(|| Status::internal_error("the pod has no grace period"))?;
    Ok(if grace < 0 { 1 } else { grace })
}

/// Removes the object, and does what follows from that.
pub(super) fn remove(
    state: &mut State,
    resource: Resource,
    namespace: &str,
    name: &str,
    options: WriteOptions,
) -> Result<Arc<Value>, Status> {
    let removed = state.remove(resource, &key(namespace, name)).ok_or_else(|| not_found(resource, name))?;
    if resource == Resource::ServiceAccounts && name == DEFAULT_ACCOUNT {
        namespaces::ensure_default_account(state, namespace, options)?;
    }
    if resource.is_namespaced() {
        namespaces::finish(state, namespace);
    }
    Ok(removed)
}

/// Begins the deletion of a namespace and of all that is in it.
fn terminate(state: &mut State, namespace: Arc<Value>, options: WriteOptions) -> Result<Deleted, Status> {
    let mut terminating = namespace.as_ref().clone();
    set(&mut terminating, &["metadata", "deletionTimestamp"], options.now.to_string());
    set(&mut terminating, &["status", "phase"], "Terminating");
    if options.dry_run {
        return Ok(Deleted::Object(Arc::new(terminating)));
    }
    let terminating = state.put(Resource::Namespaces, terminating);
    namespaces::empty(state, meta(&terminating, "name"), options)?;
    Ok(Deleted::Object(terminating))
}

fn check_preconditions(resource: Resource, object: &Value, options: &DeleteOptions) -> Result<(), Status> {
    let name = meta(object, "name");
    let conditions = [
        ("UID", &options.uid, meta(object, "uid"), "deleted and then recreated"),
        ("ResourceVersion", &options.resource_version, meta(object, "resourceVersion"), "modified"),
    ];
    for (what, expected, found, might) in conditions {
        let Some(expected) = expected.as_deref().filter(|expected| *expected != found) else { continue };
        let why = format!(
            "the {what} in the precondition ({expected}) does not match the {what} in record ({found}). The object \
             might have been {might}"
        );
        return Err(Status::conflict(resource.group(), resource.kind(), name, &why));
    }
    Ok(())
}

/// For secrets, nodes and webhook configurations, an API server does not answer with the last state.
fn answer(resource: Resource, object: Arc<Value>) -> Deleted {
    if matches!(resource, Resource::Namespaces | Resource::ServiceAccounts | Resource::Pods) {
        return Deleted::Object(object);
    }
    let details =
        StatusDetails { uid: meta(&object, "uid").to_owned(), ..about(resource, meta(&object, "name")) };
    Deleted::Status(Box::new(Status { status: "Success".to_owned(), ..Status::default() }.about(details)))
}
