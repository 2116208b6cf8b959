//! Requests that wait for the answer of a cluster or issuer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boundtoken::{
    BoundObjects, CheckedToken, Moment, ObjectKind, ObjectReference, ObjectState, ObjectStore, Scope,
    TrustedIssuer, UnixSeconds, Verifier,
};
use boundtoken_refresh::{Answers, AskObjects, Loaded, OnlineSource, OnlineVerifier, Refresher, Source};
use boundtoken_tower::{AuthLayer, Policy};

use crate::setup::{AUDIENCE, Setup, answer, bearer, behind};

/// A cluster whose watches know nothing yet, and whose API server answers after a while.
struct SlowCluster {
    keys: Arc<Refresher>,
    state: ObjectState,
    delay: Duration,
    asked: Arc<AtomicUsize>,
}

impl OnlineSource for SlowCluster {
    fn source(&self) -> Source {
        let (state, delay, asked) = (self.state.clone(), self.delay, Arc::clone(&self.asked));
        Source::new(Arc::clone(&self.keys)).objects(Arc::new(Asked { state, delay, asked }))
    }
}

struct Asked {
    state: ObjectState,
    delay: Duration,
    asked: Arc<AtomicUsize>,
}

impl AskObjects for Asked {
    fn ask(&self, token: &CheckedToken) -> Answers {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let uids: Vec<_> = token
            .bound_objects()
            .map(|object| (object.reference.kind, boundtoken::Uid::from(object.uid)))
            .collect();
        let (state, delay) = (self.state.clone(), self.delay);
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            let answer = move |reference: &ObjectReference<'_>| match &state {
                ObjectState::Present { .. } => {
                    let (_, uid) = uids.iter().find(|(kind, _)| *kind == reference.kind).unwrap();
                    ObjectState::Present { uid: uid.clone(), deletion_timestamp: None }
                }
                state => state.clone(),
            };
            let answers: Box<dyn BoundObjects> = Box::new(answer);
            answers
        })
    }
}

/// A layer that knows the keys of the setup's issuer and none of its objects.
fn layer(setup: &Setup, state: ObjectState, delay: Duration) -> (AuthLayer, Arc<AtomicUsize>) {
    let published = setup.issuer.jwks();
    let first = Loaded::first(published.as_bytes(), "", Moment::now()).unwrap();
    let keys = Arc::new(Refresher::new("https://issuer.example.com", first));
    let scopes = [Scope::cluster(ObjectKind::ServiceAccount), Scope::cluster(ObjectKind::Pod)];
    let (objects, feeds) = ObjectStore::following(scopes, Duration::from_secs(3_600));
    feeds.iter().for_each(|feed| feed.prove(Moment::now()));
    let issuer =
        TrustedIssuer::new("https://issuer.example.com", keys.store().clone()).bound_objects(objects);
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let cluster = SlowCluster { keys, state, delay, asked: Arc::clone(&asked) };
    let online = OnlineVerifier::new(verifier).asking(&cluster);
    (AuthLayer::new(online).time_limit(Duration::from_secs(2)), asked)
}

fn present() -> ObjectState {
    ObjectState::Present { uid: "".into(), deletion_timestamp: None }
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_too_new_for_the_watch_is_asked_about() {
    let setup = Setup::new();
    let token = setup.pod("new");
    for (state, delay, status) in [
        (present(), 1, 200),
        (ObjectState::Absent, 1, 401),
        (ObjectState::Unavailable, 1, 503),
        // Slower than the layer allows.
        (present(), 3, 503),
    ] {
        let (layer, asked) = layer(&setup, state.clone(), Duration::from_secs(delay));
        let service = behind(&layer);
        assert_eq!(answer(&service, bearer(&token)).await.status, status, "{state:?} after {delay} s");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_counts_after_the_wait_too() {
    let setup = Setup::new();
    let token = setup.pod("new");
    let (layer, _) = layer(&setup, present(), Duration::from_secs(1));
    let service = behind(&layer.policy(Policy::namespace("other")));
    assert_eq!(answer(&service, bearer(&token)).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn an_old_token_whose_pod_is_unknown_is_refused_at_once() {
    let setup = Setup::new();
    setup.pod("old");
    let token = setup.token_at(Some("old"), UnixSeconds(UnixSeconds::now().0 - 600));
    let (layer, asked) = layer(&setup, present(), Duration::from_secs(1));
    assert_eq!(answer(&behind(&layer), bearer(&token)).await.status, 401);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}
