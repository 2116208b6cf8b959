//! Asking the API server about objects of which no news has come yet.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::Client;
use tokio::sync::Semaphore;

use super::following::{api, deletion_timestamp};
use super::objects::ClusterObjects;
use crate::bound_object::{BoundObject, BoundObjects, ObjectReference, ObjectState};
use crate::verifier::CheckedToken;

/// How many questions may be open at a time.
const OPEN: usize = 8;
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is remembered that an object does not exist.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How many such answers are remembered.
const MOST_REMEMBERED: usize = 1_024;

pub(super) struct Asker {
    client: Client,
    permits: Semaphore,
    /// What was not there, by reference and uid, and when.
    absent: Mutex<HashMap<(String, String), Instant>>,
}

/// What the API server said, and for all else what the watches know.
pub(super) struct Answers {
    said: Vec<(String, ObjectState)>,
    known: ClusterObjects,
}

impl BoundObjects for Answers {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let text = reference.to_string();
        let said = self.said.iter().find(|(about, _)| *about == text);
        said.map_or_else(|| self.known.state(reference), |(_, state)| state.clone())
    }
}

impl Asker {
    pub(super) fn new(client: Client) -> Self {
        Self { client, permits: Semaphore::new(OPEN), absent: Mutex::default() }
    }

    /// Asks for those objects of a token that the watches do not know. Of a kind or namespace that is not followed nobody
    /// asks, so that the verdict does not depend on how new the token is.
    pub(super) async fn ask_for(&self, token: &CheckedToken, known: &ClusterObjects) -> Answers {
        let mut said = Vec::new();
        for object in token.bound_objects() {
            let is_known = matches!(
                known.state(&object.reference),
                ObjectState::Present { uid, .. } if uid == *object.uid
            );
            if !is_known && known.follows(&object.reference) {
                said.push((object.reference.to_string(), self.ask(&object).await));
            }
        }
        Answers { said, known: known.clone() }
    }

    async fn ask(&self, object: &BoundObject<'_>) -> ObjectState {
        if self.is_remembered(object) {
            return ObjectState::Absent;
        }
        let question = async {
            let _permit = self.permits.acquire().await.ok()?;
            let reference = &object.reference;
            let namespace = Some(reference.namespace).filter(|namespace| !namespace.is_empty());
            api(self.client.clone(), reference.kind, namespace).get_metadata_opt(reference.name).await.ok()
        };
        match tokio::time::timeout(PATIENCE, question).await.ok().flatten() {
            Some(Some(found)) => {
                let deletion_timestamp = deletion_timestamp(&found.metadata);
                let uid = found.metadata.uid.unwrap_or_default();
                if uid != object.uid {
                    self.remember(object);
                }
                ObjectState::Present { uid: uid.as_str().into(), deletion_timestamp }
            }
            Some(None) => {
                self.remember(object);
                ObjectState::Absent
            }
            None => ObjectState::Unavailable,
        }
    }

    fn is_remembered(&self, object: &BoundObject<'_>) -> bool {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.get(&key(object)).is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    /// Only tokens with a good signature come here, so forgetting all when there are too many is fair.
    fn remember(&self, object: &BoundObject<'_>) {
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        if absent.len() >= MOST_REMEMBERED {
            absent.retain(|_, since| since.elapsed() < REMEMBERED);
        }
        if absent.len() >= MOST_REMEMBERED {
            absent.clear();
        }
        absent.insert(key(object), Instant::now());
    }
}

fn key(object: &BoundObject<'_>) -> (String, String) {
    (object.reference.to_string(), object.uid.to_owned())
}
