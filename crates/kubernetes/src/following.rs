//! Follows the objects of one kind: list, watch, and list again when the watch cannot go on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use boundtoken::{Moment, ObjectKind, Relist, UnixSeconds};
use boundtoken_refresh::Backoff;
use futures_util::{Stream, StreamExt as _};
use kube::api::{
    ApiResource, DynamicObject, GroupVersionKind, ListParams, ObjectMeta, PartialObjectMeta, WatchEvent,
    WatchParams,
};
use kube::{Api, Client};

use crate::error::{ClusterError, Step};
use crate::watch::Watch;

/// After this long without an event the connection is dead: the server sends a bookmark every minute.
const LONGEST_SILENCE: Duration = Duration::from_secs(90);
/// How long an answer may take to begin. A server that has disappeared never answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server should keep one watch open, in seconds. The next watch continues where it ended.
const WATCH_SECONDS: u32 = 290;
/// A watch that ends sooner than this was cut off, even if it ended in good order.
///
/// The server keeps a watch for [`WATCH_SECONDS`], of which [`ANSWER_TIMEOUT`] may pass before the answer begins.
const SHORTEST_WATCH: Duration = Duration::from_secs(260);
/// How many objects one page of a list has, if the server cannot stream lists.
const PAGE: u32 = 500;
/// The annotation of the bookmark that ends a streamed list.
const LIST_END: &str = "k8s.io/initial-events-end";

type Metadata = PartialObjectMeta<DynamicObject>;

/// Keeps a store up to date with the objects of one kind, in one namespace or in the whole cluster.
pub(super) struct Follower {
    api: Api<DynamicObject>,
    watch: Arc<Watch>,
    /// The `resourceVersion` up to which the store is complete. `None` if the next step is a list.
    version: Option<String>,
    /// Whether the server streams lists. Old servers do not.
    streams: bool,
}

/// A list that is being received.
struct Listing<'a> {
    asked_at: Moment,
    list: Relist<'a>,
}

impl<'a> Listing<'a> {
    fn begin(watch: &'a Watch) -> Self {
        Self { asked_at: Moment::now(), list: watch.feed.relist() }
    }
}

/// The API for the objects of one kind, in one namespace or in the whole cluster.
pub(super) fn api(client: Client, kind: ObjectKind, namespace: Option<&str>) -> Api<DynamicObject> {
    let version = GroupVersionKind::gvk(kind.api_group(), "v1", kind.name());
    let resource = ApiResource::from_gvk_with_plural(&version, kind.resource());
    match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
        None => Api::all_with(client, &resource),
    }
}

impl Follower {
    pub(super) fn new(client: Client, watch: Arc<Watch>) -> Self {
        let scope = watch.feed.scope();
        let api = api(client, scope.kind(), scope.in_namespace());
        Self { api, watch, version: None, streams: true }
    }

