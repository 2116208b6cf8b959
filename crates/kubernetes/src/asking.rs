//! Asking the API server about objects of which no news has come yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boundtoken::{
    BoundObject, BoundObjects, CheckedToken, Freshness, ObjectKind, ObjectReference, ObjectState, ObjectStore,
};
use boundtoken_refresh::{Answers, AskObjects};
use kube::Client;
use tokio::sync::Semaphore;

use crate::following::{api, deletion_timestamp};

/// How many questions may be open at a time.
const OPEN: usize = 8;
/// How long one question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it is remembered that an object does not exist.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How many such answers are remembered.
const MOST_REMEMBERED: usize = 1_024;

/// Asks the API server of a cluster about objects.
pub(crate) struct ObjectInquiry {
    known: ObjectStore,
    asker: Arc<Asker>,
}

impl ObjectInquiry {
    pub(crate) fn new(client: Client, known: ObjectStore) -> Self {
        let asker = Asker { client, permits: Semaphore::new(OPEN), absent: Mutex::default() };
        Self { known, asker: Arc::new(asker) }
    }
}

impl AskObjects for ObjectInquiry {
    /// Asks about the objects that the watches do not know. Objects outside what is followed are not asked about, so that the
    /// verdict does not depend on how new the token is.
    fn ask(&self, token: &CheckedToken) -> Answers {
        let is_open = |object: &BoundObject<'_>| match self.known.state(&object.reference) {
            ObjectState::Present { uid, .. } => uid != *object.uid,
            state => state != ObjectState::NotFollowed,
        };
        let open = token.bound_objects().filter(is_open);
        let questions: Vec<_> = open.map(|object| Question::from(&object)).collect();
        let about_all = questions.len() == token.bound_objects().count();
        let (asker, known) = (Arc::clone(&self.asker), self.known.clone());
        Box::pin(async move {
            let said = asker.ask_all(questions).await;
            let answers: Box<dyn BoundObjects> = Box::new(Said { said, about_all, known });
            answers
        })
    }
}

/// An object to ask about. It owns its texts, so that another thread than the token's can ask.
struct Question {
    kind: ObjectKind,
    namespace: String,
    name: String,
    uid: String,
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
struct Said {
    said: Vec<(Question, ObjectState)>,
    /// Whether the API server was asked about all objects of the token.
    about_all: bool,
    known: ObjectStore,
}

impl BoundObjects for Said {
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

struct Asker {
    client: Client,
    permits: Semaphore,
    /// What was not there, by reference and uid, and when.
    absent: Mutex<HashMap<(String, String), Instant>>,
}

impl Asker {
    async fn ask_all(&self, questions: Vec<Question>) -> Vec<(Question, ObjectState)> {
        let mut said = Vec::with_capacity(questions.len());
        for question in questions {
            let state = self.ask(&question.object()).await;
            said.push((question, state));
        }
        said
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
        match tokio::time::timeout(QUESTION_TIMEOUT, question).await.ok().flatten() {
            Some(Some(found)) => {
                // Every object that an API server keeps has a uid.
                let Some(uid) = found.metadata.uid.as_deref() else { return ObjectState::Unavailable };
                if uid != object.uid {
                    self.remember(object);
                }
                let deletion_timestamp = deletion_timestamp(&found.metadata);
                ObjectState::Present { uid: uid.into(), deletion_timestamp }
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
    use boundtoken::{Moment, Scope};

    use super::*;

    #[test]
    fn what_was_not_asked_about_is_as_old_as_the_watches_know_it() {
        let known = |max_staleness| {
            let (objects, feeds) = ObjectStore::following([Scope::cluster(ObjectKind::Pod)], max_staleness);
            feeds[0].prove(Moment::now());
            objects
        };
        let (stale, fresh) = (known(Duration::ZERO), known(Duration::from_secs(3_600)));
        std::thread::sleep(Duration::from_millis(1));
        for (known, about_all, expected) in [
            (&stale, false, Freshness::Stale),
            (&stale, true, Freshness::Current),
            (&fresh, false, Freshness::Current),
            (&fresh, true, Freshness::Current),
        ] {
            let answers = Said { said: Vec::new(), about_all, known: known.clone() };
            assert_eq!(answers.freshness(), expected, "{about_all}");
        }
    }
}
