//! Asks the API server about objects that the watches have not reported yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boundtoken::{
    BoundObject, BoundObjects, CheckedToken, Freshness, ObjectKind, ObjectReference, ObjectState,
    ObjectStore, Uid, UnixSeconds,
};
use boundtoken_refresh::{Answers, AskObjects, with_causes};
use kube::Client;
use tokio::sync::Semaphore;

use crate::following::{api, deletion_timestamp};

/// How many requests may be in flight at a time.
const MOST_REQUESTS: usize = 8;
/// How long one question may take, including the wait for its turn.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the answer "there is no such object" is remembered.
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
        let asker = Asker { client, permits: Semaphore::new(MOST_REQUESTS), absent: Mutex::default() };
        Self { known, asker: Arc::new(asker) }
    }
}

impl AskObjects for ObjectInquiry {
    /// Asks about the objects that the watches do not know.
    ///
    /// It never asks about objects that are not followed. Otherwise the verdict would depend on how new the token is.
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

/// An object to ask about. It owns its texts because another thread may do the asking.
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

/// The API server's answers. For every other object, what the watches know.
struct Said {
    said: Vec<(Question, ObjectState)>,
    /// Whether the API server was asked about every object of the token.
    about_all: bool,
    known: ObjectStore,
}

impl BoundObjects for Said {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        let said = self.said.iter().find(|(question, _)| question.object().reference == *reference);
        said.map_or_else(|| self.known.state(reference), |(_, state)| state.clone())
    }

    /// An answer of the API server is current. Everything else is as old as what the watches know.
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
    /// The objects that did not exist, by reference and uid, and when that was.
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
        match self.request(&object.reference).await {
            Ok(Some((uid, deletion_timestamp))) => {
                if uid != *object.uid {
                    self.remember(object);
                }
                ObjectState::Present { uid, deletion_timestamp }
            }
            Ok(None) => {
                self.remember(object);
                ObjectState::Absent
            }
            Err(error) => {
                tracing::warn!(object = %object.reference, error, "the API server could not be asked");
                ObjectState::Unavailable
            }
        }
    }

    /// Requests the object's uid and deletion timestamp. `None` if there is no such object.
    ///
    /// # Errors
    /// A text for the log: the API server could not be asked.
    async fn request(
        &self,
        reference: &ObjectReference<'_>,
    ) -> Result<Option<(Uid, Option<UnixSeconds>)>, String> {
        let question = async {
            let _permit = self.permits.acquire().await.map_err(|error| error.to_string())?;
            let namespace = Some(reference.namespace).filter(|namespace| !namespace.is_empty());
            let api = api(self.client.clone(), reference.kind, namespace);
            api.get_metadata_opt(reference.name).await.map_err(|error| with_causes(&error))
        };
        let answer = tokio::time::timeout(QUESTION_TIMEOUT, question).await;
        let answer =
            answer.map_err(|_| format!("no answer within {} seconds", QUESTION_TIMEOUT.as_secs()))?;
        let Some(found) = answer? else { return Ok(None) };
        let uid = found.metadata.uid.as_deref().ok_or("the object has no uid")?;
        Ok(Some((uid.into(), deletion_timestamp(&found.metadata))))
    }

    fn is_remembered(&self, object: &BoundObject<'_>) -> bool {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.get(&key(object)).is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    /// Forgets everything when the memory is full. Only tokens with a good signature get this far, so an attacker
    /// cannot fill it.
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
    fn an_answer_is_stale_only_if_some_object_was_not_asked_about() {
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
