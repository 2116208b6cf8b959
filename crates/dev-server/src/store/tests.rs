//! Tests of the store as a whole: what a client relies on.

mod creating;
mod deleting;
mod following;
mod listing;
mod loading;
mod namespaces;
mod patching;
mod updating;
mod watching;

use std::sync::Arc;

use serde_json::{Value, json};

use super::object::{meta, text};
use super::*;

/// The time at which everything happens, unless a test says otherwise.
const NOW: UnixSeconds = UnixSeconds(1_795_522_278);

const AT_ONCE: WriteOptions = WriteOptions { dry_run: false, now: NOW };

fn later(seconds: u64) -> WriteOptions {
    WriteOptions { dry_run: false, now: UnixSeconds(NOW.0 + seconds) }
}

/// A store with namespace `demo`.
fn store() -> Store {
    let store = Store::new().unwrap();
    create(&store, Resource::Namespaces, "", json!({"metadata": {"name": "demo"}}));
    store
}

fn create(store: &Store, resource: Resource, namespace: &str, object: Value) -> Arc<Value> {
    store.create(resource, namespace, object, AT_ONCE).unwrap()
}

fn account(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

fn pod(name: &str, node: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": "registry.example.com/app"}]},
    })
}

fn delete(store: &Store, resource: Resource, name: &str, options: WriteOptions) -> Result<Deleted, Status> {
    let namespace = if resource.is_namespaced() { "demo" } else { "" };
    store.delete(resource, namespace, name, &DeleteOptions::of(options))
}

fn get(store: &Store, resource: Resource, name: &str) -> Result<Arc<Value>, Status> {
    let namespace = if resource.is_namespaced() { "demo" } else { "" };
    store.get(resource, namespace, name, 0)
}

fn names(list: &List) -> Vec<&str> {
    list.items.iter().map(|object| meta(object, "name")).collect()
}

fn object(deleted: Deleted) -> Arc<Value> {
    match deleted {
        Deleted::Object(object) => object,
        Deleted::Status(status) => panic!("only a status: {status:?}"),
    }
}

fn revision(object: &Value) -> u64 {
    meta(object, "resourceVersion").parse().unwrap()
}

/// The code, reason and message of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> (i32, String, String) {
    let status = result.unwrap_err();
    (status.code, status.reason, status.message)
}

fn refused(code: i32, reason: &str, message: impl Into<String>) -> (i32, String, String) {
    (code, reason.to_owned(), message.into())
}
