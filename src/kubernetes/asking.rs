//! Asking the API server about objects of which no news has come yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::Client;
use tokio::sync::Semaphore;

use super::following::{api, deletion_timestamp};
use super::objects::ClusterObjects;
use crate::bound_object::{BoundObject, BoundObjects, Freshness, ObjectKind, ObjectReference, ObjectState};
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

/// An object to ask about. It owns its texts, so that it can be asked about on another thread than the token is judged on.
struct Question {
    kind: ObjectKind,
    namespace: String,
    name: String,
    uid: String,
}

/// What is to be asked about one token.
pub(crate) struct Questions {
    questions: Vec<Question>,
    /// Whether they are about all objects of the token.
    about_all: bool,
    known: ClusterObjects,
}

impl Questions {
    /// About those objects of a token that the watches do not know. Of a kind or namespace that is not followed nobody
    /// asks, so that the verdict does not depend on how new the token is.
    fn about(token: &CheckedToken, known: &ClusterObjects) -> Self {
        let is_known = |object: &BoundObject<'_>| matches!(known.state(&object.reference), ObjectState::Present { uid, .. } if uid == *object.uid);
        let unknown =
            token.bound_objects().filter(|object| !is_known(object) && known.follows(&object.reference));
        let questions: Vec<_> = unknown.map(|object| Question::from(&object)).collect();
        let about_all = questions.len() == token.bound_objects().count();
        Self { questions, about_all, known: known.clone() }
    }
}

impl Question {
    fn object(&self) -> BoundObject<'_> {
        let reference = ObjectReference { kind: self.kind, namespace: &self.namespace, name: &self.name };
        BoundObject { reference, uid: &self.uid }
    }
}

impl From<&BoundObject<'_>> for Question {
    fn from(object: &BoundObject<'_>) -> Self {
        let ObjectReference { kind, namespace, name } = object.reference;
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned(), uid: object.uid.to_owned() }
    }
}

/// What the API server said, and for all else what the watches know.
pub(crate) struct Answers {
    said: Vec<(Question, ObjectState)>,
    /// Whether the API server was asked about all objects of the token.
    about_all: bool,
    known: ClusterObjects,
}

impl BoundObjects for Answers {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let said = self.said.iter().find(|(question, _)| question.object().reference == *reference);
        said.map_or_else(|| self.known.state(reference), |(_, state)| state.clone())
    }

    /// The API server's word is current. What it was not asked about is as old as the watches' knowledge.
    fn freshness(&self) -> Freshness {
        match self.known.freshness() {
            Freshness::Stale if !self.about_all => Freshness::Stale,
            _ => Freshness::Current,
        }
    }
}

/// Who is asked about the objects of a cluster's tokens.
#[derive(Clone)]
pub(crate) struct Inquiry {
    pub(super) asker: Arc<Asker>,
    pub(super) known: ClusterObjects,
}

impl Inquiry {
    pub(crate) async fn ask_about(&self, token: &CheckedToken) -> Answers {
        self.asker.ask_all(Questions::about(token, &self.known)).await
    }

    /// What is to be asked about a token: apart, so that it can be asked by another thread.
    #[cfg(feature = "capi")]
    pub(crate) fn questions_about(&self, token: &CheckedToken) -> Questions {
        Questions::about(token, &self.known)
    }

    #[cfg(feature = "capi")]
    pub(crate) async fn ask(self, questions: Questions) -> Answers {
        self.asker.ask_all(questions).await
    }
}

impl Asker {
    pub(super) fn new(client: Client) -> Self {
        Self { client, permits: Semaphore::new(OPEN), absent: Mutex::default() }
    }

    async fn ask_all(&self, asked: Questions) -> Answers {
        let Questions { questions, about_all, known } = asked;
        let mut said = Vec::with_capacity(questions.len());
        for question in questions {
            let state = self.ask(&question.object()).await;
            said.push((question, state));
        }
        Answers { said, about_all, known }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::objects::Watch;
    use crate::object_store::ObjectStore;

    #[test]
    fn what_was_not_asked_about_is_as_old_as_the_watches_know_it() {
        let known = |max_staleness| {
            let watch = Watch::new(ObjectKind::Pod, None, max_staleness);
            ClusterObjects::new(ObjectStore::new(), vec![Arc::new(watch)])
        };
        let (stale, fresh) = (known(Duration::ZERO), known(Duration::from_secs(3_600)));
        std::thread::sleep(Duration::from_millis(1));
        for (known, about_all, expected) in [
            (&stale, false, Freshness::Stale),
            (&stale, true, Freshness::Current),
            (&fresh, false, Freshness::Current),
            (&fresh, true, Freshness::Current),
        ] {
            let answers = Answers { said: Vec::new(), about_all, known: known.clone() };
            assert_eq!(answers.freshness(), expected, "{about_all}");
        }
    }
}