    /// Runs until the task is aborted.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new();
        loop {
            match self.follow().await {
                Ok(()) => backoff.reset(),
                Err(error) => self.failed(error),
            }
            backoff.wait().await;
        }
    }

    /// Runs one watch, after a list if there is no version to start from.
    ///
    /// # Errors
    /// The watch could not be opened, or the server ended it with an error. A lost connection is not an error here.
    async fn follow(&mut self) -> Result<(), ClusterError> {
        let watch = Arc::clone(&self.watch);
        // Only a list proves at once that nothing was missed.
        if self.watch.is_nearly_stale() {
            self.version = None;
        }
        let (listing, version) = match self.version.clone() {
            Some(version) => (None, version),
            // A streamed list starts from no version.
            None if self.streams => (Some(Listing::begin(&watch)), String::new()),
            None => (None, self.list().await?),
        };
        let parameters = WatchParams {
            timeout: Some(WATCH_SECONDS),
            bookmarks: true,
            ..self.parameters(listing.is_some())
        };
        let events = match self.answer(self.api.watch_metadata(&parameters, &version)).await? {
            Ok(events) => events,
            // An old server refuses to stream a list.
            Err(kube::Error::Api(status)) if listing.is_some() && matches!(status.code, 400 | 422) => {
                self.streams = false;
                return Ok(());
            }
            Err(error) => return Err(self.failure(&error)),
        };
        self.take(Box::pin(events), listing).await
    }

    fn parameters(&self, listing: bool) -> WatchParams {
        if listing { WatchParams::streaming_lists() } else { WatchParams::default() }
    }

    async fn take(
        &mut self,
        mut events: impl Stream<Item = kube::Result<WatchEvent<Metadata>>> + Unpin,
        mut listing: Option<Listing<'_>>,
    ) -> Result<(), ClusterError> {
        let opened_at = Instant::now();
        loop {
            let event = match tokio::time::timeout(LONGEST_SILENCE, events.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error @ kube::Error::ReadEvents(_)))) => {
                    let failure = self.failure(&error);
                    self.failed(failure);
                    return Ok(());
                }
                Ok(Some(Err(error))) => return Err(self.failure(&error)),
                Ok(None) => {
                    if opened_at.elapsed() < SHORTEST_WATCH {
                        self.failed(ClusterError::new(self.step(), "the connection was lost"));
                    }
                    return Ok(());
                }
                Err(_) => return Err(ClusterError::new(self.step(), "the API server has stopped sending")),
            };
            self.watch.events.fetch_add(1, Ordering::Relaxed);
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    self.upsert(&object.metadata, listing.as_mut());
                    self.advance(object.metadata.resource_version, listing.is_some());
                }
                WatchEvent::Deleted(object) => {
                    self.delete(&object.metadata)?;
                    self.advance(object.metadata.resource_version, listing.is_some());
                }
                WatchEvent::Bookmark(bookmark) => {
                    if bookmark.metadata.annotations.contains_key(LIST_END)
                        && let Some(listing) = listing.take()
                    {
                        self.finish(listing);
                    }
                    self.advance(Some(bookmark.metadata.resource_version), listing.is_some());
                }
                WatchEvent::Error(status) if status.code == 410 => {
                    tracing::info!(kind = %self.watch.kind(), "the API server has forgotten our version: listing again");
                    self.watch.reconnects.fetch_add(1, Ordering::Relaxed);
                    self.version = None;
                    return Ok(());
                }
                // A server with an etcd too old to stream a list says so only here.
                WatchEvent::Error(status) if listing.is_some() => {
                    tracing::info!(kind = %self.watch.kind(), error = status.message, "listing page by page from now on");
                    self.streams = false;
                    return Ok(());
                }
                WatchEvent::Error(status) => {
                    return Err(ClusterError::answered(self.step(), status.code, status.message));
                }
            }
        }
    }

    /// Records that everything up to this version has been heard. In the middle of a list it proves nothing yet.
    fn advance(&mut self, version: Option<String>, listing: bool) {
        if listing {
            return;
        }
        self.watch.prove(Moment::now());
        if let Some(version) = version.filter(|version| !version.is_empty()) {
            self.version = Some(version);
        }
    }

    /// Lists all objects page by page, for a server that cannot stream them. Returns the list's version.
    async fn list(&mut self) -> Result<String, ClusterError> {
        let watch = Arc::clone(&self.watch);
        let mut listing = Listing::begin(&watch);
        let mut parameters = ListParams::default().limit(PAGE);
        loop {
            let page = self.answer(self.api.list_metadata(&parameters)).await?;
            let page = page.map_err(|error| self.failure(&error))?;
            for object in &page.items {
                self.upsert(&object.metadata, Some(&mut listing));
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => parameters.continue_token = Some(token),
                None => {
                    let version = page.metadata.resource_version.filter(|version| !version.is_empty());
                    let without = || ClusterError::new(self.step(), "the list has no resourceVersion");
                    let version = version.ok_or_else(without)?;
                    self.finish(listing);
                    self.version = Some(version.clone());
                    return Ok(version);
                }
            }
        }
    }

    fn finish(&self, listing: Listing<'_>) {
        let Listing { asked_at, list } = listing;
        let objects = list.count();
        list.finish(asked_at);
        self.watch.caught_up();
        tracing::debug!(kind = %self.watch.kind(), objects, "all objects are known");
    }

    fn upsert(&self, metadata: &ObjectMeta, listing: Option<&mut Listing<'_>>) {
        let Some((namespace, name, uid)) = identity(self.watch.kind(), metadata) else {
            // Its tokens are refused as if it did not exist.
            let (kind, name) = (self.watch.kind(), metadata.name.as_deref());
            tracing::warn!(%kind, name, "ignoring an object without a namespace, name or uid");
            return;
        };
        let deletion_timestamp = deletion_timestamp(metadata);
        match listing {
            Some(listing) => listing.list.upsert(namespace, name, uid.into(), deletion_timestamp),
            None => self.watch.feed.upsert(namespace, name, uid.into(), deletion_timestamp),
        }
    }

    /// # Errors
    /// The event does not say which object was deleted. Only a new list can tell.
    fn delete(&mut self, metadata: &ObjectMeta) -> Result<(), ClusterError> {
        let Some((namespace, name, uid)) = identity(self.watch.kind(), metadata) else {
            self.version = None;
            return Err(ClusterError::new(self.step(), "a deleted object has no namespace, name or uid"));
        };
        self.watch.feed.delete(namespace, name, uid);
        Ok(())
    }

    fn step(&self) -> Step {
        self.watch.step()
    }

    /// Waits for an answer to begin.
    async fn answer<T>(
        &self,
        answer: impl Future<Output = kube::Result<T>>,
    ) -> Result<kube::Result<T>, ClusterError> {
        let in_time = tokio::time::timeout(ANSWER_TIMEOUT, answer).await;
        in_time.map_err(|_| ClusterError::too_slow(self.step(), ANSWER_TIMEOUT, None))
    }

    fn failed(&self, error: ClusterError) {
        tracing::warn!(kind = %self.watch.kind(), namespace = self.watch.namespace(), %error, "watch failed");
        self.watch.failed(error);
    }

    fn failure(&mut self, error: &kube::Error) -> ClusterError {
        if let kube::Error::Api(status) = error
            && status.code == 410
        {
            self.version = None;
        }
        ClusterError::of_kube(self.step(), error)
    }
}

