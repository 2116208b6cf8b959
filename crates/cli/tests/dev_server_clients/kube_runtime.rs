//! kube's reflectors, which most controllers in Rust use: of whole objects and of metadata, with lists and with streams.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use boundtoken_dev_server::DevServer;
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::Store;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::kube_client::{at_once, client, pod, typed};

/// The longest that a test waits for one event.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_reflector_of_objects_stays_in_step() {
    let server = DevServer::start().unwrap();
    let pods = Api::<Pod>::namespaced(client(&server).await, "default");
    stays_in_step(&server, pods, watcher::Config::default()).await;
}

#[tokio::test]
async fn a_reflector_of_metadata_stays_in_step() {
    let server = DevServer::start().unwrap();
    let pods = Api::<PartialObjectMeta<Pod>>::namespaced(client(&server).await, "default");
    stays_in_step(&server, pods, watcher::Config::default()).await;
}

#[tokio::test]
async fn a_reflector_that_streams_its_lists_stays_in_step() {
    let server = DevServer::start().unwrap();
    let pods = Api::<Pod>::namespaced(client(&server).await, "default");
    stays_in_step(&server, pods, watcher::Config::default().streaming_lists()).await;
}

async fn stays_in_step<K>(server: &DevServer, followed: Api<K>, config: watcher::Config)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let client = client(server).await;
    let pods = Api::<Pod>::namespaced(client.clone(), "default");
    let usual = PostParams::default();
    pods.create(&usual, &pod("old", "default")).await.unwrap();

    let mut follower = Follower::start(followed, config);
    assert_eq!(follower.until("init done").await, ["init", "init old"]);

    // Create, update, delete.
    pods.create(&usual, &pod("web", "default")).await.unwrap();
    follower.until("apply web").await;
    let labels = json!({"metadata": {"labels": {"tier": "front"}}});
    pods.patch("web", &PatchParams::default(), &Patch::Merge(labels)).await.unwrap();
    assert_eq!(follower.until("apply web").await, [""; 0]);
    assert!(follower.store.find(|object| object.labels().contains_key("tier")).is_some());
    pods.delete("web", &at_once()).await.unwrap();
    follower.until("delete web").await;
    assert_eq!(follower.known(), ["old"]);

    // After a broken connection, the watch continues where it was.
    server.disconnect_watches();
    pods.create(&usual, &pod("new", "default")).await.unwrap();
    let before = follower.until("apply new").await;
    assert!(!before.contains(&"init".to_owned()), "{before:?}");

    // If the server has forgotten the history, the follower lists again. The change of a secret makes sure that there is
    // history to forget.
    server.disconnect_watches();
    pods.delete("old", &at_once()).await.unwrap();
    let secrets = Api::<Secret>::namespaced(client, "default");
    secrets.create(&usual, &typed(json!({"metadata": {"name": "s"}}))).await.unwrap();
    server.forget_history();
    server.disconnect_watches();
    let before = follower.until("init done").await;
    assert!(before.ends_with(&["init".to_owned(), "init new".to_owned()]), "{before:?}");
    assert!(before.iter().any(|event| event.contains("410")), "{before:?}");
    assert_eq!(follower.known(), ["new"]);
    pods.delete("new", &at_once()).await.unwrap();
    follower.until("delete new").await;
}

/// A running reflector, and its events.
struct Follower<K: Resource<DynamicType = ()> + 'static> {
    store: Store<K>,
    events: UnboundedReceiver<String>,
}

impl<K> Follower<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    fn start(followed: Api<K>, config: watcher::Config) -> Self {
        let (store, writer) = reflector::store();
        let (tell, events) = unbounded_channel();
        let stream = reflector(writer, watcher(followed, config).default_backoff());
        tokio::spawn(stream.for_each(move |event| {
            // At the end of the test, nobody receives events any more.
            let _ = tell.send(described(event));
            std::future::ready(())
        }));
        Self { store, events }
    }

    /// Waits for an event. Returns the events before it.
    async fn until(&mut self, expected: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match tokio::time::timeout(EVENT_TIMEOUT, self.events.recv()).await {
                Ok(Some(event)) if event == expected => return before,
                Ok(Some(event)) => before.push(event),
                _ => panic!("no {expected} after {before:?}"),
            }
        }
    }

    fn known(&self) -> Vec<String> {
        let names: BTreeSet<String> = self.store.state().iter().map(|object| object.name_any()).collect();
        names.into_iter().collect()
    }
}

fn described<K: Resource>(event: watcher::Result<Event<K>>) -> String {
    match event {
        Ok(Event::Init) => "init".to_owned(),
        Ok(Event::InitApply(object)) => format!("init {}", object.name_any()),
        Ok(Event::InitDone) => "init done".to_owned(),
        Ok(Event::Apply(object)) => format!("apply {}", object.name_any()),
        Ok(Event::Delete(object)) => format!("delete {}", object.name_any()),
        Err(error) => format!("{error:?}"),
    }
}
