//! Stores that the caller's own watches keep current.

use std::ffi::c_int;
use std::time::Duration;

use boundtoken::{Feed, Freshness, Moment, ObjectStore, Scope, UnixSeconds};

use crate::boundary;
use crate::error::{CallFailure, boundtoken_error};
use crate::objects::{ObjectKindNumber, Source, boundtoken_objects, kind_of_number, seconds};
use crate::pointer::{self, Out, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;

/// The longest staleness that can be allowed, in seconds: one day.
const LONGEST_STALENESS: u32 = 86_400;

/// The connection from one watch of the caller to a store that follows a cluster. Any thread may use it, but a watch
/// reports its events in order.
pub struct boundtoken_feed(Feed);

/// What a watch sees: the objects of one kind, in one namespace or in the whole cluster.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_scope {
    /// A boundtoken_object_kind.
    pub kind: ObjectKindNumber,
    /// 0.
    pub reserved: u32,
    /// The namespace. Empty for the whole cluster.
    pub object_namespace: boundtoken_str,
}

/// An object in a list of an API server.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_listed_object {
    /// Its namespace. Empty for a kind without namespaces.
    pub object_namespace: boundtoken_str,
    /// Its name.
    pub object_name: boundtoken_str,
    /// Its metadata.uid.
    pub uid: boundtoken_str,
    /// Its metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
    pub deletion_timestamp: i64,
}

/// Creates a store that follows a cluster, for programs with watches (informers) of their own.
///
/// `scopes`: what the watches see, `scopes_len` in all, at least one. Not needed after the call.
/// `max_staleness_seconds`: how old the news of a watch may become before the whole store counts as outdated: from 1 to 86,400.
/// An API server confirms an idle watch about once a minute by a bookmark.
/// `feeds`: receives one handle for each scope, in the same order, each to free with boundtoken_feed_free.
/// `objects`: receives a handle to free with boundtoken_objects_free. NULL on failure, and then no feed was written.
///
/// Unlike the store of boundtoken_objects_new, it knows what it does not know. Until every feed has listed once, and whenever
/// one is too old, verifiers refuse tokens with BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE or mark them as stale. Tokens with objects
/// outside of the scopes are refused with BOUNDTOKEN_BOUND_OBJECT_NOT_FOLLOWED. Any thread.
///
/// BOUNDTOKEN_UNKNOWN_VALUE: there is no scope, a kind is none of the kinds, or the staleness is out of range.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_following(
    scopes: *const boundtoken_scope,
    scopes_len: usize,
    max_staleness_seconds: u32,
    feeds: *mut *mut boundtoken_feed,
    objects: *mut *mut boundtoken_objects,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(objects, "objects") }?;
        if feeds.is_null() {
            return Err(Mistake::NullArgument.of("feeds"));
        }
        if scopes_len == 0 {
            return Err(Mistake::UnknownValue.of("scopes_len"));
        }
        if !(1..=LONGEST_STALENESS).contains(&max_staleness_seconds) {
            return Err(Mistake::UnknownValue.of("max_staleness_seconds"));
        }
        let mut read = Vec::new();
        for place in 0..scopes_len {
            // SAFETY: the caller promises `scopes_len` scopes that can be read.
            let scope = unsafe { borrow(scopes.wrapping_add(place), "scopes") }?;
            // SAFETY: the caller promises a readable text.
            read.push(unsafe { scope.read() }?);
        }
        let max_staleness = Duration::from_secs(max_staleness_seconds.into());
        let (store, made) = ObjectStore::following(read, max_staleness);
        for (place, feed) in made.into_iter().enumerate() {
            // SAFETY: the caller promises as many places as scopes.
            unsafe { feeds.wrapping_add(place).write(pointer::new(boundtoken_feed(feed))) };
        }
        out.set_shared(boundtoken_objects(Source::Store(store)));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Replaces what a watch knew by a list, as every watch begins, and goes on when the API server has lost its place.
///
/// `listed`: the objects, `listed_len` in all. Copied. An object that is in both is never missing in between.
/// `age_seconds`: how long ago the list was asked for.
///
/// Any thread.
///
/// BOUNDTOKEN_OBJECT_INCOMPLETE: an object has no name or no uid. Nothing is removed.
/// BOUNDTOKEN_NEGATIVE_TIME: a `deletion_timestamp` is negative. Nothing is removed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_feed_replace(
    feed: *const boundtoken_feed,
    listed: *const boundtoken_listed_object,
    listed_len: usize,
    age_seconds: u32,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live feed.
        let boundtoken_feed(feed) = unsafe { borrow(feed, "feed") }?;
        let asked_at = Moment::ago(Duration::from_secs(age_seconds.into()));
        let mut list = feed.relist();
        for place in 0..listed_len {
            // SAFETY: the caller promises `listed_len` objects that can be read.
            let object = unsafe { borrow(listed.wrapping_add(place), "listed") }?;
            // SAFETY: the caller promises readable texts.
            let Listed { namespace, name, uid, deleted } = unsafe { object.read() }?;
            list.upsert(namespace, name, uid.into(), deleted);
        }
        list.finish(asked_at);
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Adds or replaces the object of an event, at once for all verifiers that use the store. It proves that the watch is up to
/// date.
///
/// The texts are copied. Any thread. It fails like boundtoken_feed_replace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_feed_upsert(
    feed: *const boundtoken_feed,
    object: *const boundtoken_listed_object,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let upsert = |feed: &Feed, Listed { namespace, name, uid, deleted }: Listed<'_>| {
        feed.upsert(namespace, name, uid.into(), deleted);
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { event(feed, object, upsert, error) }
}