/// When the object is to be deleted, if it is being deleted.
///
/// A time before 1970 counts as 1970. Both are long past, so tokens bound to the object are refused either way.
pub(super) fn deletion_timestamp(metadata: &ObjectMeta) -> Option<UnixSeconds> {
    let time = metadata.deletion_timestamp.as_ref()?;
    Some(UnixSeconds(u64::try_from(time.0.as_second()).unwrap_or(0)))
}

/// Namespace, name and uid of an object of this kind. The namespace is empty for kinds without namespaces.
///
/// `None` if one of them is missing. An API server sets them on every object.
fn identity(kind: ObjectKind, metadata: &ObjectMeta) -> Option<(&str, &str, &str)> {
    let namespace = if kind.is_namespaced() { metadata.namespace.as_deref()? } else { "" };
    Some((namespace, metadata.name.as_deref()?, metadata.uid.as_deref()?))
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use boundtoken::{ObjectStore, Scope};
    use futures_util::stream;
    use kube::core::Status;

    use super::*;

    fn client() -> Client {
        Client::try_from(kube::Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap()
    }

    fn follower() -> Follower {
        const MAX_STALENESS: Duration = Duration::from_secs(150);
        let (_, mut feeds) = ObjectStore::following([Scope::cluster(ObjectKind::Pod)], MAX_STALENESS);
        let watch = Watch::new(feeds.remove(0), MAX_STALENESS);
        Follower::new(client(), Arc::new(watch))
    }

    #[tokio::test]
    async fn each_kind_is_asked_for_where_the_api_server_has_it() {
        let paths = ObjectKind::ALL.iter().map(|kind| {
            let namespace = kind.is_namespaced().then_some("demo");
            api(client(), *kind, namespace).resource_url().to_owned()
        });
        let group = "/apis/admissionregistration.k8s.io/v1";
        assert_eq!(
            paths.collect::<Vec<_>>(),
            [
                "/api/v1/namespaces/demo/serviceaccounts".to_owned(),
                "/api/v1/namespaces/demo/secrets".to_owned(),
                "/api/v1/namespaces/demo/pods".to_owned(),
                "/api/v1/nodes".to_owned(),
                format!("{group}/validatingwebhookconfigurations"),
                format!("{group}/mutatingwebhookconfigurations"),
            ]
        );
    }

    /// Runs the follower over these events, as if they came after a list.
    async fn take(follower: &mut Follower, events: Vec<WatchEvent<Metadata>>) -> Result<(), ClusterError> {
        follower.version = Some("1".to_owned());
        follower.take(stream::iter(events.into_iter().map(Ok)), None).await
    }

    fn object(metadata: ObjectMeta) -> Metadata {
        PartialObjectMeta { types: None, metadata, _phantom: PhantomData }
    }

    #[tokio::test]
    async fn an_object_without_a_uid_is_ignored_and_a_deletion_without_one_lists_again() {
        let metadata = |uid: Option<&str>| ObjectMeta {
            namespace: Some("demo".to_owned()),
            name: Some("app".to_owned()),
            uid: uid.map(str::to_owned),
            ..ObjectMeta::default()
        };
        let (good, bad) = (object(metadata(Some("uid"))), object(metadata(None)));
        let mut follower = follower();
        assert!(take(&mut follower, vec![WatchEvent::Added(bad.clone())]).await.is_ok());
        assert_eq!((follower.watch.feed.count(), follower.version.is_some()), (0, true));
        let error =
            take(&mut follower, vec![WatchEvent::Added(good.clone()), WatchEvent::Deleted(bad)]).await;
        assert!(error.unwrap_err().to_string().contains("name or uid"));
        assert_eq!((follower.watch.feed.count(), follower.version.is_some()), (1, false));
        assert!(take(&mut follower, vec![WatchEvent::Deleted(good)]).await.is_ok());
        assert_eq!(follower.watch.feed.count(), 0);
    }

    #[tokio::test]
    async fn a_server_that_refuses_a_streamed_list_in_the_middle_is_listed_page_by_page() {
        let mut follower = follower();
        let refusal =
            Status { code: 500, message: "RequestWatchProgress is disabled".to_owned(), ..Status::default() };
        for (listing, goes_on) in [(true, true), (false, false)] {
            let watch = Arc::clone(&follower.watch);
            let listing = listing.then(|| Listing::begin(&watch));
            let events = stream::iter([Ok(WatchEvent::Error(refusal.clone().boxed()))]);
            follower.streams = true;
            assert_eq!(follower.take(events, listing).await.is_ok(), goes_on);
            assert_eq!(follower.streams, !goes_on);
        }
    }
}
