//! Bound objects that JavaScript has looked up.

use boundtoken::{BoundObjects, ObjectReference, ObjectState};
use napi_derive::napi;

use crate::reference::{Name, State};

/// What was looked up of one object.
#[napi(object)]
pub struct LookedUp {
    pub reference: Name,
    pub state: State,
}

/// The answers about the objects of one token. There are few.
pub(super) struct Answers(Vec<(Name, ObjectState)>);

impl Answers {
    pub(super) fn new(answers: Vec<LookedUp>) -> Self {
        Self(answers.into_iter().map(|answer| (answer.reference, ObjectState::from(&answer.state))).collect())
    }
}

impl BoundObjects for Answers {
    fn state(&self, asked: &ObjectReference<'_>) -> ObjectState {
        let is_asked = |reference: &Name| {
            (reference.kind, &*reference.namespace, &*reference.name)
                == (asked.kind.number(), asked.namespace, asked.name)
        };
        let found = self.0.iter().find(|(reference, _)| is_asked(reference));
        found.map_or(ObjectState::Unavailable, |(_, state)| state.clone())
    }
}

/// Stands for a function of JavaScript, which is asked in a second step. Nothing is accepted in the first.
pub(super) struct Nobody;

impl BoundObjects for Nobody {
    fn state(&self, _: &ObjectReference<'_>) -> ObjectState {
        ObjectState::NotFollowed
    }
}