/// Removes the object of an event, at once for all verifiers that use the store. It proves that the watch is up to date.
///
/// Tokens that are bound to the object are refused from now on. Any thread. It fails like boundtoken_feed_replace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_feed_delete(
    feed: *const boundtoken_feed,
    object: *const boundtoken_listed_object,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let delete = |feed: &Feed, Listed { namespace, name, uid, .. }: Listed<'_>| {
        feed.delete(namespace, name, uid);
    };
    // SAFETY: the arguments are passed on with what the caller promises of them.
    unsafe { event(feed, object, delete, error) }
}

/// Says that a watch is up to date, as a bookmark of the API server proves.
///
/// Ignored if `feed` is NULL. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_feed_prove(feed: *const boundtoken_feed) {
    // SAFETY: the caller promises NULL or a live feed.
    let feed = unsafe { feed.as_ref() };
    boundary::infallible((), || feed.iter().for_each(|boundtoken_feed(feed)| feed.prove(Moment::now())));
}

/// Frees a feed. NULL is ignored. The store stays, and becomes outdated in `max_staleness_seconds`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_feed_free(feed: *mut boundtoken_feed) {
    // SAFETY: the caller promises NULL or a live feed, and gives it up.
    unsafe { boundary::free(feed) };
}

/// Returns 1 if the store follows a cluster and its objects are outdated, and 0 if not. Meant for a readiness probe.
///
/// 0 for a store that does not follow, which is always current, and for the objects of a callback. 1 if `objects` is NULL. Any
/// thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_objects_are_stale(objects: *const boundtoken_objects) -> c_int {
    // SAFETY: the caller promises NULL or a live handle.
    let objects = unsafe { objects.as_ref() };
    boundary::infallible(1, || match objects {
        Some(boundtoken_objects(Source::Store(store))) => c_int::from(store.freshness() == Freshness::Stale),
        Some(boundtoken_objects(Source::Callback(_))) => 0,
        None => 1,
    })
}

/// # Safety
/// As the header says of `boundtoken_feed_upsert`.
unsafe fn event(
    feed: *const boundtoken_feed,
    object: *const boundtoken_listed_object,
    apply: impl FnOnce(&Feed, Listed<'_>),
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live feed.
        let boundtoken_feed(feed) = unsafe { borrow(feed, "feed") }?;
        // SAFETY: the caller promises NULL or an object that can be read.
        let object = unsafe { borrow(object, "object") }?;
        // SAFETY: the caller promises readable texts.
        apply(feed, unsafe { object.read() }?);
        feed.prove(Moment::now());
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// An object as it was passed.
struct Listed<'a> {
    namespace: &'a str,
    name: &'a str,
    uid: &'a str,
    deleted: Option<UnixSeconds>,
}

impl boundtoken_scope {
    /// # Safety
    /// The text can be read.
    unsafe fn read(&self) -> Result<Scope, CallFailure> {
        let kind = kind_of_number(self.kind)?;
        // SAFETY: promised by the caller.
        let namespace = unsafe { self.object_namespace.text("scopes") }?;
        if namespace.is_empty() || !kind.is_namespaced() {
            return Ok(Scope::cluster(kind));
        }
        Ok(Scope::namespace(kind, namespace))
    }
}

impl boundtoken_listed_object {
    /// # Safety
    /// The texts can be read during `'a`.
    unsafe fn read<'a>(&self) -> Result<Listed<'a>, CallFailure> {
        // SAFETY: promised by the caller.
        let namespace = unsafe { self.object_namespace.text("object_namespace") }?;
        // SAFETY: promised by the caller.
        let name = unsafe { self.object_name.text("object_name") }?;
        // SAFETY: promised by the caller.
        let uid = unsafe { self.uid.text("uid") }?;
        for (text, argument) in [(name, "object_name"), (uid, "uid")] {
            if text.is_empty() {
                return Err(Mistake::ObjectIncomplete.of(argument));
            }
        }
        let deleted = seconds(self.deletion_timestamp, "deletion_timestamp")?;
        let deleted = (deleted != UnixSeconds(0)).then_some(deleted);
        Ok(Listed { namespace, name, uid, deleted })
    }
}
