//! Objects in memory.

use boundtoken::{Feed, Freshness, Moment, ObjectStore, ObjectStoreError, Scope, Uid};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::errors::{CONFIGURATION, OBJECTS, Result};
use crate::reference::{Name, State, kind};
use crate::{seconds, unix};

/// An empty store.
#[napi(catch_unwind)]
pub fn object_store() -> External<ObjectStore> {
    External::new(ObjectStore::new())
}

/// Adds the objects of a JSON document. Returns their number.
#[napi(catch_unwind)]
pub fn object_store_load(store: &External<ObjectStore>, document: &[u8]) -> Result<u32> {
    store.load_json(document).map(count).map_err(|error| OBJECTS.with(error))
}

/// Replaces all objects by those of a JSON document. Returns their number.
#[napi(catch_unwind)]
pub fn object_store_replace_json(store: &External<ObjectStore>, document: &[u8]) -> Result<u32> {
    let listed = ObjectStore::from_json(document).map_err(|error: ObjectStoreError| OBJECTS.with(error))?;
    store.replace(&listed);
    Ok(count(listed.len()))
}

/// Replaces all objects by those of another store.
#[napi(catch_unwind)]
pub fn object_store_replace(store: &External<ObjectStore>, content: &External<ObjectStore>) {
    store.replace(content);
}

/// Adds or replaces an object.
#[napi(catch_unwind)]
pub fn object_store_upsert(
    store: &External<ObjectStore>,
    object: Name,
    uid: String,
    deleted: Option<f64>,
) -> Result<()> {
    store.upsert(&object.as_rust()?, Uid::from(uid.as_str()), deleted.map(unix));
    Ok(())
}

/// Removes an object. Returns whether it was there.
#[napi(catch_unwind)]
pub fn object_store_delete(store: &External<ObjectStore>, object: Name) -> Result<bool> {
    Ok(store.delete(&object.as_rust()?))
}

/// What the store knows of an object.
#[napi(catch_unwind)]
pub fn object_store_look_up(store: &External<ObjectStore>, object: Name) -> Result<State> {
    Ok(store.state(&object.as_rust()?).into())
}

/// The number of objects.
#[napi(catch_unwind)]
pub fn object_store_size(store: &External<ObjectStore>) -> u32 {
    count(store.len())
}

/// Whether the store has lost touch for too long.
#[napi(catch_unwind)]
pub fn object_store_is_stale(store: &External<ObjectStore>) -> bool {
    store.freshness() == Freshness::Stale
}

/// A kind, or a kind in one namespace.
#[napi(object)]
pub struct Followed {
    pub kind: u32,
    pub namespace: Option<String>,
}

/// A store that watches fill, with a feed for each scope.
#[napi(object, object_from_js = false)]
pub struct Following {
    pub store: External<ObjectStore>,
    pub feeds: Vec<External<Feed>>,
}

/// Makes a store that watches fill.
#[napi(catch_unwind)]
pub fn object_store_following(scopes: Vec<Followed>, max_staleness_seconds: f64) -> Result<Following> {
    let max_staleness = seconds(max_staleness_seconds)?;
    if scopes.is_empty() || max_staleness.is_zero() {
        return Err(CONFIGURATION.with("a store that follows needs a scope, and a staleness above 0"));
    }
    let scope = |followed: Followed| {
        let kind = kind(followed.kind)?;
        Ok(followed
            .namespace
            .map_or_else(|| Scope::cluster(kind), |namespace| Scope::namespace(kind, namespace)))
    };
    let scopes = scopes.into_iter().map(scope).collect::<Result<Vec<_>>>()?;
    let (store, feeds) = ObjectStore::following(scopes, max_staleness);
    Ok(Following { store: External::new(store), feeds: feeds.into_iter().map(External::new).collect() })
}

/// An object of a list.
#[napi(object)]
pub struct Listed {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub deleted: Option<f64>,
}

/// Takes a list of all objects, which was requested so long ago.
#[napi(catch_unwind)]
pub fn feed_replace(feed: &External<Feed>, objects: Vec<Listed>, age_seconds: f64) -> Result<()> {
    let asked = Moment::ago(seconds(age_seconds)?);
    let mut list = feed.relist();
    for Listed { namespace, name, uid, deleted } in objects {
        list.upsert(&namespace, &name, Uid::from(uid.as_str()), deleted.map(unix));
    }
    list.finish(asked);
    Ok(())
}

/// The object was added or has changed.
#[napi(catch_unwind)]
pub fn feed_upsert(feed: &External<Feed>, object: Listed) {
    let Listed { namespace, name, uid, deleted } = object;
    feed.upsert(&namespace, &name, Uid::from(uid.as_str()), deleted.map(unix));
}

/// The object was deleted.
#[napi(catch_unwind)]
pub fn feed_delete(feed: &External<Feed>, namespace: String, name: String, uid: String) {
    feed.delete(&namespace, &name, &uid);
}

/// The watch was up to date so long ago.
#[napi(catch_unwind)]
pub fn feed_prove(feed: &External<Feed>, age_seconds: f64) -> Result<()> {
    feed.prove(Moment::ago(seconds(age_seconds)?));
    Ok(())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
